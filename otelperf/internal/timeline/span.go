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

// unit is the number of the running unit of the span, how many whole ones are shown before it, and their length in seconds.
func (s Span) unit(step int64) (now, whole, seconds int64) {
	if s.Steps > 0 {
		return step, s.Steps, StepSeconds
	}
	if s.Minutes > 0 {
		return step / StepsPerMinute, s.Minutes, 60
	}
	return step / StepsPerMinute, KeptMinutes, 60
}
