// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"cmp"
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// Summarize fills the numbers of a summary for window w as of the last Advance: totals, rows and baselines. Quantiles
// of the totals are those of all requests together.
func (e *Engine) Summarize(w Window) *Summary {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := &Summary{
		Window: w, WindowSeconds: e.covered(w).Seconds(),
		EndpointBreakdown: map[string]Breakdown{},
		Endpoints:         []EndpointRow{}, Dependencies: []EndpointRow{}, Jobs: []EndpointRow{},
		SlowQueries: []SlowRequest{}, Spikes: e.spikes.list(),
	}
	var all tally
	for _, sr := range e.series {
		if sr != nil {
			e.summarize(s, sr, &all)
		}
	}
	coarse := s.Coarse
	s.Totals = totalsOf(&all, s.WindowSeconds)
	s.Coarse = coarse
	s.AvgResponseTime, s.P50, s.P95, s.P99 = s.AvgMs, s.P50Ms, s.P95Ms, s.P99Ms
	for _, rows := range [][]EndpointRow{s.Endpoints, s.Dependencies, s.Jobs} {
		slices.SortFunc(rows, func(a, b EndpointRow) int {
			return cmp.Or(cmp.Compare(a.Route, b.Route), cmp.Compare(a.Method, b.Method), cmp.Compare(a.Kind, b.Kind))
		})
	}
	return s
}

// summarize adds one endpoint to s, and to all if it is one of requests.
func (e *Engine) summarize(s *Summary, sr *series, all *tally) {
	t := sr.in(s.Window, e.step, &e.scratch.tally)
	row := sr.row(t, s.WindowSeconds)
	switch {
	case sr.endpoint.Kind == conventions.KindDependency:
		s.Dependencies = append(s.Dependencies, row)
	case !sr.endpoint.Kind.Request():
		s.Jobs = append(s.Jobs, row)
	default:
		s.TotalRequests += sr.total.Total()
		s.Endpoints = append(s.Endpoints, row)
		s.EndpointBreakdown[row.Name()] = Breakdown{Avg: row.AvgMs, Count: row.Count, Min: row.MinMs, Max: row.MaxMs}
		s.Coarse = s.Coarse || row.Coarse
		all.merge(t)
	}
}

// covered is how long window w really is by now.
func (e *Engine) covered(w Window) time.Duration {
	begin := w.begin(e.step)
	if begin.Before(e.began) {
		begin = e.began
	}
	return e.now.Sub(begin)
}

func (sr *series) row(t *tally, seconds float64) EndpointRow {
	row := EndpointRow{
		Method: sr.endpoint.Method, Route: sr.endpoint.Route, Kind: sr.endpoint.Kind.String(),
		Totals: totalsOf(t, seconds), endpoint: sr.endpoint,
	}
	row.Coarse = sr.coarse
	state := sr.detector.State()
	row.State, row.Needed = state.Phase.String(), state.Needed
	if p99, ok := sr.baselineP99(); ok {
		row.BaselineP99Ms = msPointer(p99)
		if row.P99Ms != nil && p99 > 0 {
			row.Ratio = number(*row.P99Ms / milliseconds(p99))
		}
	}
	return row
}

// baselineP99 is known once the detector has learned enough for it.
func (sr *series) baselineP99() (time.Duration, bool) {
	if sr.detector.State().Phase == baseline.Learning {
		return 0, false
	}
	return sr.detector.Quantile(0.99)
}

var summaryQuantiles = []float64{0.5, 0.95, 0.99}

func totalsOf(t *tally, seconds float64) Totals {
	h := &t.durations
	out := Totals{
		Count: t.outcomes.Total(), ErrorCount: t.outcomes.Failed(), Outcomes: t.outcomes,
		ByOutcome: map[string]uint64{}, StreamCount: t.outcomes[slowlog.OutcomeStream], ErrorBound: h.ErrorBound(),
	}
	for o, n := range t.outcomes {
		if n > 0 {
			out.ByOutcome[slowlog.Outcome(o).String()] = n
		}
	}
	if seconds > 0 {
		out.Rate = number(float64(out.Count) / seconds)
	}
	if out.Count > 0 {
		out.ErrorRate = number(float64(out.ErrorCount) / float64(out.Count))
	}
	var q [3]time.Duration
	if h.Quantiles(q[:], summaryQuantiles) {
		out.AvgMs, out.MinMs, out.MaxMs = number(h.SumSeconds()*1e3/float64(h.Count())), msPointer(h.Min()), msPointer(h.Max())
		out.P50Ms, out.P95Ms, out.P99Ms = msPointer(q[0]), msPointer(q[1]), msPointer(q[2])
	}
	return out
}
