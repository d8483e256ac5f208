// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"context"
	"iter"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// metricSource makes deltas of the duration metrics that instrumentations record. It asks for cumulative data and
// subtracts what it had, so that a failed collection loses nothing: the next one brings it. It remembers one histogram
// per attribute set, of which the SDK's cardinality limit (2000 unless set) allows so many per metric.
//
// Only the reader's evaluations use it, one at a time, except for its atomics.
type metricSource struct {
	reader *sdkmetric.ManualReader
	limit  int // endpoints
	ids    map[conventions.Endpoint]int
	before map[pointKey]*cumulative
	rows   []*metricRow // by id
	coarse atomic.Bool  // a View has given a metric explicit buckets

	resource atomic.Pointer[resource.Resource]
}

type pointKey struct {
	scope, metric string
	set           attribute.Distinct
}

// cumulative is what a point said at the last collection.
type cumulative struct {
	durations *latency.Histogram
	sum       float64
	seen      bool // in this collection
}

// metricRow gathers the delta of one endpoint.
type metricRow struct {
	endpoint conventions.Endpoint
	all      latency.Histogram
	failed   latency.Histogram
	outcomes slowlog.OutcomeCounts
	coarse   bool
}

// durationMetrics are the metrics read, and the unit of their values in seconds.
var durationMetrics = map[string]float64{
	"http.server.request.duration": 1,
	"rpc.server.call.duration":     1,
	"rpc.server.duration":          1e-3,
}

func newMetricSource(limit int) *metricSource {
	return &metricSource{
		limit: limit, ids: map[conventions.Endpoint]int{}, before: map[pointKey]*cumulative{},
		reader: sdkmetric.NewManualReader(sdkmetric.WithAggregationSelector(exponentialOnly)),
	}
}

// exponentialOnly gives histograms our resolution and drops all else.
func exponentialOnly(kind sdkmetric.InstrumentKind) sdkmetric.Aggregation {
	if kind == sdkmetric.InstrumentKindHistogram {
		return sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 2048, MaxScale: latency.Scale}
	}
	return sdkmetric.AggregationDrop{}
}

func dropAll(sdkmetric.InstrumentKind) sdkmetric.Aggregation { return sdkmetric.AggregationDrop{} }

func (m *metricSource) collect(ctx context.Context, use func(iter.Seq[*spikeprocessor.Delta])) error {
	var rm metricdata.ResourceMetrics
	if err := m.reader.Collect(ctx, &rm); err != nil {
		return err
	}
	m.resource.Store(rm.Resource)
	for _, c := range m.before {
		c.seen = false
	}
	for _, sm := range rm.ScopeMetrics {
		for _, mt := range sm.Metrics {
			if unit, ok := durationMetrics[mt.Name]; ok {
				m.read(pointKey{scope: sm.Scope.Name, metric: mt.Name}, mt.Data, unit)
			}
		}
	}
	for key, c := range m.before {
		if !c.seen {
			delete(m.before, key)
		}
	}
	use(m.deltas)
	return nil
}

// deltas yields the rows that have something and empties them.
func (m *metricSource) deltas(yield func(*spikeprocessor.Delta) bool) {
	for id, r := range m.rows {
		if r.outcomes.Total() == 0 {
			continue
		}
		more := yield(&spikeprocessor.Delta{ID: id, Endpoint: r.endpoint, All: &r.all, Failed: &r.failed, Outcomes: r.outcomes, Coarse: r.coarse})
		r.all.Reset()
		r.failed.Reset()
		r.outcomes = slowlog.OutcomeCounts{}
		if !more {
			return
		}
	}
}

// read takes in the points of one metric.
func (m *metricSource) read(key pointKey, data metricdata.Aggregation, unit float64) {
	switch d := data.(type) {
	case metricdata.ExponentialHistogram[float64]:
		for i := range d.DataPoints {
			p := &d.DataPoints[i]
			h, coarse := exponentialPoint(p, unit)
			m.point(key, p.Attributes, h, p.Sum*unit, coarse)
		}
	case metricdata.Histogram[float64]:
		for i := range d.DataPoints {
			p := &d.DataPoints[i]
			m.point(key, p.Attributes, explicitPoint(p, unit), p.Sum*unit, true)
		}
	}
}

// point adds what came to one attribute set since the last collection to its endpoint's row.
func (m *metricSource) point(key pointKey, set attribute.Set, h *latency.Histogram, sum float64, coarse bool) {
	key.set = set.Equivalent()
	old := m.before[key]
	if old == nil || h.Count() < old.durations.Count() { // new, or the pipeline began anew
		old = &cumulative{durations: new(latency.Histogram)}
		m.before[key] = old
	}
	old.seen = true
	var delta latency.Histogram
	delta.Merge(h)
	delta.Subtract(old.durations)
	delta.AddSum(secondsToDuration(sum - old.sum))
	old.durations, old.sum = h, sum
	if coarse {
		m.coarse.Store(true)
	}
	if delta.Count() == 0 {
		return
	}
	req := conventions.Point(set.ToSlice())
	r, outcome := m.row(req.Endpoint()), req.Outcome
	r.coarse = r.coarse || coarse
	r.outcomes[outcome] += delta.Count()
	r.all.Merge(&delta)
	if outcome.Failed() {
		r.failed.Merge(&delta)
	}
}

func (m *metricSource) row(ep conventions.Endpoint) *metricRow {
	id, ok := m.ids[ep]
	if !ok {
		if len(m.rows) >= m.limit {
			ep = conventions.Endpoint{Kind: ep.Kind, Route: conventions.OverflowRoute}
		}
		if id, ok = m.ids[ep]; !ok {
			id = len(m.rows)
			m.ids[ep] = id
			m.rows = append(m.rows, &metricRow{endpoint: ep})
		}
	}
	return m.rows[id]
}

// exponentialPoint translates a point to our buckets. coarse reports that its own were wider.
func exponentialPoint(p *metricdata.ExponentialHistogramDataPoint[float64], unit float64) (h *latency.Histogram, coarse bool) {
	h = new(latency.Histogram)
	h.MergeBucket(0, p.ZeroCount)
	for i, n := range p.PositiveBucket.Counts {
		if n == 0 {
			continue
		}
		index := int(p.PositiveBucket.Offset) + i
		switch {
		case unit == 1 && p.Scale >= latency.Scale:
			h.MergeBucket(clampBucket(index>>(p.Scale-latency.Scale)-latency.FirstIndex), n)
		case unit == 1:
			coarse = true
			width := 1 << (latency.Scale - p.Scale)
			lo, hi := index*width-latency.FirstIndex, (index+1)*width-latency.FirstIndex-1
			h.MergeRange(secondsToDuration(latency.LowerBound(clampBucket(lo))), latency.UpperDuration(clampBucket(hi)), n)
		default:
			lo, hi := exponentialBounds(index, int(p.Scale))
			h.MergeRange(secondsToDuration(lo*unit), secondsToDuration(hi*unit), n)
			coarse = coarse || p.Scale < latency.Scale
		}
	}
	return h, coarse
}

// explicitPoint translates a point with explicit bounds: within a bucket, durations are taken to be spread evenly.
func explicitPoint(p *metricdata.HistogramDataPoint[float64], unit float64) *latency.Histogram {
	h := new(latency.Histogram)
	lo := 0.0
	for i, n := range p.BucketCounts {
		hi := lo
		if i < len(p.Bounds) {
			hi = p.Bounds[i]
		} else if greatest, ok := p.Max.Value(); ok {
			hi = max(lo, greatest)
		}
		if n > 0 {
			h.MergeRange(secondsToDuration(lo*unit), secondsToDuration(hi*unit), n)
		}
		lo = hi
	}
	return h
}

func clampBucket(b int) int { return min(max(b, 0), latency.NumBuckets-1) }
