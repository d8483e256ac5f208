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

// ErrorState is what is known of the failures of an endpoint.
type ErrorState string

// The states of failures.
const (
	ErrorsLearning ErrorState = "learning" // too little is known to say what is usual
	ErrorsNormal   ErrorState = "normal"
	ErrorsElevated ErrorState = "elevated" // a share fails always: usual here, but nothing that is well
	ErrorsFailing  ErrorState = "failing"  // more fail than usual, or a handler panics
)

// TrafficState is what is known of whether an endpoint has requests.
type TrafficState string

// The states of traffic.
const (
	TrafficLearning TrafficState = "learning" // too little is known of this hour to miss requests
	TrafficNormal   TrafficState = "normal"
	TrafficSilent   TrafficState = "silent" // far fewer than usual, or none
)

// errors is the state of the failures of an endpoint, and the usual share of them, NaN while that is not known.
func (ep *endpoint) errors() (ErrorState, float64) {
	s := ep.failing.State(failures.Failed)
	usual := s.Usual
	if s.Learning {
		usual = math.NaN()
	}
	switch {
	case ep.open[Failures] != nil || ep.open[Panics] != nil:
		return ErrorsFailing, usual
	case s.Learning:
		return ErrorsLearning, usual
	case s.Elevated || ep.failing.State(failures.Panics).Elevated:
		return ErrorsElevated, usual
	}
	return ErrorsNormal, usual
}

// trafficState is that of an endpoint; what is never silent is normal.
func (ep *endpoint) trafficState() TrafficState {
	switch {
	case ep.traffic == nil:
		return TrafficNormal
	case ep.traffic.State().Open:
		return TrafficSilent
	case ep.traffic.State().Learning:
		return TrafficLearning
	}
	return TrafficNormal
}
