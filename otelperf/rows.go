// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/companion"
	"github.com/otelperf/otelperf-go/otelperf/internal/units"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/slowlog/order"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// totalsOf is the form of numbers in JSON.
func totalsOf(n *engine.Numbers) Totals {
	out := Totals{
		Count: n.Outcomes.Total(), ErrorCount: n.Outcomes.Failed(), Outcomes: n.Outcomes,
		ByOutcome: map[string]uint64{}, StreamCount: n.Outcomes[slowlog.OutcomeStream], ErrorBound: units.Number(n.ErrorBound),
	}
	for o, count := range n.Outcomes {
		if count > 0 {
			out.ByOutcome[slowlog.Outcome(o).String()] = count
		}
	}
	if n.Seconds > 0 {
		out.Rate = units.Number(float64(out.Count) / n.Seconds)
	}
	if out.Count > 0 {
		out.ErrorRate = units.Number(float64(out.ErrorCount) / float64(out.Count))
	}
	if n.Timed > 0 {
		known := func(d time.Duration) *float64 {
			if !n.Known(d) {
				return nil
			}
			return units.Ms(d)
		}
		if mean, ok := n.Mean(); ok {
			out.AvgMs = units.Number(mean * 1e3)
		}
		out.MinMs, out.MaxMs = known(n.Min), known(n.Max)
		out.P50Ms, out.P90Ms, out.P95Ms, out.P99Ms = known(n.P50), known(n.P90), known(n.P95), known(n.P99)
		if n.Timed >= fewestForP999 {
			out.P999Ms = known(n.P999)
		}
	}
	return out
}

// fewestForP999 is how many durations a p99.9 takes: of fewer it is the longest one.
const fewestForP999 = 1000

// row is the form of an endpoint's row in JSON.
func (m *Monitor) row(r *engine.Row) EndpointRow {
	row := rowOf(r, m.detector())
	row.RepeatedCalls = m.repeatedCalls(r.Endpoint)
	return row
}

// rowOf is a row of an engine that judges by a detector's configuration.
func rowOf(r *engine.Row, by *baseline.Config) EndpointRow {
	row := EndpointRow{
		Method: r.Endpoint.Method, Route: r.Endpoint.Route, Kind: r.Endpoint.Kind.String(), Totals: totalsOf(&r.Numbers),
		BaselineP99Ms: units.KnownMs(r.BaselineP99), State: r.Phase.String(), Needed: r.Needed,
		ThresholdMs: units.Milliseconds(r.SlowFrom),
	}
	row.ErrorState, row.UsualErrorRate, row.TrafficState = r.Errors, units.Number(r.UsualErrors), r.Traffic
	row.Impact = *units.Number(r.Impact)
	row.Coarse, row.OutcomesUnknown = r.Coarse, r.OutcomesUnknown
	if ratio, quantile, ok := ratioOf(r); ok {
		row.Ratio, row.RatioQuantile = units.Number(ratio), units.Number(quantile)
		if r.Phase == baseline.Normal && ratio >= by.Ratio && r.P99 >= by.Floor {
			row.State = stateElevated
		}
	}
	row.missing(r)
	return row
}

// missing says what is missing until requests are judged, and in about how long it will be there.
func (row *EndpointRow) missing(r *engine.Row) {
	const minute = 60 // shares of failures are learned at its end
	switch {
	case r.Phase != baseline.Learning && r.JudgedIn > 0:
		row.ReadySeconds = units.Number(math.Ceil(r.JudgedIn.Seconds()))
	case r.Phase == baseline.Learning && r.Timed > 0 && r.Seconds > 0:
		row.ReadySeconds = units.Number(math.Ceil(r.GraceLeft.Seconds() + float64(r.Needed)*r.Seconds/float64(r.Timed)))
	}
	switch total := r.Outcomes.Total(); {
	case r.Errors != "learning":
	case r.ErrorsNeeded == 0:
		row.ErrorReadySeconds = new(float64(minute))
	default:
		row.ErrorNeeded = r.ErrorsNeeded
		if total > 0 && r.Seconds > 0 {
			row.ErrorReadySeconds = units.Number(minute * math.Ceil(float64(r.ErrorsNeeded)*r.Seconds/float64(total)/minute))
		}
	}
}

// stateElevated is the state of a row whose p99 in the window is above the ratio, and above the floor, while no spike is open.
const stateElevated = "elevated"

// ratioOf is how many times a quantile is what it normally is, and which quantile: p99 in the window, or while a spike is open the one
// that fired, in the worst minute of the spike. It is of what the state of the row is of.
func ratioOf(r *engine.Row) (ratio, quantile float64, ok bool) {
	if r.Spike != nil && r.Spike.Worst.Ratio > 0 {
		return r.Spike.Worst.Ratio, r.Spike.Evidence.Quantile, true
	}
	if r.BaselineP99 > 0 && r.Timed > 0 {
		return float64(r.P99) / float64(r.BaselineP99), 0.99, true
	}
	return 0, 0, false
}

// detailedRow is an endpoint in a window, with what was asked for besides.
type detailedRow struct {
	EndpointRow
	Histogram *histogram `json:"histogram,omitzero"` // with ?histogram=true
	// TrendP99Ms is the p99 of each of the last 30 whole minutes, the oldest first, null where there was no request;
	// with ?trend=true.
	TrendP99Ms []*float64 `json:"trend_p99_ms,omitzero"`
	Usual      *usual     `json:"usual,omitzero"` // with ?usual=true
}

// histogram is an engine.Histogram in JSON. Those of several instances with one scale are merged by adding their counts, and
// quantiles of the sum are true ones.
type histogram struct {
	Scale  int      `json:"scale"`
	Offset int32    `json:"offset"`
	Count  uint64   `json:"count"`
	SumMs  float64  `json:"sum_ms"`
	Counts []uint64 `json:"counts"`
}

func (m *Monitor) detailedRow(r *engine.Row) detailedRow {
	out := detailedRow{EndpointRow: m.row(r)}
	if h := r.Histogram; h != nil {
		out.Histogram = &histogram{Scale: h.Scale, Offset: h.Offset, Count: h.Count, SumMs: *units.Number(h.SumSeconds * 1e3), Counts: h.Counts}
	}
	for _, p99 := range r.Trend {
		var ms *float64
		if p99 > 0 {
			ms = units.Number(units.Milliseconds(p99))
		}
		out.TrendP99Ms = append(out.TrendP99Ms, ms)
	}
	return out
}

// wantsOf are the kinds of rows that a query wants.
func wantsOf(q *companion.RowsQuery) func(conventions.Kind) bool {
	if q.Dependencies {
		return func(k conventions.Kind) bool { return k == conventions.KindDependency }
	}
	return conventions.Kind.Request
}

// listRows are the rows of this instance or of the fleet.
func (m *Monitor) listRows(q companion.RowsQuery, list *rowList) ([]detailedRow, error) {
	if q.Fleet {
		return m.fleet.rows(&q, list), nil
	}
	return m.rows(q, list)
}

// rows fills in the rows that a query wants, how many there are of that sort, and the time that they are of.
func (m *Monitor) rows(q companion.RowsQuery, list *rowList) (rows []detailedRow, err error) {
	m.evaluate()
	wants := wantsOf(&q)
	var found []engine.Row
	var covered engine.Covered
	if _, _, long := m.beyond(q.Period); long {
		if found, covered, list.Stored, err = m.longRows(&q, wants); err != nil {
			return nil, err
		}
	} else {
		found, covered = m.engine.Rows(engine.Query{Window: Window(q.Window).of(), From: q.From, To: q.To, Wants: wants, Histogram: q.Histogram, Trend: q.Trend})
	}
	if q.Window == "" {
		incidents, spikes, note := m.happened(covered, list.Stored.Read())
		list.Stored.Add(note)
		judgeThen(found, incidents, spikes)
	}
	list.Stored = cmp.Or(list.Stored, m.ownStored(q.Period, covered))
	sortRows(found, q.Sort)
	rows = []detailedRow{}
	for i := range found[:min(len(found), q.Limit)] {
		row := m.detailedRow(&found[i])
		if q.Window == "" {
			row.ofThen()
		}
		rows = append(rows, row)
	}
	if q.Usual {
		list.UsualNote = m.addUsual(q.Period, rows, found)
	}
	list.Count, list.fixedTime, list.WindowSeconds = len(found), m.fixedTimeOf(q.Period, covered), covered.Length().Seconds()
	return rows, err
}

// sortings are what ?sort= accepts, and by which number of a row each sorts; ok is false where a row has none. Rows come by name, or
// the largest first and those without a number last; by impact those in an open incident before all others.
var sortings = []struct {
	name string
	key  func(*engine.Row) (x float64, ok bool)
}{
	{"name", nil},
	{"count", func(r *engine.Row) (float64, bool) { return float64(r.Outcomes.Total()), true }},
	{"rate", func(r *engine.Row) (float64, bool) { return float64(r.Outcomes.Total()), r.Seconds > 0 }}, // all rows have the same seconds
	{"errors", func(r *engine.Row) (float64, bool) { return float64(r.Outcomes.Failed()), true }},
	{"error_rate", func(r *engine.Row) (float64, bool) {
		return float64(r.Outcomes.Failed()) / float64(r.Outcomes.Total()), r.Outcomes.Total() > 0
	}},
	{"avg", func(r *engine.Row) (float64, bool) { return r.Mean() }},
	{"p50", func(r *engine.Row) (float64, bool) { return float64(r.P50), r.Timed > 0 }},
	{"p95", func(r *engine.Row) (float64, bool) { return float64(r.P95), r.Timed > 0 }},
	{"p99", func(r *engine.Row) (float64, bool) { return float64(r.P99), r.Timed > 0 }},
	{"max", func(r *engine.Row) (float64, bool) { return float64(r.Max), r.Timed > 0 }},
	{"ratio", func(r *engine.Row) (float64, bool) {
		ratio, _, ok := ratioOf(r)
		return ratio, ok
	}},
	{"impact", func(r *engine.Row) (float64, bool) { return r.Impact, true }},
	{"state", func(r *engine.Row) (float64, bool) {
		return float64(slices.Index([]baseline.Phase{baseline.Learning, baseline.Normal, baseline.Spiking}, r.Phase)), true
	}},
}

func sortingNames() (names []string) {
	for _, s := range sortings {
		names = append(names, s.name)
	}
	return names
}

// sortRows orders rows that are in the order of their names.
func sortRows(rows []engine.Row, by string) {
	for _, s := range sortings {
		if s.name != by || s.key == nil {
			continue
		}
		order.By(rows, func(a, b *engine.Row) int {
			x, hasX := s.key(a)
			y, hasY := s.key(b)
			switch {
			case s.name == "impact" && a.InIncident() != b.InIncident():
				if a.InIncident() {
					return -1
				}
				return 1
			case hasX && hasY:
				return cmp.Compare(y, x)
			case hasX:
				return -1
			case hasY:
				return 1
			}
			return 0
		})
	}
}
