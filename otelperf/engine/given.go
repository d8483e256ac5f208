// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"math"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/internal/timeline"
	"github.com/otelperf/otelperf-go/slowlog/order"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// Given are the numbers of a time that an Engine does not have: of days ago, say.
type Given struct {
	Rows    []MinuteRow   // one for each endpoint
	Covered time.Duration // that there is of the time
}

// SnapshotGiven is a Snapshot with other numbers, in which what is usual and what is wrong is of now. Endpoints that had no request since
// the start are learning.
func (e *Engine) SnapshotGiven(g Given, histogram bool) *Snapshot {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := &Snapshot{Rows: make([]Row, 0, max(len(e.endpoints), len(g.Rows)))}
	seconds := g.Covered.Seconds()
	given := make(map[conventions.Endpoint]*MinuteRow, len(g.Rows))
	for i := range g.Rows {
		given[g.Rows[i].Endpoint] = &g.Rows[i]
	}
	var all, sum timeline.Aggregate
	add := func(ep *endpoint, r *MinuteRow) {
		sum.Reset()
		if r != nil {
			r.addTo(&sum)
		}
		row := Row{Phase: baseline.Learning, Errors: "learning", Traffic: "normal", Numbers: numbersOf(&sum, seconds)}
		if ep != nil {
			row = e.row(ep, &sum, g.Covered)
		} else {
			row.Endpoint = r.Endpoint
			row.UsualErrors = math.NaN()
			row.countSlow(e.options.SlowFrom, &sum.Durations)
		}
		if r != nil && r.Coarse {
			row.Coarse = true
			row.limit(true, row.Beyond)
		}
		if histogram {
			row.Histogram = histogramOf(&sum)
		}
		s.Rows = append(s.Rows, row)
		if row.Endpoint.Kind.Request() {
			s.Coarse, s.OutcomesUnknown = s.Coarse || row.Coarse, s.OutcomesUnknown || row.OutcomesUnknown
			all.Merge(&sum)
		}
	}
	for ep := range e.all() {
		add(ep, given[ep.name])
		delete(given, ep.name)
		if ep.name.Kind.Request() {
			total := ep.line.Total()
			s.Requests += total.Total()
		}
	}
	for _, r := range given {
		add(nil, r)
	}
	s.Totals = numbersOf(&all, seconds)
	s.Totals.limit(s.Coarse, 0)
	order.By(s.Rows, byName)
	return s
}

func (r *MinuteRow) addTo(t *timeline.Aggregate) {
	t.Outcomes.Add(&r.Outcomes)
	if r.Durations != nil {
		t.Durations.Merge(r.Durations)
	}
}

// Numbers are those of a row that took so long.
func (r *MinuteRow) Numbers(d time.Duration) Numbers {
	var t timeline.Aggregate
	r.addTo(&t)
	n := numbersOf(&t, d.Seconds())
	n.limit(r.Coarse, 0)
	return n
}

// Give puts the durations of a row in the place of those that d has.
func (d *Distribution) Give(r *MinuteRow) {
	d.Durations, d.Quantiles = latency.NewCoarse(), [len(Ranks)]time.Duration{}
	if r.Durations == nil {
		return
	}
	d.Durations.Merge(r.Durations)
	for i, q := range Ranks {
		d.Quantiles[i], _ = r.Durations.Quantile(q)
	}
}
