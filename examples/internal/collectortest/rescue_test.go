// SPDX-License-Identifier: Apache-2.0

package collectortest

import (
	"maps"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/examples/internal/collector"
	"github.com/otelperf/otelperf-go/otelperf"
)

// find waits for a span.
func find(t *testing.T, c *collector.Collector, sc trace.SpanContext) (found ptrace.Span) {
	t.Helper()
	ok := false
	Await(t, c, func(r *collector.Received) bool {
		for _, s := range r.Spans() {
			if s.SpanID() == pcommon.SpanID(sc.SpanID()) {
				found, ok = s, true
			}
		}
		return ok
	})
	if !ok {
		t.Fatalf("span %s did not arrive", sc.SpanID())
	}
	return found
}

// otelperfAttributes are those that we wrote on a span.
func otelperfAttributes(s ptrace.Span) map[string]string {
	out := map[string]string{}
	for k, v := range s.Attributes().All() {
		if len(k) > 9 && k[:9] == "otelperf." {
			out[k] = v.AsString()
		}
	}
	return out
}

func TestSpansArriveEnriched(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, c *collector.Collector, to Exporters) {
		s := NewService(t, to, Config{})
		quick, slow := s.Request("/pay", 20*time.Millisecond), s.Request("/pay", 700*time.Millisecond)
		s.Get("/fail")
		must(t, s.Flush(t.Context()))
		if got, want := otelperfAttributes(find(t, c, quick)), (map[string]string{"otelperf.outcome": "ok"}); !maps.Equal(got, want) {
			t.Errorf("a quick request arrived with %v, want %v", got, want)
		}
		if got, want := otelperfAttributes(find(t, c, slow)), (map[string]string{"otelperf.outcome": "ok", "otelperf.slow": "true"}); !maps.Equal(got, want) {
			t.Errorf("a slow request arrived with %v, want %v", got, want)
		}
		for _, span := range named(received(t, c), "GET /fail") {
			if got := otelperfAttributes(span)["otelperf.outcome"]; got != "server_error" {
				t.Errorf("a failed request arrived with outcome %q, want server_error", got)
			}
			if got := attr(span.Attributes(), "http.route"); got != "/fail" {
				t.Errorf("http.route arrived as %q, want /fail", got)
			}
		}
	})
}

// Nothing is sampled here: what arrives was rescued.
func TestSlowAndFailedTracesAreRescued(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, c *collector.Collector, to Exporters) {
		s := NewService(t, to, Config{Sampler: sdktrace.NeverSample(), Options: []otelperf.Option{otelperf.WithSlowThreshold(SleepsFor * 2 / 3)}})
		for range 50 {
			s.Get("/items/1")
		}
		for range 5 {
			s.Get("/sleep")
			s.Get("/fail")
		}
		must(t, s.Flush(t.Context()))
		got := Await(t, c, func(r *collector.Received) bool { return spans(r) >= 20 })
		names, reasons, traces := map[string]int{}, map[string]int{}, map[pcommon.TraceID]int{}
		for _, span := range got.Spans() {
			names[span.Name()]++
			traces[span.TraceID()]++
			if span.Flags()&uint32(trace.FlagsSampled) == 0 {
				t.Errorf("%s arrived without the sampled flag", span.Name())
			}
			if a := otelperfAttributes(span); a["otelperf.rescued"] == "true" {
				reasons[a["otelperf.rescue.reason"]]++
			}
		}
		if want := map[string]int{"GET /sleep": 5, "load": 5, "SELECT items": 5, "GET /fail": 5}; !maps.Equal(names, want) {
			t.Errorf("spans that arrived: %v, want %v", names, want)
		}
		if want := map[string]int{"slow": 5, "failed": 5}; !maps.Equal(reasons, want) || len(traces) != 10 {
			t.Errorf("rescued for %v in %d traces, want %v in 10", reasons, len(traces), want)
		}
		for e := range s.Mon.SlowLog().Slowest("GET", "/sleep", 0) {
			if !e.Rescued || traces[pcommon.TraceID(e.TraceID)] == 0 {
				t.Errorf("the slow log names trace %s as rescued=%v; it did not arrive", e.TraceID, e.Rescued)
			}
		}
	})
}

// named are the spans with a name.
func named(r *collector.Received, name string) (out []ptrace.Span) {
	for _, s := range r.Spans() {
		if s.Name() == name {
			out = append(out, s)
		}
	}
	return out
}
