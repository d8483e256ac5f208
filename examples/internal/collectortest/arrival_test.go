// SPDX-License-Identifier: Apache-2.0

package collectortest

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelperf/otelperf-go/examples/internal/collector"
	"github.com/otelperf/otelperf-go/otelperf"
)

// overBoth runs a test over OTLP on gRPC and on HTTP.
func overBoth(t *testing.T, test func(t *testing.T, c *collector.Collector, to Exporters)) {
	for name, exporters := range map[string]func(testing.TB, *collector.Collector) Exporters{
		"grpc": func(t testing.TB, c *collector.Collector) Exporters { return GRPC(t, c.GRPC) },
		"http": func(t testing.TB, c *collector.Collector) Exporters { return HTTP(t, c.HTTP) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := Start(t)
			test(t, c, exporters(t, c))
		})
	}
}

func TestEverySpanArrivesOnce(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, c *collector.Collector, to Exporters) {
		s := NewService(t, to, Config{})
		const each = 60
		for i := range each {
			s.Get(fmt.Sprintf("/items/%d", i))
			s.Get("/fail")
			s.Get("/nowhere")
		}
		must(t, s.Flush(t.Context()))
		got := Await(t, c, func(r *collector.Received) bool { return spans(r) >= 3*each })

		seen := map[pcommon.SpanID]bool{}
		byName := map[string]int{}
		for from, span := range got.Spans() {
			if seen[span.SpanID()] {
				t.Errorf("span %s arrived twice", span.SpanID())
			}
			seen[span.SpanID()] = true
			byName[span.Name()]++
			if span.Kind() != ptrace.SpanKindServer {
				t.Errorf("span %s is of kind %s, want server", span.Name(), span.Kind())
			}
			if name, _ := from.Resource.Attributes().Get("service.name"); name.Str() != "shop" {
				t.Errorf("span %s is of service %q, want shop", span.Name(), name.Str())
			}
		}
		want := map[string]int{"GET /items/{id}": each, "GET /fail": each, "GET": each}
		if fmt.Sprint(byName) != fmt.Sprint(want) {
			t.Errorf("spans that arrived by name: %v, want %v", byName, want)
		}
	})
}

func spans(r *collector.Received) (n int) {
	for range r.Spans() {
		n++
	}
	return n
}

func TestHeadSamplingKeepsItsShareAndCountsAll(t *testing.T) {
	t.Parallel()
	c := Start(t)
	s := NewService(t, GRPC(t, c.GRPC), Config{Sampler: sdktrace.NeverSample(), Options: []otelperf.Option{otelperf.WithSlowThreshold(time.Hour)}}) // a slow request is rescued
	for range 50 {
		s.Get("/items/1")
	}
	must(t, s.Flush(t.Context()))
	got := Await(t, c, func(r *collector.Received) bool { return requests(r, "/items/{id}") == 50 })
	if n := requests(got, "/items/{id}"); n != 50 {
		t.Errorf("the histogram that arrived has %d requests, want all 50", n)
	}
	if n := spans(got); n != 0 {
		t.Errorf("%d spans arrived though none was sampled", n)
	}
}

// requests is the count of a route's histogram as it last arrived.
func requests(r *collector.Received, route string) (n uint64) {
	for p := range points(r, "otelperf.request.duration") {
		if attr(p.Attributes(), "http.route") == route && attr(p.Attributes(), "error.type") == "" {
			n = p.Count()
		}
	}
	return n
}

// points yields the points of an exponential histogram in the order of arrival.
func points(r *collector.Received, name string) func(func(pmetric.ExponentialHistogramDataPoint) bool) {
	return func(yield func(pmetric.ExponentialHistogramDataPoint) bool) {
		for _, m := range r.Metrics() {
			if m.Name() != name || m.Type() != pmetric.MetricTypeExponentialHistogram {
				continue
			}
			for _, p := range m.ExponentialHistogram().DataPoints().All() {
				if !yield(p) {
					return
				}
			}
		}
	}
}

func attr(m pcommon.Map, key string) string {
	v, ok := m.Get(key)
	if !ok {
		return ""
	}
	return v.AsString()
}

func TestHistogramsArriveExactly(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, c *collector.Collector, to Exporters) {
		s := NewService(t, to, Config{})
		durations := longTail(2000)
		var sum float64
		for _, d := range durations {
			s.Request("/pay", d)
			sum += d.Seconds()
		}
		must(t, s.Flush(t.Context()))
		got := Await(t, c, func(r *collector.Received) bool { return requests(r, "/pay") == uint64(len(durations)) })

		for _, m := range got.Metrics() {
			if m.Name() != "otelperf.request.duration" {
				continue
			}
			if m.Unit() != "s" || m.Type() != pmetric.MetricTypeExponentialHistogram || m.ExponentialHistogram().AggregationTemporality() != pmetric.AggregationTemporalityCumulative {
				t.Fatalf("unit %q, type %s: want a cumulative exponential histogram in s", m.Unit(), m.Type())
			}
		}
		var last pmetric.ExponentialHistogramDataPoint
		for p := range points(got, "otelperf.request.duration") {
			last = p
		}
		if last.Scale() != 6 || last.Count() != uint64(len(durations)) || math.Abs(last.Sum()-sum) > 1e-6*sum {
			t.Errorf("scale %d, count %d, sum %v: want 6, %d, %v", last.Scale(), last.Count(), last.Sum(), len(durations), sum)
		}
		if smallest, largest := slices.Min(durations).Seconds(), slices.Max(durations).Seconds(); math.Abs(last.Min()-smallest) > 1e-6 || math.Abs(last.Max()-largest) > 1e-6 {
			t.Errorf("between %v and %v, want %v and %v", last.Min(), last.Max(), smallest, largest)
		}
		var h collector.Histogram
		h.Add(last)
		for _, q := range []float64{0.5, 0.95, 0.99} {
			near(t, fmt.Sprintf("quantile %v", q), h.Quantile(q), exact(durations, q), h.Error())
		}
	})
}

// longTail is n durations from 10 ms on, the last percent of them up to ten times longer.
func longTail(n int) []time.Duration {
	out := make([]time.Duration, n)
	for i := range out {
		x := float64(i*7919%n) / float64(n)
		out[i] = time.Duration(1e7 * (1 + x + 8*math.Pow(x, 100)))
	}
	return out
}

// exact is a quantile by sorting, in seconds.
func exact(durations []time.Duration, q float64) float64 {
	sorted := slices.Sorted(slices.Values(durations))
	return sorted[int(math.Ceil(q*float64(len(sorted))))-1].Seconds()
}

func near(t *testing.T, what string, got, want, share float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > share*want+1e-9 {
		t.Errorf("%s is %v, want %v ± %.2f %%", what, got, want, 100*share)
	}
}

func TestGaugesArrive(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, c *collector.Collector, to Exporters) {
		s := NewService(t, to, Config{})
		for _, d := range longTail(500) {
			s.Request("/pay", d)
		}
		s.Request("/pay", time.Second) // above the slow threshold
		must(t, s.Flush(t.Context()))
		row := s.Mon.Summary(otelperf.Window1m).Endpoints[0]
		must(t, s.Flush(t.Context()))
		type value struct{ unit, route string }
		numbers, units := map[string]float64{}, map[string]value{}
		Await(t, c, func(r *collector.Received) bool {
			for _, m := range r.Metrics() {
				for _, p := range numberPoints(m) {
					number := p.DoubleValue()
					if p.ValueType() == pmetric.NumberDataPointValueTypeInt {
						number = float64(p.IntValue())
					}
					numbers[m.Name()], units[m.Name()] = number, value{m.Unit(), attr(p.Attributes(), "http.route")}
				}
			}
			return numbers["otelperf.request.slow"] == 1 && numbers["otelperf.endpoint.p99"] > 0
		})
		near(t, "otelperf.endpoint.p50", numbers["otelperf.endpoint.p50"], *row.P50Ms/1e3, 1e-6)
		near(t, "otelperf.endpoint.p95", numbers["otelperf.endpoint.p95"], *row.P95Ms/1e3, 1e-6)
		near(t, "otelperf.endpoint.p99", numbers["otelperf.endpoint.p99"], *row.P99Ms/1e3, 1e-6)
		for _, name := range []string{"otelperf.endpoint.p50", "otelperf.endpoint.p95", "otelperf.endpoint.p99"} {
			if units[name] != (value{"s", "/pay"}) {
				t.Errorf("%s arrived with unit and route %v, want s and /pay", name, units[name])
			}
		}
		if n := numbers["otelperf.request.slow"]; n != 1 {
			t.Errorf("%s is %v, want 1", "otelperf.request.slow", n)
		}
		if _, ok := numbers["otelperf.spike.open"]; !ok {
			t.Errorf("%s did not arrive", "otelperf.spike.open")
		}
		if _, ok := numbers["otelperf.engine.time"]; !ok || units["otelperf.engine.time"].unit != "s" {
			t.Errorf("%s did not arrive in s", "otelperf.engine.time")
		}
	})
}

// numberPoints are the points of a gauge or a sum.
func numberPoints(m pmetric.Metric) []pmetric.NumberDataPoint {
	var points pmetric.NumberDataPointSlice
	switch m.Type() {
	case pmetric.MetricTypeGauge:
		points = m.Gauge().DataPoints()
	case pmetric.MetricTypeSum:
		points = m.Sum().DataPoints()
	default:
		return nil
	}
	out := make([]pmetric.NumberDataPoint, 0, points.Len())
	for _, p := range points.All() {
		out = append(out, p)
	}
	return out
}
