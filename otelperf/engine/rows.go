// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"cmp"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/internal/timeline"
	"github.com/otelperf/otelperf-go/slowlog/order"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// TrendMinutes is how many whole minutes a trend covers.
const TrendMinutes = 30

// Row is one endpoint in a window.
type Row struct {
	Endpoint conventions.Endpoint // it is of
	Numbers
	BaselineP99  time.Duration  // what p99 normally is; 0 while that is not known
	Phase        baseline.Phase // learning, normal or spiking
	Spike        *Part          // in the open incident of its latency; nil for none
	Errors       string         // of its failures: learning, normal, elevated (a share fails always, which is usual here) or failing
	UsualErrors  float64        // the share that usually fails, 0 to 1; NaN while that is not known
	ErrorsNeeded uint64         // requests missing for that, while it is learned; 0 if the end of the minute tells
	Traffic      string         // learning, normal, or silent: far fewer requests than usual at this hour; of what is no request, normal
	Needed       uint64         // requests missing for a baseline p99, while learning
	GraceLeft    time.Duration  // how long requests will still not be learned from
	JudgedIn     time.Duration  // how long they will still not be judged, since the start or after a silence
	SlowFrom     time.Duration  // of Options.SlowFrom; 0 without one
	Slow         uint64         // of Timed: those longer than SlowFrom, each within ErrorBound; 0 without one
	// Impact is what it costs those who call it, in milliseconds a second: the time that requests took beyond the usual p99, or beyond
	// SlowFrom while that is not known; SlowFrom for each that failed; and 1 % of all their time.
	Impact float64
	// Weight is how many requests each of Timed stands for, on average: 1 where all came. Outcomes count what they stand for.
	Weight float64
	Coarse bool // durations came from buckets wider than ours
	// OutcomesUnknown marks requests beyond the cardinality limit of an SDK: how they ended is not known, and counts as ok.
	OutcomesUnknown bool

	Histogram *Histogram      // nil unless it was asked for and there are durations
	Trend     []time.Duration // p99 of the last TrendMinutes whole minutes, the oldest first, 0 for none; nil unless asked for
}

// Histogram is durations in the base-2 exponential buckets of the OpenTelemetry metrics data model: Counts[i] of them lie in
// (2^((Offset+i)/2^Scale), 2^((Offset+i+1)/2^Scale)] seconds.
type Histogram struct {
	Scale      int      // 6, or 5 where a window was too wide for its memory
	Offset     int32    // index of the first bucket
	Count      uint64   // sum of Counts
	SumSeconds float64  // sum of the durations
	Counts     []uint64 // no bucket at either end is empty
}

// Query says which rows are wanted, and what of them.
type Query struct {
	Window    Window                      // that the numbers cover
	From, To  time.Time                   // if To is not zero: that they cover, in place of Window; see Period
	Wants     func(conventions.Kind) bool // nil: all
	Histogram bool                        // with Row.Histogram
	Trend     bool                        // with Row.Trend
	// Once says that nobody will ask for this window again soon: it is put together from the history, and no memory is spent
	// on having it ready the next time.
	Once bool
}

// Rows returns rows in the order of their names, and the time that they really are of. The lock is not held from one row to
// the next, since a trend takes a while where there are many.
func (e *Engine) Rows(q Query) (rows []Row, covered Covered) { return e.rows(&q, nil) }

// Together returns Rows, and the numbers of all of them in one.
func (e *Engine) Together(q Query) (rows []Row, totals Numbers) {
	var all timeline.Aggregate
	rows, covered := e.rows(&q, &all)
	totals = numbersOf(&all, covered.Length().Seconds())
	coarse, beyond := false, time.Duration(0)
	for i := range rows {
		coarse, beyond = coarse || rows[i].Coarse, earlier(beyond, rows[i].Beyond)
	}
	totals.limit(coarse, beyond)
	return rows, totals
}

func (e *Engine) rows(q *Query, all *timeline.Aggregate) (rows []Row, covered Covered) {
	e.mu.Lock()
	n := len(e.endpoints)
	covered = e.coveredBy(q.period())
	e.mu.Unlock()
	var sum timeline.Aggregate
	for id := range n {
		if row, ok := e.rowOf(id, q, covered.Length(), &sum, all); ok {
			rows = append(rows, row)
		}
	}
	order.By(rows, byName)
	return rows, covered
}

func byName(a, b *Row) int {
	return cmp.Or(cmp.Compare(a.Endpoint.Route, b.Endpoint.Route), cmp.Compare(a.Endpoint.Method, b.Endpoint.Method), cmp.Compare(a.Endpoint.Kind, b.Endpoint.Kind))
}

func (q *Query) period() *Period { return &Period{Window: q.Window, From: q.From, To: q.To} }

func (e *Engine) rowOf(id int, q *Query, covered time.Duration, sum, all *timeline.Aggregate) (Row, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	ep := e.endpoints[id]
	if ep == nil || q.Wants != nil && !q.Wants(ep.name.Kind) {
		return Row{}, false
	}
	t := &e.scratch.Aggregate
	if q.Once && q.To.IsZero() {
		t.Reset()
		ep.line.Collect(q.Window.span(), e.step, t)
	} else {
		t = e.sum(ep, q.period(), sum)
	}
	if all != nil {
		all.Merge(t)
	}
	row := e.row(ep, t, covered)
	if q.Histogram {
		row.Histogram = histogramOf(t)
	}
	if q.Trend {
		row.Trend = e.trend(ep)
	}
	return row, true
}

func (e *Engine) row(ep *endpoint, t *timeline.Aggregate, covered time.Duration) Row {
	state := ep.detector.State()
	row := Row{
		Endpoint: ep.name, Numbers: ep.numbers(t, covered.Seconds()), Coarse: ep.coarse, OutcomesUnknown: ep.unknown, Weight: ep.weight(),
		Phase: state.Phase, Needed: state.Needed, GraceLeft: state.GraceLeft, JudgedIn: state.JudgedIn, BaselineP99: ep.baselineP99(),
	}
	row.errors(ep)
	row.Traffic = ep.trafficState()
	row.countSlow(e.options.SlowFrom, &t.Durations)
	row.Impact = row.impact(&t.Durations)
	if ep.part != nil {
		row.Spike = new(ep.part.Part)
	}
	if _, waits := ep.unconfirmed[Latency]; waits {
		row.Phase = baseline.Normal
		if state.Needed > 0 {
			row.Phase = baseline.Learning
		}
	}
	return row
}

// histogramOf is nil for no durations.
func histogramOf(t *timeline.Aggregate) *Histogram {
	h := &t.Durations
	if h.Count() == 0 {
		return nil
	}
	out := &Histogram{Scale: h.Scale(), Count: h.Count(), SumSeconds: h.SumSeconds()}
	out.Offset, out.Counts = h.AppendCounts(nil)
	return out
}

func (e *Engine) trend(ep *endpoint) []time.Duration {
	out := make([]time.Duration, 0, TrendMinutes)
	for t := range ep.line.Minutes(TrendMinutes, e.step, &e.scratch.Aggregate) {
		p99, _ := t.Durations.Quantile(0.99)
		out = append(out, p99)
	}
	return out
}

// Snapshot is all endpoints in one window as of the last Advance.
type Snapshot struct {
	Window   Window  // that was asked for
	Covered          // that the numbers are of
	Requests uint64  // since the start or the last reset, dependencies and jobs aside
	Totals   Numbers // of the requests in the window; its quantiles are those of all of them together
	Coarse   bool    // some durations of requests came from buckets wider than ours
	// OutcomesUnknown marks requests whose outcome is not known, and counts as ok.
	OutcomesUnknown bool
	Rows            []Row // in the order of their names
}

// Slow is how many of the requests took longer than is slow for their endpoints now. See Row.Slow.
func (s *Snapshot) Slow() (n uint64) {
	for i := range s.Rows {
		if s.Rows[i].Endpoint.Kind.Request() {
			n += s.Rows[i].Slow
		}
	}
	return n
}

// Snapshot returns all rows of a window and the totals of the requests among them, of one moment.
func (e *Engine) Snapshot(w Window) *Snapshot { return e.SnapshotOf(Period{Window: w}) }

// SnapshotOf is the Snapshot of a period. With a fixed time the numbers are of that time, and what is usual and what is wrong of now.
func (e *Engine) SnapshotOf(p Period) *Snapshot {
	e.mu.Lock()
	defer e.mu.Unlock()
	covered := e.coveredBy(&p)
	s := &Snapshot{Window: p.Window, Covered: covered, Rows: make([]Row, 0, len(e.endpoints))}
	var all, sum timeline.Aggregate
	var beyond time.Duration
	for ep := range e.all() {
		t := e.sum(ep, &p, &sum)
		s.Rows = append(s.Rows, e.row(ep, t, covered.Length()))
		if ep.name.Kind.Request() {
			total := ep.line.Total()
			s.Requests += total.Total()
			s.Coarse, beyond = s.Coarse || ep.coarse, earlier(beyond, ep.beyond)
			s.OutcomesUnknown = s.OutcomesUnknown || ep.unknown
			all.Merge(t)
		}
	}
	s.Totals = numbersOf(&all, covered.Length().Seconds())
	s.Totals.limit(s.Coarse, beyond)
	order.By(s.Rows, byName)
	return s
}
