// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"math"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/internal/failures"
	"github.com/otelperf/otelperf-go/otelperf/internal/timeline"
	"github.com/otelperf/otelperf-go/slowlog"
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

// shareMoment is the moment of a part that is about bad requests.
func (p *part) shareMoment(begin time.Time, t *timeline.Aggregate) (m Moment, ok bool) {
	n := p.counts(&t.Outcomes)
	_, usual := p.Share()
	return Moment{
		Time: begin, Requests: n.Requests, Failed: n.bad, Ratio: float64(n.bad) / float64(max(1, n.Requests)) / max(usual, leastUsual),
	}, n.Requests > 0
}

// badCounts are requests, of which so many are what a part is about.
type badCounts struct {
	failures.Counts
	bad uint64
}

func (p *part) counts(done *slowlog.OutcomeCounts) badCounts {
	c := failures.Of(done)
	switch p.Matter {
	case ClientErrors:
		return badCounts{c, c.ClientErrors}
	case Panics:
		return badCounts{c, c.Panics}
	}
	return badCounts{c, c.Failed}
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
