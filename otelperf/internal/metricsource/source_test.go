// SPDX-License-Identifier: Apache-2.0

package metricsource

import (
	"fmt"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// collected is what a collect of a pipeline has for one route: n requests since its start, of 20 ms each, which is bucket -362.
func collected(route string, n uint64) metricdata.ExponentialHistogram[float64] {
	return metricdata.ExponentialHistogram[float64]{Temporality: metricdata.CumulativeTemporality, DataPoints: []metricdata.ExponentialHistogramDataPoint[float64]{{
		Attributes: attribute.NewSet(attribute.String("http.request.method", "GET"), attribute.String("http.route", route)),
		Count:      n, Sum: 0.02 * float64(n), Scale: latency.Scale,
		PositiveBucket: metricdata.ExponentialBucket{Offset: -362, Counts: []uint64{n}},
	}}}
}

// What is fed is what came since the last collection; a series that starts anew counts from nothing, and others go on.
func TestMetricSeriesThatStartsAnew(t *testing.T) {
	m := New(10)
	for i, tt := range []struct {
		a, b uint64 // cumulative
		want string
	}{
		{100, 10, "/a 100 2.0 s; /b 10 0.2 s; "},
		{150, 10, "/a 50 1.0 s; "},
		{30, 15, "/a 30 0.6 s; /b 5 0.1 s; "}, // the pipeline of /a began anew
		{30, 15, ""},
		{45, 16, "/a 15 0.3 s; /b 1 0.0 s; "},
	} {
		for route, n := range map[string]uint64{"/a": tt.a, "/b": tt.b} {
			m.read(pointKey{metric: "http.server.request.duration", description: route}, collected(route, n), 1)
		}
		rows := map[string]string{}
		m.deltas(func(d *spikeprocessor.Delta) bool {
			if n := d.Outcomes.Total(); n != d.All.Count() {
				t.Errorf("collection %d: %d outcomes of %d requests", i, n, d.All.Count())
			}
			rows[d.Endpoint.Route] = fmt.Sprintf("%s %d %.1f s; ", d.Endpoint.Route, d.All.Count(), d.All.SumSeconds())
			return true
		})
		if got := rows["/a"] + rows["/b"]; got != tt.want {
			t.Errorf("collection %d: fed %q, want %q", i, got, tt.want)
		}
	}
}
