// SPDX-License-Identifier: Apache-2.0

package timeline

import (
	"iter"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// Byte caps of what is sealed. A minute or step over its cap is kept at 1.1 % instead of 0.55 %. MaxBytes is the most that one Line
// takes: where durations are spread so widely that their live buckets are large, the caps shrink.
const (
	stepCap   = 360
	minuteCap = 480
	minCap    = 160
	allCap    = 8 << 10
	MaxBytes  = 40 << 10
)

// Line is everything that one endpoint did, at most MaxBytes. It is not safe for concurrent use.
type Line struct {
	running Aggregate // the running step
	steps   ring      // whole steps before it
	minutes ring      // whole minutes before the running one
	all     sealed    // all whole minutes since the start or reset
	total   slowlog.OutcomeCounts
	cached  cached
}

// NewLine returns an empty line.
func NewLine() *Line { return &Line{steps: newRing(KeptSteps), minutes: newRing(KeptMinutes)} }

// Scratch is memory that the lines of one owner share, one call at a time.
type Scratch struct {
	Aggregate Aggregate
	buf       []byte
}

// Add takes in what came in the running step.
func (l *Line) Add(durations *latency.Histogram, outcomes *slowlog.OutcomeCounts) {
	l.running.Durations.Merge(durations)
	l.running.Outcomes.Add(outcomes)
	if l.cached.valid {
		l.cached.aggregate.Durations.Merge(durations)
		l.cached.aggregate.Outcomes.Add(outcomes)
	}
	l.total.Add(outcomes)
}

// Absorb adds all that another line has; both are at the same step.
func (l *Line) Absorb(o *Line, x *Scratch) {
	l.running.Merge(&o.running)
	l.total.Add(&o.total)
	l.steps.absorb(&o.steps, l.limit(stepCap), x)
	l.minutes.absorb(&o.minutes, l.limit(minuteCap), x)
	x.Aggregate.Reset()
	l.all.addTo(&x.Aggregate)
	o.all.addTo(&x.Aggregate)
	if !x.Aggregate.empty() {
		l.all = x.Aggregate.seal(l.all, allCap, &x.buf)
	}
	l.cached.drop()
}

// Total is the number of requests since the start or the last reset, by outcome.
func (l *Line) Total() slowlog.OutcomeCounts { return l.total }

// EndStep closes the running step, whose number is step, and with endMinute its minute, too.
func (l *Line) EndStep(step int64, endMinute bool, x *Scratch) {
	l.slide(endMinute)
	if !l.running.empty() {
		l.steps.put(step, &l.running, l.limit(stepCap), &x.buf)
		l.running.Reset()
	}
	if !endMinute {
		return
	}
	minute := step / StepsPerMinute
	x.Aggregate.Reset()
	l.steps.addRange(minute*StepsPerMinute, (minute+1)*StepsPerMinute, &x.Aggregate)
	if x.Aggregate.empty() {
		return
	}
	l.minutes.put(minute, &x.Aggregate, l.limit(minuteCap), &x.buf)
	l.all.addTo(&x.Aggregate)
	l.all = x.Aggregate.seal(l.all, allCap, &x.buf)
}

// limit is the byte cap of a step or minute: the usual one, or an equal part of what the live buckets leave.
func (l *Line) limit(usual int) int {
	left := (MaxBytes - l.running.Durations.Bytes() - l.cached.bytes() - cap(l.all) - 4<<10) / (KeptSteps + KeptMinutes)
	return max(minCap, min(usual, left))
}

// Collect adds what was done in a span to t. step is the number of the running step.
func (l *Line) Collect(s Span, step int64, t *Aggregate) {
	minute := step / StepsPerMinute
	switch {
	case s.Steps > 0:
		l.steps.addRange(step-s.Steps, step, t)
	case s.Minutes > 0:
		l.minutes.addRange(minute-s.Minutes, minute, t)
		l.steps.addRange(minute*StepsPerMinute, step, t)
	default:
		l.all.addTo(t)
		l.steps.addRange(minute*StepsPerMinute, step, t)
	}
	t.Merge(&l.running)
}

// WholeMinutes adds the whole minutes before the running one to t, at most n.
func (l *Line) WholeMinutes(n, step int64, t *Aggregate) {
	minute := step / StepsPerMinute
	l.minutes.addRange(minute-n, minute, t)
}

// Minute adds the minute of this number to t: a whole one that is still there, or the running one.
func (l *Line) Minute(minute, step int64, t *Aggregate) {
	if minute != step/StepsPerMinute {
		l.minutes.addRange(minute, minute+1, t)
		return
	}
	l.steps.addRange(minute*StepsPerMinute, step, t)
	t.Merge(&l.running)
}

// Minutes yields the last n whole minutes, the oldest first, each in t until the next. One without a request is empty.
func (l *Line) Minutes(n, step int64, t *Aggregate) iter.Seq[*Aggregate] {
	return func(yield func(*Aggregate) bool) {
		minute := step / StepsPerMinute
		for at := minute - n; at < minute; at++ {
			t.Reset()
			l.minutes.get(at).addTo(t)
			if !yield(t) {
				return
			}
		}
	}
}

// Point is one unit of a span.
type Point struct {
	Begin, Seconds int64 // unix seconds, and how long the whole unit is
	Aggregate      *Aggregate
}

// Points yields units in their order. Each aggregate is t, until the next. step is the number of the running step.
func (l *Line) Points(u Units, step int64, t *Aggregate) iter.Seq[Point] {
	return func(yield func(Point) bool) {
		now, kept := u.running(step), &l.minutes
		if u.Seconds == StepSeconds {
			kept = &l.steps
		}
		for n := u.First; n <= u.Last; n++ {
			t.Reset()
			kept.get(n).addTo(t)
			if n == now {
				if u.Seconds != StepSeconds {
					l.steps.addRange(now*StepsPerMinute, step, t)
				}
				t.Merge(&l.running)
			}
			if !yield(Point{Begin: n * u.Seconds, Seconds: u.Seconds, Aggregate: t}) {
				return
			}
		}
	}
}

// Shift renumbers the past by so many minutes, for a clock that was set.
func (l *Line) Shift(minutes int64) {
	l.steps.shift(minutes * StepsPerMinute)
	l.minutes.shift(minutes)
	l.cached.drop()
}

// Reset forgets everything.
func (l *Line) Reset() {
	l.running.Reset()
	l.steps.clear()
	l.minutes.clear()
	l.all = l.all[:0]
	l.cached.drop()
	l.total = slowlog.OutcomeCounts{}
}

// Bytes is the memory that l holds.
func (l *Line) Bytes() int {
	return l.running.Durations.Bytes() + l.cached.bytes() + l.steps.bytes() + l.minutes.bytes() + cap(l.all) + 300
}
