// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// send runs the same requests, some of them failing, through h: what it does has to be in any summary.
func send(h http.Handler, n int) {
	for i := range n {
		switch i % 10 {
		case 0:
			testrig.Call(h, http.MethodPost, "/orders")
		case 1, 2:
			testrig.Call(h, http.MethodGet, fmt.Sprintf("/scan/%d", i))
		default:
			testrig.Call(h, http.MethodGet, fmt.Sprintf("/users/%d", i))
		}
	}
}

// sendOrdinary sends n requests that are neither slow nor failed: nothing makes them worth exporting against the sampler's will.
func sendOrdinary(h http.Handler, n int) {
	for i := range n {
		testrig.Call(h, http.MethodGet, fmt.Sprintf("/users/%d", i))
	}
}

const sent = 3000

var sentRows = fmt.Sprintf("GET (unmatched) client_error=%d; POST /orders server_error=%d; GET /users/{id} ok=%d", sent/5, sent/10, sent*7/10)

// Head sampling at 1 % does not change the totals, with Sampler nor with the metric source.
func TestHeadSamplingMissesNothing(t *testing.T) {
	onePercent := sdktrace.ParentBased(sdktrace.TraceIDRatioBased(0.01))
	for _, tt := range []struct {
		about string
		plan  plan
		opts  []otelperf.Option
	}{
		{"no sampling", plan{}, nil},
		{"1 % with Sampler", plan{sampler: onePercent, ours: true}, nil},
		{"none sampled, with Sampler", plan{sampler: sdktrace.NeverSample(), ours: true}, nil},
		{"1 % with the metric source", plan{sampler: onePercent, none: true}, []otelperf.Option{otelperf.WithMetricSource()}},
		{"1 % with both", plan{sampler: onePercent, ours: true}, []otelperf.Option{otelperf.WithMetricSource()}},
	} {
		t.Run(tt.about, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // in no time, since so many a second are rescued
				rg := newRig(t, tt.plan, tt.opts...)
				send(rg.instrument(rg.mon.Middleware(testrig.Shop(nil))), sent)
				s := rg.flushed(t, otelperf.Window5m)
				if rows(s) != sentRows {
					t.Errorf("summary has %q, want %q", rows(s), sentRows)
				}
				if s.Count != sent || s.TotalRequests != sent || s.ErrorCount != sent/10 {
					t.Errorf("%d of %d requests, %d errors, want %d, %d and %d", s.Count, s.TotalRequests, s.ErrorCount, sent, sent, sent/10)
				}
				if s.P50 == nil || s.P99 == nil || s.Coarse || *s.ErrorBound > 0.0055 {
					t.Errorf("p50 %s, p99 %s, coarse %v, error bound %v", value(s.P50), value(s.P99), s.Coarse, *s.ErrorBound)
				}
				want := map[bool]string{true: "all", false: "few"}[tt.plan.sampler == nil]
				if n := len(rg.Spans.Ended()); (n == sent) != (want == "all") || want == "few" && n > sent/20 {
					t.Errorf("the program's processor had %d spans end, want %s of %d", n, want, sent)
				}
			})
		})
	}
}

// Without Sampler only sampled requests are seen, and the diagnostics say how to mend that.
func TestWithoutSamplerOnlySampledRequestsCount(t *testing.T) {
	rg := newRig(t, plan{sampler: sdktrace.TraceIDRatioBased(0.2)})
	send(rg.instrument(testrig.Shop(nil)), sent)
	s := rg.mon.Summary(otelperf.WindowAll)
	if n := len(rg.Spans.Ended()); s.TotalRequests != uint64(n) || n == 0 || n == sent {
		t.Errorf("%d requests counted, %d were sampled", s.TotalRequests, n)
	}
	if len(s.Diagnostics.Hints) == 0 {
		t.Error("no hint that Sampler is missing")
	}
}

// An upstream's decision is followed, and the request counted.
func TestUnsampledParentIsCountedButNotExported(t *testing.T) {
	rg := newRig(t, plan{sampler: sdktrace.ParentBased(sdktrace.AlwaysSample()), ours: true})
	setPropagator(t)
	h := rg.instrument(rg.mon.Middleware(testrig.Shop(nil)))
	const trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-"
	testrig.Call(h, http.MethodGet, "/users/1", "traceparent", trace+"00")
	testrig.Call(h, http.MethodGet, "/users/2", "traceparent", trace+"01")
	if s := rg.mon.Summary(otelperf.WindowAll); rows(s) != "GET /users/{id} ok=2" {
		t.Errorf("summary has %q, want both requests: two local roots of one trace", rows(s))
	}
	if ended := rg.Spans.Ended(); len(ended) != 1 || !ended[0].SpanContext().IsSampled() {
		t.Errorf("%d spans reached the program's processor, want the sampled one", len(ended))
	}
	if n := len(rg.Spans.Started()); n != 2 {
		t.Errorf("the program's processor saw %d spans start, want 2", n)
	}
}

// Children of an unsampled root are not recorded on our account.
func TestSamplerRecordsLocalRootsOnly(t *testing.T) {
	rg := newRig(t, plan{sampler: sdktrace.ParentBased(sdktrace.NeverSample()), ours: true})
	ctx, root := rg.tracer.Start(t.Context(), "root")
	_, child := rg.tracer.Start(ctx, "child")
	if !root.IsRecording() || root.SpanContext().IsSampled() {
		t.Errorf("root is recording: %v, sampled: %v, want recorded and not sampled", root.IsRecording(), root.SpanContext().IsSampled())
	}
	if child.SpanContext().IsSampled() {
		t.Error("child is sampled")
	}
	child.End()
	root.End()
	if n := len(rg.Spans.Ended()); n != 0 {
		t.Errorf("%d spans would have been exported, want none", n)
	}
}

// A View that gives the duration metric explicit buckets wins over what we ask for: counts stay exact, quantiles say
// that they are coarse.
func TestExplicitBucketsAreMarkedCoarse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		view := sdkmetric.NewView(sdkmetric.Instrument{Name: "http.server.request.duration"},
			sdkmetric.Stream{Aggregation: sdkmetric.AggregationExplicitBucketHistogram{Boundaries: []float64{0.005, 0.05, 0.5, 5}}})
		rg := newRig(t, plan{views: []sdkmetric.View{view}}, otelperf.WithMetricSource())
		mux := http.NewServeMux()
		mux.HandleFunc("GET /a", func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(8 * time.Millisecond)
			_, _ = io.WriteString(w, "a")
		})
		h := rg.instrument(mux)
		for range 20 {
			testrig.Call(h, http.MethodGet, "/a")
		}
		s := rg.flushed(t, otelperf.Window5m)
		if rows(s) != "GET /a ok=20" {
			t.Errorf("summary has %q, want 20 requests", rows(s))
		}
		if !s.Coarse || !s.Endpoints[0].Coarse || !s.Diagnostics.CoarseMetrics {
			t.Errorf("coarse: summary %v, row %v, diagnostics %v, want all true", s.Coarse, s.Endpoints[0].Coarse, s.Diagnostics.CoarseMetrics)
		}
		if s.P50 == nil || *s.P50 < 5 || *s.P50 > 50 {
			t.Errorf("p50 is %s ms, want within the bucket 5 to 50", value(s.P50))
		}
	})
}

// With the metric source and the default buckets of the program's own reader nothing is coarse, and the program's
// metric stays what it was.
func TestMetricSourceLeavesTheProgramsMetricAlone(t *testing.T) {
	rg := newRig(t, plan{none: true}, otelperf.WithMetricSource())
	send(rg.instrument(testrig.Shop(nil)), 100)
	if s := rg.flushed(t, otelperf.Window5m); s.Coarse || s.Diagnostics.CoarseMetrics || s.Count != 100 {
		t.Errorf("coarse %v, %d requests, want fine and 100", s.Coarse, s.Count)
	}
	if routes := rg.MetricRoutes(t); len(routes) != 3 {
		t.Errorf("the program's reader has routes %q, want three explicit-bucket points", routes)
	}
}

// Beyond the SDK's cardinality limit nobody knows how a request ended: the diagnostics, the row and the summary say so.
func TestMetricSourceBeyondTheCardinalityLimit(t *testing.T) {
	rg := newRig(t, plan{none: true, limit: 3}, otelperf.WithMetricSource())
	h := rg.instrument(testrig.Shop(nil))
	testrig.Call(h, http.MethodGet, "/users/1")
	if s := rg.flushed(t, otelperf.Window5m); s.OutcomesUnknown || s.Diagnostics.MetricOverflow != 0 {
		t.Errorf("below the limit outcomes are unknown: %v, %d beyond", s.OutcomesUnknown, s.Diagnostics.MetricOverflow)
	}
	for _, path := range []string{"/pot", "/gone/1", "/fail", "/fail", "/fail"} {
		testrig.Call(h, http.MethodGet, path)
	}
	s := rg.flushed(t, otelperf.Window5m)
	d := &s.Diagnostics
	if s.Count != 6 || !s.OutcomesUnknown || d.MetricOverflow == 0 || !slices.ContainsFunc(d.Hints, func(h string) bool { return strings.Contains(h, "cardinality limit") }) {
		t.Errorf("%d requests, outcomes unknown: %v, %d beyond the limit, hints %q", s.Count, s.OutcomesUnknown, d.MetricOverflow, d.Hints)
	}
	for i := range s.Endpoints {
		if r := &s.Endpoints[i]; r.OutcomesUnknown != (r.Route == "(other)") || r.Route == "(other)" && r.Count != d.MetricOverflow {
			t.Errorf("row %s has %d requests, outcomes unknown: %v", r.Name(), r.Count, r.OutcomesUnknown)
		}
	}
	rg.mon.Reset(false)
	if s := rg.mon.Summary(otelperf.Window5m); s.OutcomesUnknown {
		t.Error("after a reset outcomes are unknown still")
	}
}
