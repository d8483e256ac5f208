// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"net/http"
	"time"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// EndpointDetail is what is known of one endpoint beyond its numbers: the answer of GET endpoints/detail.
type EndpointDetail struct {
	Origin
	Method string `json:"method"`
	Route  string `json:"route"`
	Kind   string `json:"kind"`

	NormalMs      slowlog.Breakdown `json:"normal_ms"`      // what ordinary requests spend their time on, by category
	NormalSamples int               `json:"normal_samples"` // how many that is the mean of
	Differences   []Difference      `json:"differences"`    // the most telling first
	Dimensions    []Dimension       `json:"dimensions"`     // by spikeprocessor.WithDimensions, in its order
}

// Difference is an attribute value that the slow requests of the last ten minutes have more often than the ordinary ones.
type Difference struct {
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

// Dimension is the latency of an endpoint by the values of one attribute.
type Dimension struct {
	Key  string         `json:"key"`
	Rows []DimensionRow `json:"rows"` // the most frequent first
}

// DimensionRow is one value.
type DimensionRow struct {
	Value   string  `json:"value"`
	Count   uint64  `json:"count"`   // about how many requests had it, in the last ten minutes
	Samples int     `json:"samples"` // of which so many were looked at
	P50Ms   float64 `json:"p50_ms"`
	P95Ms   float64 `json:"p95_ms"`
	P99Ms   float64 `json:"p99_ms"`
}

func (m *Monitor) serveEndpointDetail(w http.ResponseWriter, r *http.Request) {
	q := queryOf(r)
	method, route, kind := q.values.Get("method"), q.required("route"), q.values.Get("kind")
	if q.refused(w) {
		return
	}
	m.evaluate()
	d, ok := m.EndpointDetail(method, route, kind)
	if !ok {
		notFound(w, "route", "There is no endpoint %.100q. GET endpoints lists those there are.", endpointName(method, route))
		return
	}
	writeJSON(w, r, d)
}

// EndpointDetail returns what is known of an endpoint beyond its numbers; kind tells those apart that share method and
// route, and may be "". ok is false for an endpoint that has had no span.
func (m *Monitor) EndpointDetail(method, route, kind string) (d EndpointDetail, ok bool) {
	for k := conventions.KindHTTP; k <= conventions.KindDependency; k++ {
		if kind != "" && kind != k.String() {
			continue
		}
		in, ok := m.link.Insight(conventions.Endpoint{Kind: k, Method: method, Route: route}, time.Now())
		if ok {
			return m.detail(method, route, k, &in), true
		}
	}
	return d, false
}

func (m *Monitor) detail(method, route string, kind conventions.Kind, in *spikeprocessor.Insight) EndpointDetail {
	d := EndpointDetail{
		Origin: m.origin(), Method: method, Route: route, Kind: kind.String(),
		NormalMs: in.Normal.Breakdown, NormalSamples: in.Normal.Samples, Differences: []Difference{}, Dimensions: []Dimension{},
	}
	if d.NormalMs == nil {
		d.NormalMs = slowlog.Breakdown{}
	}
	for _, x := range in.Differences {
		d.Differences = append(d.Differences, Difference(x))
	}
	for _, x := range in.Dimensions {
		dim := Dimension{Key: x.Key, Rows: []DimensionRow{}}
		for _, row := range x.Rows {
			dim.Rows = append(dim.Rows, DimensionRow{
				Value: row.Value, Count: row.Count, Samples: row.Samples,
				P50Ms: milliseconds(row.P50), P95Ms: milliseconds(row.P95), P99Ms: milliseconds(row.P99),
			})
		}
		d.Dimensions = append(d.Dimensions, dim)
	}
	return d
}
