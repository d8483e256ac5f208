// SPDX-License-Identifier: Apache-2.0

package points_test

import (
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/points"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/simulation"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

var midnight = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

func second(s float64) time.Time { return midnight.Add(time.Duration(s * 1e9)) }

func stamp(s float64) pcommon.Timestamp { return pcommon.NewTimestampFromTime(second(s)) }

const (
	cumulative = pmetric.AggregationTemporalityCumulative
	delta      = pmetric.AggregationTemporalityDelta
)

// export is an export of one instance.
type export struct {
	pmetric.Metrics
	metrics pmetric.MetricSlice
}

func exportOf(instance string) export {
	md := pmetric.NewMetrics()
	rm := md.ResourceMetrics().AppendEmpty()
	rm.Resource().Attributes().PutStr("service.name", "shop")
	rm.Resource().Attributes().PutStr("service.instance.id", instance)
	return export{md, rm.ScopeMetrics().AppendEmpty().Metrics()}
}

func put(attrs pcommon.Map, route string, status int64) {
	attrs.PutStr("http.request.method", "GET")
	attrs.PutStr("http.route", route)
	attrs.PutInt("http.response.status_code", status)
}

// expo adds an exponential histogram of one point.
func (e export) expo(t pmetric.AggregationTemporality, route string, start, at float64, h *simulation.Expo) export {
	m := e.metrics.AppendEmpty()
	m.SetName("http.server.request.duration")
	m.SetUnit("s")
	x := m.SetEmptyExponentialHistogram()
	x.SetAggregationTemporality(t)
	dp := x.DataPoints().AppendEmpty()
	put(dp.Attributes(), route, 200)
	dp.SetStartTimestamp(stamp(start))
	dp.SetTimestamp(stamp(at))
	h.Put(dp)
	return e
}

// explicit adds a histogram with bounds.
func (e export) explicit(t pmetric.AggregationTemporality, status int64, start, at float64, bounds []float64, counts ...uint64) export {
	m := e.metrics.AppendEmpty()
	m.SetName("http.server.request.duration")
	m.SetUnit("s")
	x := m.SetEmptyHistogram()
	x.SetAggregationTemporality(t)
	dp := x.DataPoints().AppendEmpty()
	put(dp.Attributes(), "/x", status)
	dp.SetStartTimestamp(stamp(start))
	dp.SetTimestamp(stamp(at))
	dp.ExplicitBounds().FromRaw(bounds)
	dp.BucketCounts().FromRaw(counts)
	n := uint64(0)
	for _, c := range counts {
		n += c
	}
	dp.SetCount(n)
	return e
}

// taken is what a Reader says of an export that arrives at a second.
type taken struct {
	count  uint64
	began  float64 // the earliest
	length float64
	deltas int
	coarse bool
	h      latency.Histogram
}

func take(t testing.TB, r *points.Reader, at float64, e export) *taken {
	t.Helper()
	got := &taken{began: 1e9}
	r.Take(second(at), e.Metrics, func(d *points.Delta) {
		before := got.h.Count()
		coarse, _ := d.AddTo(&got.h)
		if n := got.h.Count() - before; n != d.Count || n == 0 {
			t.Errorf("%d durations of %d requests", n, d.Count)
		}
		got.coarse = got.coarse || coarse
		got.count += d.Count
		got.deltas++
		got.began, got.length = min(got.began, d.Began.Sub(midnight).Seconds()), d.Length.Seconds()
	})
	return got
}
