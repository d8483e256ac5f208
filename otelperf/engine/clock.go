// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/timeline"
)

// pass counts the time since the previous Advance. Where both times have a monotonic part, that is what the wall clock cannot be set by;
// else a step back counts as none. What is compared by age has its times as Engine.elapsed was then.
func (e *Engine) pass(now time.Time) (passed time.Duration) {
	if !e.last.IsZero() {
		passed = max(0, now.Sub(e.last))
	}
	e.last = now
	return passed
}

// forward is from what on the wall clock has been set, if it has moved that much more than time has passed.
const forward = time.Minute

// setForward has what began at the start begin later by as much as the clock was set. The history stays where it is: for all that is
// known the machine may have slept.
func (e *Engine) setForward(ahead time.Duration) {
	if ahead >= forward && !e.began.IsZero() {
		e.began = e.began.Add(ahead)
	}
}

// setBack handles a clock that went back, and returns the time to go on with: the history moves along.
func (e *Engine) setBack(now time.Time) time.Time {
	e.stats.ClockJumpsBack++
	back := e.now.Sub(now)
	if back < time.Minute {
		return e.now
	}
	minutes := int64((back + time.Minute - 1) / time.Minute) // whole ones: what is counted by the minute is then up to a minute older
	for ep := range e.all() {
		ep.line.Shift(-minutes)
		move(-back, &ep.late.at)
	}
	e.step -= minutes * timeline.StepsPerMinute
	e.followed -= minutes * timeline.StepsPerMinute
	e.began, e.now = e.began.Add(-back), e.now.Add(-back)
	for _, in := range e.incidents.all {
		in.move(-back)
	}
	return now
}

// move changes the times of an incident.
func (in *incident) move(by time.Duration) {
	move(by, &in.Start, &in.At, &in.End, &in.Returned)
	for _, p := range in.parts {
		move(by, &p.Start, &p.At, &p.End, &p.since, &p.lastRequest, &p.Evidence.Start, &p.Evidence.At, &p.Again.Start, &p.Again.At, &p.Total.Start, &p.Total.At, &p.lately.Start, &p.lately.At, &p.former.Start, &p.former.At, &p.Worst.Time, &p.Last.Time)
	}
}

func move(by time.Duration, times ...*time.Time) {
	for _, t := range times {
		if !t.IsZero() {
			*t = t.Add(by)
		}
	}
}
