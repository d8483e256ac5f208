// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"net/http"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// Either variable switches us off, and the program runs as if we were not there.
func TestDisabled(t *testing.T) {
	for _, name := range []string{"OTEL_SDK_DISABLED", "OTELPERF_DISABLED"} {
		for source, opts := range map[string][]otelperf.Option{"spans": nil, "metrics": {otelperf.WithMetricSource()}} {
			t.Run(name+"/"+source, func(t *testing.T) {
				t.Setenv(name, "TRUE")
				checkDisabled(t, name, opts)
			})
		}
	}
}

func checkDisabled(t *testing.T, name string, opts []otelperf.Option) {
	rg := newRig(t, plan{ours: true, sampler: sdktrace.AlwaysSample()}, append(opts, otelperf.WithRequestLog(1), otelperf.WithSlowThreshold(1))...)
	next := tracetest.NewSpanRecorder()
	if p := rg.mon.SpanProcessor(next); p != sdktrace.SpanProcessor(next) {
		t.Errorf("SpanProcessor returned a %T, want the program's own", p)
	}
	if s := rg.mon.Sampler(sdktrace.NeverSample()); s != sdktrace.NeverSample() {
		t.Errorf("Sampler returned %s, want the program's own", s.Description())
	}
	mux := testrig.Shop(nil)
	if h := rg.mon.Middleware(mux); reflect.TypeOf(h) != reflect.TypeFor[*http.ServeMux]() {
		t.Errorf("Middleware returned a %T, want the handler itself", h)
	}
	w := testrig.Call(rg.instrument(rg.mon.Middleware(mux)), http.MethodGet, "/users/7")
	if w.Code != http.StatusOK || w.Header().Get("X-Response-Time") != "" {
		t.Errorf("reply is %d with headers %v", w.Code, w.Header())
	}
	if err := rg.mp.ForceFlush(t.Context()); err != nil {
		t.Errorf("ForceFlush: %v", err)
	}
	s := rg.mon.Summary(otelperf.WindowAll)
	if s.TotalRequests != 0 || s.SlowQueriesCount != 0 || s.Diagnostics.Disabled != name {
		t.Errorf("%d requests, %d slow, disabled by %q, want none and %q", s.TotalRequests, s.SlowQueriesCount, s.Diagnostics.Disabled, name)
	}
	if n := producedCount(t, rg.mon, "otelperf.request.duration"); n != 0 {
		t.Errorf("the Producer has %d requests", n)
	}
	if n := len(rg.Spans.Ended()); n != 1 {
		t.Errorf("the program's processor has %d spans, want 1", n)
	}
	if lines := rg.Log.Lines(""); len(lines) != 0 {
		t.Errorf("logged %q", lines)
	}
	for range 2 {
		if err := rg.mon.Shutdown(t.Context()); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	}
}

// A processor that stands alone measures nothing either.
func TestDisabledAlone(t *testing.T) {
	t.Setenv("OTELPERF_DISABLED", "true")
	rg := newRig(t, plan{alone: true})
	rg.request("GET", "/a", http.StatusOK, time.Second)
	if err := rg.mp.ForceFlush(t.Context()); err != nil {
		t.Errorf("ForceFlush: %v", err)
	}
	rg.mon.Reset(false)
	s := rg.mon.Summary(otelperf.WindowAll)
	if s.TotalRequests != 0 || s.Count != 0 || s.SlowQueriesCount != 0 || len(s.SlowQueries) != 0 {
		t.Errorf("%d requests, %d slow, want none", s.TotalRequests, s.SlowQueriesCount)
	}
}

// The bubble ends though nobody calls Shutdown: no goroutine was started.
func TestDisabledStartsNoGoroutine(t *testing.T) {
	t.Setenv("OTEL_SDK_DISABLED", "true")
	synctest.Test(t, func(t *testing.T) {
		if _, err := otelperf.New(); err != nil {
			t.Error(err)
		}
	})
}

func TestOtherValuesDoNotDisable(t *testing.T) {
	for _, v := range []string{"", "false", "1", "yes"} {
		t.Setenv("OTEL_SDK_DISABLED", v)
		rg := newRig(t, plan{})
		rg.request("GET", "/a", http.StatusOK, time.Millisecond)
		if n := total(rg.mon); n != 1 {
			t.Errorf("with OTEL_SDK_DISABLED=%q %d requests are counted, want 1", v, n)
		}
	}
}

// Wrong options are wrong whether or not we are switched off.
func TestDisabledStillChecksOptions(t *testing.T) {
	t.Setenv("OTELPERF_DISABLED", "true")
	if _, err := otelperf.New(otelperf.WithSlowThreshold(-1)); err == nil {
		t.Error("a negative threshold was taken")
	}
}
