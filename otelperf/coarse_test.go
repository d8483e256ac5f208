// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/otelperf/otelperf-go/otelperf"
)

// What a View's buckets do not tell is null: a quantile or an extreme in a bucket without an end, and how far the others are off.
func TestQuantilesThatBucketsDoNotTell(t *testing.T) {
	for about, tt := range map[string]struct {
		bounds          []float64
		noMinMax        bool
		p50, p99, least bool // are known
	}{
		"no bounds":                 {nil, true, false, false, false},
		"one bound below all":       {[]float64{0.001}, true, false, false, false},
		"a bound among them":        {[]float64{0.01, 0.1}, true, true, false, true},
		"bounds above all":          {[]float64{0.01, 0.1, 10}, true, true, true, true},
		"no bounds but a greatest":  {nil, false, true, true, true},
		"the greatest beyond bound": {[]float64{0.1}, false, true, true, true},
	} {
		t.Run(about, func(t *testing.T) {
			rg := newRig(t, plan{none: true, views: []sdkmetric.View{sdkmetric.NewView(sdkmetric.Instrument{Name: "http.server.request.duration"},
				sdkmetric.Stream{Aggregation: sdkmetric.AggregationExplicitBucketHistogram{Boundaries: tt.bounds, NoMinMax: tt.noMinMax}})}},
				otelperf.WithMetricSource())
			h, err := rg.mp.Meter("test").Float64Histogram("http.server.request.duration", metric.WithUnit("s"))
			if err != nil {
				t.Fatal(err)
			}
			attrs := metric.WithAttributes(attribute.String("http.request.method", "GET"), attribute.String("http.route", "/a"))
			for i := range 1000 {
				h.Record(t.Context(), map[bool]float64{true: 0.05, false: 5}[i < 900], attrs)
			}
			if err := rg.mon.Reader().ForceFlush(t.Context()); err != nil {
				t.Fatal(err)
			}
			s := rg.mon.Summary(otelperf.WindowAll)
			for name, n := range map[string]otelperf.Totals{"totals": s.Totals, "the row": s.Endpoints[0].Totals} {
				if n.Count != 1000 || n.AvgMs == nil || *n.AvgMs < 544 || *n.AvgMs > 546 {
					t.Errorf("%s: %d requests with a mean of %v ms, want 1000 with 545", name, n.Count, value(n.AvgMs))
				}
				if (n.P50Ms != nil) != tt.p50 || (n.P99Ms != nil) != tt.p99 || (n.MaxMs != nil) != tt.p99 || (n.MinMs != nil) != tt.least {
					t.Errorf("%s: p50 %s, p99 %s, min %s, max %s; want known: %+v", name, value(n.P50Ms), value(n.P99Ms), value(n.MinMs), value(n.MaxMs), tt)
				}
				if n.ErrorBound != nil || !n.Coarse {
					t.Errorf("%s: quantile_error is %s, coarse %v; want null and true", name, value(n.ErrorBound), n.Coarse)
				}
			}
		})
	}
}
