// SPDX-License-Identifier: Apache-2.0

// Package metricsource makes an engine's deltas of the duration metrics that instrumentations record.
package metricsource

import (
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/otelperf/otelperf-go/otelperf/internal/buckets"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// Source makes deltas of the duration metrics that instrumentations record. It asks for cumulative data and
// subtracts what it had, so that a failed collection loses nothing: the next one brings it. It remembers one histogram
// per attribute set, of which the SDK's cardinality limit (2000 unless set) allows so many per metric.
//
// Collect is called by one goroutine at a time; the other methods are safe for concurrent use. A collection of the SDK runs in a goroutine
// of its own, one at a time: it calls the program's callbacks, which may not return.
type Source struct {
	// Reader is what the MeterProvider is to be given.
	Reader *sdkmetric.ManualReader

	limit  int // endpoints
	ids    map[conventions.Endpoint]int
	before map[pointKey]*cumulative
	rows   []*row      // by id
	late   *collection // that did not come in time
	coarse atomic.Bool // a View has given a metric explicit buckets
	panics atomic.Uint64
	waits  atomic.Uint64
	beyond atomic.Uint64 // requests beyond the SDK's cardinality limit

	resource atomic.Pointer[resource.Resource]
}

// pointKey tells series apart; two scopes may differ in their version alone, two metrics in their description.
type pointKey struct {
	scope               instrumentation.Scope
	metric, description string
	set                 attribute.Distinct
}

// row gathers the delta of one endpoint.
type row struct {
	endpoint conventions.Endpoint
	all      latency.Histogram
	failed   latency.Histogram
	outcomes slowlog.OutcomeCounts
	coarse   bool
	beyond   time.Duration // see spikeprocessor.Delta
	unknown  bool          // some outcomes are
}

// durationMetrics are the metrics read, and the unit of their values in seconds.
var durationMetrics = map[string]float64{
	"http.server.request.duration": 1,
	"rpc.server.call.duration":     1,
	"rpc.server.duration":          1e-3,
}

// overflowKey is the attribute by which an SDK marks the point that takes what is beyond its cardinality limit.
const overflowKey attribute.Key = "otel.metric.overflow"

// New returns a source that keeps at most limit endpoints apart; the rest share one overflow endpoint per kind.
func New(limit int) *Source {
	return &Source{
		limit: limit, ids: map[conventions.Endpoint]int{}, before: map[pointKey]*cumulative{},
		Reader: sdkmetric.NewManualReader(sdkmetric.WithAggregationSelector(exponentialOnly)),
	}
}

// exponentialOnly gives histograms our resolution and drops all else.
func exponentialOnly(kind sdkmetric.InstrumentKind) sdkmetric.Aggregation {
	if kind == sdkmetric.InstrumentKindHistogram {
		return sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 2048, MaxScale: latency.Scale}
	}
	return sdkmetric.AggregationDrop{}
}

// Coarse reports whether a View has given a metric explicit buckets, or wider ones than ours.
func (m *Source) Coarse() bool { return m.coarse.Load() }

// Panics is how many collections a callback of the program has ended by a panic.
func (m *Source) Panics() uint64 { return m.panics.Load() }

// Late is how many collections were not there in time. What they bring is used when it comes.
func (m *Source) Late() uint64 { return m.waits.Load() }

// Overflow is the number of requests beyond the cardinality limit of the SDK: they have no attributes but the one that says so, so that
// neither their endpoint nor their outcome is known.
func (m *Source) Overflow() uint64 { return m.beyond.Load() }

// Resource is that of the pipeline; nil before the first collection.
func (m *Source) Resource() *resource.Resource { return m.resource.Load() }

// readAll takes in what the SDK has collected, and forgets the series that it has no longer.
func (m *Source) readAll(scopes []metricdata.ScopeMetrics) {
	for _, c := range m.before {
		c.seen = false
	}
	for _, sm := range scopes {
		for _, mt := range sm.Metrics {
			if unit, ok := durationMetrics[mt.Name]; ok {
				m.read(pointKey{scope: sm.Scope, metric: mt.Name, description: mt.Description}, mt.Data, unit)
			}
		}
	}
	for key, c := range m.before {
		if !c.seen {
			delete(m.before, key)
		}
	}
}

// deltas yields the rows that have something and empties them.
func (m *Source) deltas(yield func(*spikeprocessor.Delta) bool) {
	for id, r := range m.rows {
		if r.outcomes.Total() == 0 {
			continue
		}
		more := yield(&spikeprocessor.Delta{ID: id, Endpoint: r.endpoint, All: &r.all, Failed: &r.failed, Outcomes: r.outcomes, Coarse: r.coarse, Beyond: r.beyond, OutcomesUnknown: r.unknown})
		r.all.Reset()
		r.failed.Reset()
		r.outcomes = slowlog.OutcomeCounts{}
		if !more {
			return
		}
	}
}

// read takes in the points of one metric.
func (m *Source) read(key pointKey, data metricdata.Aggregation, unit float64) {
	switch d := data.(type) {
	case metricdata.ExponentialHistogram[float64]:
		for _, p := range d.DataPoints {
			delta := m.since(key, p.Attributes, cumulativeExponential(&p))
			m.add(p.Attributes, &delta, unit)
		}
	case metricdata.Histogram[float64]:
		for _, p := range d.DataPoints {
			delta := m.since(key, p.Attributes, cumulativeExplicit(&p))
			m.add(p.Attributes, &delta, unit)
		}
	}
}

// since returns what came to one attribute set since the last collection, and remembers what it says now.
func (m *Source) since(key pointKey, set attribute.Set, now *cumulative) buckets.Point {
	key.set = set.Equivalent()
	var old *buckets.Point
	if before := m.before[key]; before != nil {
		old = &before.Point
	}
	now.seen = true
	m.before[key] = now
	return now.Since(old)
}

// add adds what came to one attribute set to its endpoint's row.
func (m *Source) add(set attribute.Set, point *buckets.Point, unit float64) {
	delta := new(latency.Histogram)
	coarse, beyond := point.AddTo(delta, unit)
	if coarse {
		m.coarse.Store(true)
	}
	if delta.Count() == 0 {
		return
	}
	req := conventions.Point(set.ToSlice())
	if _, known := m.ids[req.Endpoint()]; req.Unproven && !known {
		req.Route = conventions.UnmatchedRoute
	}
	r, outcome := m.rowOf(req.Endpoint()), req.Outcome
	r.coarse = r.coarse || coarse
	if beyond != 0 && (r.beyond == 0 || beyond < r.beyond) {
		r.beyond = beyond
	}
	if set.HasValue(overflowKey) {
		r.unknown = true
		m.beyond.Add(delta.Count())
	}
	r.outcomes[outcome] += delta.Count()
	r.all.Merge(delta)
	if outcome.Failed() {
		r.failed.Merge(delta)
	}
}

func (m *Source) rowOf(ep conventions.Endpoint) *row {
	id, ok := m.ids[ep]
	if !ok {
		if len(m.rows) >= m.limit {
			ep = conventions.Endpoint{Kind: ep.Kind, Route: conventions.OverflowRoute}
		}
		if id, ok = m.ids[ep]; !ok {
			id = len(m.rows)
			m.ids[ep] = id
			m.rows = append(m.rows, &row{endpoint: ep})
		}
	}
	return m.rows[id]
}
