// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/companion"
	"github.com/otelperf/otelperf-go/otelperf/internal/units"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// endpointDetail is what is known of one endpoint beyond its numbers: the answer of GET endpoints/detail.
type endpointDetail struct {
	origin
	Method string `json:"method"`
	Route  string `json:"route"`
	Kind   string `json:"kind"`

	NormalMs      slowlog.Breakdown `json:"normal_ms"`      // what ordinary requests spend their time on, by category
	NormalSamples int               `json:"normal_samples"` // how many that is the mean of
	Differences   []difference      `json:"differences"`    // the most telling first
	// Of how many requests of the last ten minutes the differences come, about: slow ones, of which it takes slow_needed at least that have
	// a value, and ordinary ones, of which it takes some.
	SlowSamples     uint64      `json:"slow_samples"`
	SlowNeeded      uint64      `json:"slow_needed"`
	OrdinarySamples uint64      `json:"ordinary_samples"`
	Dimensions      []dimension `json:"dimensions"`    // by spikeprocessor.WithDimensions, in its order
	Note            string      `json:"note,omitzero"` // why differences and dimensions are not known at all
}

// notCompared is said of requests that are received from elsewhere.
const notCompared = "Slow requests are not told apart by their attributes here: of spans that are received from elsewhere these are not kept."

// difference is an attribute value that the slow requests of the last ten minutes have more often than the ordinary ones.
type difference struct {
	Key       string  `json:"key"`
	Value     string  `json:"value"`
	SlowCount uint64  `json:"slow_count"` // slow requests with the value
	SlowTotal uint64  `json:"slow_total"`
	Count     uint64  `json:"count"` // ordinary requests with the value, of those looked at
	Total     uint64  `json:"total"`
	Share     float64 `json:"share"`    // slow_count / slow_total
	Lift      float64 `json:"lift"`     // how many times as frequent it is among the slow ones
	LiftLow   float64 `json:"lift_low"` // the lower end of its 95 % confidence interval
}

// dimension is the latency of an endpoint by the values of one attribute.
type dimension struct {
	Key  string         `json:"key"`
	Rows []dimensionRow `json:"rows"` // the most frequent first
}

// dimensionRow is one value.
type dimensionRow struct {
	Value   string  `json:"value"`
	Count   uint64  `json:"count"`   // about how many requests had it, in the last ten minutes
	Samples int     `json:"samples"` // of which so many were looked at
	P50Ms   float64 `json:"p50_ms"`
	P95Ms   float64 `json:"p95_ms"`
	P99Ms   float64 `json:"p99_ms"`
}

// detail returns what is known of an endpoint beyond its numbers; ok is false for one that has had no span.
func (m *Monitor) detail(q companion.EndpointQuery) (d endpointDetail, ok bool) {
	m.evaluate()
	for k := range conventions.Kind(conventions.NumKinds) {
		if q.Kind != "" && q.Kind != k.String() {
			continue
		}
		if in, ok := m.insight(conventions.Endpoint{Kind: k, Method: q.Method, Route: q.Route}); ok {
			return m.detailOf(q, k, &in), true
		}
	}
	return d, false
}

func (m *Monitor) insight(ep conventions.Endpoint) (in spikeprocessor.Insight, ok bool) {
	if m.cfg.feed == nil {
		return m.link.Insight(ep, time.Now())
	}
	in.Normal, ok = m.cfg.feed.Normal(ep)
	return in, ok
}

func (m *Monitor) detailOf(q companion.EndpointQuery, kind conventions.Kind, in *spikeprocessor.Insight) endpointDetail {
	d := endpointDetail{
		origin: m.origin(), Method: q.Method, Route: q.Route, Kind: kind.String(),
		NormalMs: in.Normal.Breakdown, NormalSamples: in.Normal.Samples, Differences: []difference{}, Dimensions: []dimension{},
		SlowSamples: in.SlowSamples, SlowNeeded: spikeprocessor.MinSlowSamples, OrdinarySamples: in.OrdinarySamples,
	}
	if m.cfg.feed != nil {
		d.Note = notCompared
	}
	if d.NormalMs == nil {
		d.NormalMs = slowlog.Breakdown{}
	}
	for _, x := range in.Differences {
		d.Differences = append(d.Differences, difference(x))
	}
	for _, x := range in.Dimensions {
		dim := dimension{Key: x.Key, Rows: []dimensionRow{}}
		for _, row := range x.Rows {
			dim.Rows = append(dim.Rows, dimensionRow{
				Value: row.Value, Count: row.Count, Samples: row.Samples,
				P50Ms: units.Milliseconds(row.P50), P95Ms: units.Milliseconds(row.P95), P99Ms: units.Milliseconds(row.P99),
			})
		}
		d.Dimensions = append(d.Dimensions, dim)
	}
	return d
}
