// SPDX-License-Identifier: Apache-2.0

// Package timeline keeps what one endpoint did over time: the running ten seconds, whole steps of ten seconds, whole minutes, and all
// since the start, and adds any window of them up. It has no clock: steps are numbered since 1970 by whoever drives it.
package timeline

import "time"

// The units that windows are made of.
const (
	StepSeconds    = 10 // length of a step
	StepsPerMinute = 60 / StepSeconds
	KeptSteps      = 6  // whole steps
	KeptMinutes    = 60 // whole minutes
)

// Span is a window in whole units before the running one, and the running one itself: Steps, at most KeptSteps, or Minutes, at most
// KeptMinutes. The zero Span is all since the start or the last reset.
type Span struct{ Steps, Minutes int64 }

// Begin is when the span began whose running step has this number, if nothing else limits it; the zero time for all.
func (s Span) Begin(step int64) time.Time {
	switch {
	case s.Steps > 0:
		return time.Unix((step-s.Steps)*StepSeconds, 0)
	case s.Minutes > 0:
		return time.Unix((step/StepsPerMinute-s.Minutes)*60, 0)
	default:
		return time.Time{}
	}
}

// Units are steps or minutes in a row, by their numbers since 1970. The last one may be running.
type Units struct{ First, Last, Seconds int64 }

// Units are those that a span is made of, whole ones and the running one; for all since the start, as many as are kept. step is the
// number of the running step.
func (s Span) Units(step int64) Units {
	minute := step / StepsPerMinute
	switch {
	case s.Steps > 0:
		return Units{step - s.Steps, step, StepSeconds}
	case s.Minutes > 0:
		return Units{minute - s.Minutes, minute, 60}
	default:
		return Units{minute - KeptMinutes, minute, 60}
	}
}

// Between are the units that hold what is kept of a time, in unix seconds, to excluded: steps if it is all within those, else minutes.
// Without any, Last is before First.
func Between(from, to, step int64) Units {
	if u := (Span{Steps: KeptSteps}).Units(step); from >= u.First*u.Seconds {
		return u.within(from, to)
	}
	return (Span{}).Units(step).within(from, to)
}

func (u Units) within(from, to int64) Units {
	u = u.Since(from)
	u.Last = min(u.Last, (to-1)/u.Seconds)
	return u
}

// Since leaves out the units that end before a time, in unix seconds.
func (u Units) Since(from int64) Units {
	u.First = max(u.First, from/u.Seconds)
	return u
}

// running is the number of the running unit.
func (u Units) running(step int64) int64 { return step * StepSeconds / u.Seconds }
