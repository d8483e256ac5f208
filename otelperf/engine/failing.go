// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"math"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/internal/failures"
)

// alarmOther takes in what has raised one that is not about latency, the first or another one.
func (e *Engine) alarmOther(ep *endpoint, p *part, ev *baseline.Event) {
	p.found, p.ep, p.since, p.above = e.elapsed, ep, ev.Start, math.MaxInt
	p.lastRequest, p.busy = e.now, e.elapsed
	if ep.budget != nil {
		p.Budget = ep.budget.burning
	}
	p.soFar(*ev)
	p.Last = Moment{Time: ev.Start, Requests: ev.N, Failed: ev.Above, Ratio: ev.Ratio}
	p.compare(true)
}

// lookAtShare takes the last minute of a part that is about bad requests.
func (e *Engine) lookAtShare(p *part) {
	span, t := Minute.span(), &e.scratch.Aggregate
	t.Reset()
	p.ep.line.Collect(span, e.step, t)
	c := failures.Of(&t.Outcomes)
	bad := c.Failed
	switch p.Matter {
	case ClientErrors:
		bad = c.ClientErrors
	case Panics:
		bad = c.Panics
	}
	if c.Requests == 0 {
		return
	}
	_, usual := p.Share()
	p.Last = Moment{
		Time: span.Begin(e.step), Requests: c.Requests, Failed: bad, Ratio: float64(bad) / float64(c.Requests) / max(usual, leastUsual),
	}
	p.compare(bad >= enough)
}

// What Row.Errors and Row.Traffic say.
const (
	learning = "learning"
	normal   = "normal"
	elevated = "elevated"
	failing  = "failing"
	silent   = "silent"
)

// errors sets what a row says of the failures of its endpoint.
func (r *Row) errors(ep *endpoint) {
	s := ep.failing.State(failures.Failed)
	r.Errors, r.UsualErrors, r.ErrorsNeeded = normal, s.Usual, s.Needed
	if s.Learning {
		r.UsualErrors = math.NaN()
	}
	switch {
	case ep.open[Failures] != nil || ep.open[Panics] != nil:
		r.Errors = failing
	case s.Learning:
		r.Errors = learning
	case s.Elevated || ep.failing.State(failures.Panics).Elevated:
		r.Errors = elevated
	}
}

// trafficState is that of an endpoint; what is never silent is normal.
func (ep *endpoint) trafficState() string {
	switch {
	case ep.traffic == nil:
		return normal
	case ep.traffic.State().Open:
		return silent
	case ep.traffic.State().Learning:
		return learning
	}
	return normal
}
