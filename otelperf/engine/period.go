// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/timeline"
)

// Period is the time that is looked at: a window, or what lies from From up to To if To is not zero. A fixed time is as long as the
// whole minutes, or steps of ten seconds where it is within those, that hold it, as far as they are stored.
type Period struct {
	Window Window    // if To is zero
	From   time.Time // included
	To     time.Time // excluded
}

func (p *Period) units(step int64) timeline.Units {
	if p.To.IsZero() {
		return p.Window.span().Units(step)
	}
	return timeline.Between(p.From.Unix(), p.To.Unix(), step)
}

// Stored is the time that a period can be of: at most the last hour, and no more than since the start or the last reset.
func (e *Engine) Stored() (from, to time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	u := All.span().Units(e.step)
	return later(time.Unix(u.First*u.Seconds, 0), e.began), e.now
}

// points yields what an endpoint did in a period, the oldest first. Each aggregate is valid until the next.
func (e *Engine) points(ep *endpoint, p *Period, use func(from, to time.Time, t *timeline.Aggregate)) {
	u := p.units(e.step).Since(e.began.Unix())
	for x := range ep.line.Points(u, e.step, &e.scratch.Aggregate) {
		from, to := later(time.Unix(x.Begin, 0), e.began), time.Unix(x.Begin+x.Seconds, 0)
		if to.After(e.now) {
			to = e.now
		}
		use(from, to, x.Aggregate)
	}
}

// Covered is the time that numbers of a period really are of. Where nothing of it is stored, it is what was asked for, and all of it missing.
type Covered struct {
	From    time.Time     // included
	To      time.Time     // excluded
	Missing time.Duration // of it, of which nothing is stored
}

// Length is how much of it is stored; 0 if nothing is.
func (c Covered) Length() time.Duration { return c.To.Sub(c.From) - c.Missing }

// coveredBy is what there is of a period by now.
func (e *Engine) coveredBy(p *Period) (c Covered) {
	if p.To.IsZero() {
		return Covered{From: e.now.Add(-e.covered(p.Window)), To: e.now}
	}
	u := p.units(e.step).Since(e.began.Unix())
	c.From, c.To = later(time.Unix(u.First*u.Seconds, 0), e.began), time.Unix((u.Last+1)*u.Seconds, 0)
	if c.To.After(e.now) {
		c.To = e.now
	}
	if !c.From.Before(c.To) {
		return NothingOf(p.From, p.To, e.now)
	}
	return c
}

// NothingOf is a time of which nothing is stored, in whole minutes and no longer than up to now, unless all of it is to come.
func NothingOf(from, to, now time.Time) Covered {
	c := Covered{From: from.Truncate(time.Minute), To: to.Add(time.Minute - 1).Truncate(time.Minute)}
	if c.From.Before(now) && c.To.After(now) {
		c.To = now
	}
	c.Missing = c.To.Sub(c.From)
	return c
}

// sum is what an endpoint did in a period, valid until the next; into is memory for it.
func (e *Engine) sum(ep *endpoint, p *Period, into *timeline.Aggregate) *timeline.Aggregate {
	if p.To.IsZero() {
		return ep.line.Window(p.Window.span(), e.step, &e.scratch.Aggregate)
	}
	into.Reset()
	e.points(ep, p, func(_, _ time.Time, t *timeline.Aggregate) { into.Merge(t) })
	return into
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// find is nil for an endpoint that had no request. kind tells those apart that share method and route, by the name of a
// [conventions.Kind], and may be "".
func (e *Engine) find(method, route, kind string) *endpoint {
	for ep := range e.all() {
		if ep.name.Method == method && ep.name.Route == route && (kind == "" || ep.name.Kind.String() == kind) {
			return ep
		}
	}
	return nil
}
