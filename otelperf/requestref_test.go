// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf"
	analytics "github.com/otelperf/otelperf-go/otelperf/events"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// Wherever a request is named, it is by its time and duration as the slow log has them, and with whether it has it still.
func TestNamedRequestsAreAsStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		quietErrors(t)
		s := newBubble(t, "1.0", everybody, otelperf.WithEvents())
		s.run(10*time.Minute, 10, 20*time.Millisecond, "/checkout")
		s.run(time.Minute, 10, 900*time.Millisecond, "/checkout")
		_, failed := s.tracer.Start(t.Context(), "GET /pay", trace.WithNewRoot(), trace.WithSpanKind(trace.SpanKindServer))
		time.Sleep(1200 * time.Millisecond)
		failed.SetAttributes(attribute.String("http.request.method", "GET"), attribute.String("http.route", "/pay"), attribute.Int("http.response.status_code", 500))
		failed.End()
		ctx := trace.ContextWithSpanContext(t.Context(), failed.SpanContext())
		if err := s.mon.Events().Track(ctx, analytics.Event{Name: "paid"}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		h := s.mon.Handler()
		named := func() (refs []map[string]any) {
			spikes := listOf(answer(t, h, "/spikes"), "spikes")
			if len(spikes) != 1 {
				t.Fatalf("spikes are %v", spikes)
			}
			groups := listOf(answer(t, h, "/errors"), "errors")
			if len(groups) != 1 {
				t.Fatalf("errors are %v", groups)
			}
			return append(listOf(spikes[0], "slow_requests"), groups[0]["last_request"].(map[string]any))
		}
		before := named()
		recent := listOf(answer(t, h, "/events/recent"), "slow_requests")
		if len(recent) != 1 || fmt.Sprint(recent[0]) != fmt.Sprint(before[3]) {
			t.Errorf("events name the requests %v, want %v", recent, before[3])
		}
		for _, r := range before {
			stored := listOf(answer(t, h, "/slow/"+r["trace_id"].(string)), "requests")[0]
			for _, field := range []string{"span_id", "start", "duration_ms"} {
				if r[field] != stored[field] || r[field] == nil {
					t.Errorf("%s is %v, stored as %v", field, r[field], stored[field])
				}
			}
			if r["stored"] != true {
				t.Errorf("%v is not stored", r)
			}
		}
		if len(before) != 4 || before[0]["duration_ms"].(float64) < 900 || before[3]["duration_ms"] != 1200.0 {
			t.Errorf("named are %v", before)
		}

		s.mon.SlowLog().Reset()
		after := named()
		if recent := listOf(answer(t, h, "/events/recent"), "slow_requests"); len(recent) != 0 {
			t.Errorf("events name %v, of which nothing is stored", recent)
		}
		for i, r := range after {
			if r["stored"] != false || r["start"] != before[i]["start"] || r["duration_ms"] != before[i]["duration_ms"] {
				t.Errorf("%v was forgotten and is named as %v", before[i], r)
			}
			if w := testrig.Call(h, http.MethodGet, "/slow/"+r["trace_id"].(string)); w.Code != http.StatusNotFound {
				t.Errorf("%v: status %d", r, w.Code)
			}
		}
		_ = s.mon.Shutdown(t.Context())
		_ = s.tp.Shutdown(t.Context())
	})
}
