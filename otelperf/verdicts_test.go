// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf"
)

// An endpoint that fails at once is reported within seconds, with what fails and a trace of it; health warns until it is over.
func TestFailingEndpointOfARealServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newBubble(t, "1.0")
		var fails atomic.Bool
		mux := http.NewServeMux()
		mux.HandleFunc("GET /pay", func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(10 * time.Millisecond)
			if fails.Load() {
				span := trace.SpanFromContext(r.Context())
				span.RecordError(errors.New("context deadline exceeded"))
				span.SetStatus(codes.Error, "context deadline exceeded")
				w.WriteHeader(http.StatusBadGateway)
			}
		})
		h := otelhttp.NewHandler(s.mon.Middleware(mux), "shop", otelhttp.WithTracerProvider(s.tp))
		serve := func(d time.Duration) {
			for range int(d / (100 * time.Millisecond)) {
				h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(context.Background(), "GET", "/pay", nil))
				time.Sleep(90 * time.Millisecond)
			}
			synctest.Wait()
		}
		serve(10 * time.Minute)
		if told := s.spikes(); len(told) != 0 {
			t.Fatalf("told of %v while all was well", told)
		}
		fails.Store(true)
		serve(20 * time.Second)
		told := s.spikes()
		if len(told) == 0 {
			t.Fatal("nothing was reported within 20 s")
		}
		sp := s.mon.Summary(otelperf.Window1m).Spikes[0]
		p := sp.Endpoints[0]
		if sp.Matter != "failures" || sp.Severity != "critical" || p.Share == nil || *p.Share < 0.9 || p.UsualShare == nil || p.Ratio != nil || p.Route != "/pay" {
			t.Errorf("the spike is %+v", sp)
		}
		if len(sp.Errors) != 1 || sp.Errors[0].Count == 0 || sp.Errors[0].LastRequest == nil || !sp.Errors[0].LastRequest.Stored || !strings.HasSuffix(sp.Cause, " failed, all of them: context deadline exceeded") || len(sp.SlowRequests) == 0 {
			t.Errorf("errors are %+v, the cause is %q, traces %v", sp.Errors, sp.Cause, sp.SlowRequests)
		}
		if row := s.mon.Summary(otelperf.Window1m).Endpoints[0]; row.ErrorState != "failing" || row.UsualErrorRate == nil || *row.UsualErrorRate > 0.01 {
			t.Errorf("the row is %+v", row)
		}
		if h := s.mon.Health(); h.Status != "warn" {
			t.Errorf("health is %+v", h)
		}
		if log := s.lines.String(); !strings.Contains(log, "CRITICAL") || !strings.Contains(log, `msg="failures started"`) || strings.Contains(log, "latency spike started") {
			t.Errorf("logged was %s", log)
		}
		fails.Store(false)
		serve(3 * time.Minute)
		if sp := s.mon.Summary(otelperf.Window1m).Spikes[0]; sp.State != "ended" || sp.CostFailed < 150 || s.mon.Health().Status != "pass" {
			t.Errorf("in the end the spike is %+v, health %+v", sp, s.mon.Health())
		}
		_ = errors.Join(s.mon.Shutdown(context.Background()), s.tp.Shutdown(context.Background()))
	})
}
