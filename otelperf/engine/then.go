// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/internal/timeline"
	"github.com/otelperf/otelperf-go/slowlog"
)

// IncidentsThen returns the incidents that were open in a fixed time, newest first, as they were at its end: those of their parts that
// were open in it, and of each what was then. What had not ended is open, with EndedLater. Costs, Total, Worst and Last of it are those
// until then, by whole minutes, as far as these are stored; what cannot be counted any more, as of an objective, is that of the alarm.
// Why, WaitsFor and After are what is known of them now.
func (e *Engine) IncidentsThen(c Covered) []Incident {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.incidentsThen(c)
}

func (e *Engine) incidentsThen(c Covered) []Incident {
	all := []Incident{}
	for _, in := range slices.Backward(e.incidents.all) {
		if then := e.then(in, c); len(then.parts) > 0 {
			all = append(all, then.clone())
		}
	}
	return all
}

// then is what an incident was at the end of a fixed time; without parts if it was not open in it.
func (e *Engine) then(in *incident, c Covered) *incident {
	then := *in
	then.parts, then.State, then.End = nil, Ended, time.Time{}
	for _, p := range in.parts {
		if !p.Start.Before(c.To) || !p.End.IsZero() && !p.End.After(c.From) {
			continue
		}
		q := *p
		switch {
		case q.End.IsZero() || !q.End.Before(c.To):
			e.rewind(&q, c.To)
			then.State = Open
		case then.State != Open:
			then.State, then.End = q.State, later(then.End, q.End)
		}
		then.parts = append(then.parts, &q)
	}
	if then.State == Open {
		then.End, then.EndedLater, then.byReset = time.Time{}, in.End, false
	}
	then.messages.grown = true
	then.Examples = slices.DeleteFunc(slices.Clone(in.Examples), func(r Request) bool { return !r.Start.Add(r.Duration).Before(c.To) })
	return &then
}

// rewind makes a copy of a part what it was at a time at which it was open.
func (e *Engine) rewind(p *part, to time.Time) {
	p.State, p.End, p.EndedLater, p.Ending = Open, time.Time{}, p.End, ""
	if p.Returns > 0 && !p.Again.Start.Before(to) {
		p.Returns = 0
	}
	if !to.Before(e.now) || p.Unseen {
		return
	}
	atAlarm := Moment{
		Time: p.Evidence.Start, Requests: p.Evidence.N, Rank: p.Evidence.Quantile, Quantile: p.Evidence.QuantileNow, P99: p.Evidence.Now.P99, Ratio: p.Evidence.Ratio,
	}
	if p.Matter != Latency {
		atAlarm.Failed = p.Evidence.Above
	}
	worst, last, known, all, most := atAlarm, atAlarm, p.Worst, slowlog.OutcomeCounts{}, p.Cost
	p.Cost = p.earlier
	ep := e.find(p.Endpoint.Method, p.Endpoint.Route, p.Endpoint.Kind.String())
	if ep != nil {
		e.points(ep, &Period{From: p.Start, To: to}, func(from, _ time.Time, t *timeline.Aggregate) {
			all.Add(&t.Outcomes)
			p.add(&t.Outcomes, t.Durations.Count(), p.slow(t.Durations.Buckets()))
			if m, ok := p.moment(from, t); ok {
				if last = m; m.Ratio > worst.Ratio {
					worst = m
				}
			}
		})
	}
	if p.Last.Time.Add(time.Minute).After(to) {
		p.Last = last
	}
	if p.Worst = worst; !known.Time.Add(time.Minute).After(to) {
		p.Worst = known // as it was not worse since
	}
	if p.Matter == Latency {
		p.Cost.lower(&most)
		return
	}
	total, share := p.Evidence, 0.0
	if n := p.counts(&all); ep != nil && p.Matter != Objective && p.Total.N > 0 {
		total.N, total.Above = min(p.inherited.N+n.Requests, p.Total.N), min(p.inherited.Above+n.bad, p.Total.Above)
		share = float64(total.N) / float64(p.Total.N)
		total.Expected = p.Total.Expected * share
	}
	p.former = baseline.Event{}
	p.soFar(total)
}

// lower makes no number larger than that of another.
func (c *Cost) lower(o *Cost) {
	*c = Cost{
		min(c.Requests, o.Requests), min(c.Slow, o.Slow), min(c.ExpectedSlow, o.ExpectedSlow), min(c.Failed, o.Failed), min(c.ExpectedFailed, o.ExpectedFailed),
	}
}
