// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"cmp"
	"slices"
	"strings"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// trendMinutes is how many whole minutes a trend covers.
const trendMinutes = 30

// DetailedRow is an endpoint in a window, with what was asked for besides.
type DetailedRow struct {
	EndpointRow
	Histogram *Histogram `json:"histogram,omitzero"` // with ?histogram=true
	// TrendP99Ms is the p99 of each of the last 30 whole minutes, the oldest first, null where there was no request;
	// with ?trend=true.
	TrendP99Ms []*float64 `json:"trend_p99_ms,omitzero"`
}

// Histogram is the durations of a window in the base-2 exponential buckets of the OpenTelemetry metrics data model: counts[i]
// of them lie in (2^((offset+i)/2^scale), 2^((offset+i+1)/2^scale)] seconds. Histograms of several instances with one scale
// are merged by adding their counts, and quantiles of the sum are true ones.
type Histogram struct {
	Scale  int      `json:"scale"`
	Offset int32    `json:"offset"`
	Count  uint64   `json:"count"`
	SumMs  float64  `json:"sum_ms"`
	Counts []uint64 `json:"counts"`
}

// rowsQuery says which rows are wanted, and what of them.
type rowsQuery struct {
	window           Window
	dependencies     bool
	histogram, trend bool
}

// rows returns the endpoints, or the dependencies, in the order of their names. The lock is not held from one row to the
// next, since a trend takes a while where there are many.
func (e *Engine) rows(q rowsQuery) (rows []DetailedRow, seconds float64) {
	rows = []DetailedRow{}
	e.mu.Lock()
	n := len(e.series)
	seconds = e.covered(q.window).Seconds()
	e.mu.Unlock()
	for id := range n {
		if row, ok := e.detailed(id, q, seconds); ok {
			rows = append(rows, row)
		}
	}
	slices.SortFunc(rows, byName)
	return rows, seconds
}

func (e *Engine) detailed(id int, q rowsQuery, seconds float64) (row DetailedRow, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.series[id]
	if s == nil || !q.wants(s.endpoint.Kind) {
		return row, false
	}
	t := s.in(q.window, e.step, &e.scratch.tally)
	row.EndpointRow = s.row(t, seconds)
	if q.histogram {
		row.Histogram = histogramOf(t)
	}
	if q.trend {
		row.TrendP99Ms = s.trend(e.step/stepsPerMin, &e.scratch.tally)
	}
	return row, true
}

func (q *rowsQuery) wants(k conventions.Kind) bool {
	if q.dependencies {
		return k == conventions.KindDependency
	}
	return k.Request()
}

// histogramOf is nil for no durations.
func histogramOf(t *tally) *Histogram {
	h := &t.durations
	if h.Count() == 0 {
		return nil
	}
	out := &Histogram{Scale: h.Scale(), Count: h.Count(), SumMs: *number(h.SumSeconds() * 1e3)}
	out.Offset, out.Counts = h.AppendCounts(nil)
	return out
}

// trend is the p99 of each whole minute before minute. It uses t.
func (s *series) trend(minute int64, t *tally) []*float64 {
	out := make([]*float64, 0, trendMinutes)
	for n := minute - trendMinutes; n < minute; n++ {
		t.reset()
		s.minutes.get(n).addTo(t)
		var p99 *float64
		if d, ok := t.durations.Quantile(0.99); ok {
			p99 = number(milliseconds(d))
		}
		out = append(out, p99)
	}
	return out
}

func byName(a, b DetailedRow) int {
	return cmp.Or(cmp.Compare(a.Route, b.Route), cmp.Compare(a.Method, b.Method), cmp.Compare(a.Kind, b.Kind))
}

// sortings are what ?sort= accepts. Numbers come largest first, rows without one last.
var sortings = []string{"name", "count", "rate", "errors", "error_rate", "avg", "p50", "p95", "p99", "max", "ratio", "state"}

// sortRows orders rows that are in the order of their names.
func sortRows(rows []DetailedRow, by string) {
	if by == "name" {
		return
	}
	slices.SortStableFunc(rows, func(a, b DetailedRow) int {
		x, y := sortKey(&a, by), sortKey(&b, by)
		switch {
		case x == nil && y == nil:
			return 0
		case x == nil:
			return 1
		case y == nil:
			return -1
		}
		return cmp.Compare(*y, *x)
	})
}

func sortKey(r *DetailedRow, by string) *float64 {
	switch by {
	case "count":
		return new(float64(r.Count))
	case "rate":
		return r.Rate
	case "errors":
		return new(float64(r.ErrorCount))
	case "error_rate":
		return r.ErrorRate
	case "avg":
		return r.AvgMs
	case "p50":
		return r.P50Ms
	case "p95":
		return r.P95Ms
	case "p99":
		return r.P99Ms
	case "max":
		return r.MaxMs
	case "state":
		return new(float64(strings.Index("learning normal spiking", r.State)))
	default:
		return r.Ratio
	}
}
