// SPDX-License-Identifier: Apache-2.0

package baseline

// minuteSum is a CUSUM by the minute: what the seconds of a minute say, for and against, is added up first, and then
// limited. The sum over seconds limits what a bad second adds but not what the good ones take, so that of stalls that
// come back every few seconds it sees those of quiet endpoints only. A limit from above keeps the sum an e-detector:
// it makes the evidence smaller, never larger.
type minuteSum struct{ part, sum float64 }

// close ends a minute, which adds most nats at most.
func (m *minuteSum) close(most, alarm float64) {
	m.sum = min(max(m.sum+min(most, m.part), 0), alarm)
	m.part = 0
}

// largest returns the largest of the sums.
func largest(ms *[alternatives]minuteSum) float64 { return max(ms[0].sum, ms[1].sum, ms[2].sum) }

// minuteLength is the least length of a minute in seconds: ticks come with jitter.
const minuteLength = 59.5

// stretch counts the requests since there was last no evidence at all.
type stretch struct {
	since                   float64 // seconds of the clock
	n, above, aboveRecovery float64 // all, above the threshold, above the recovery threshold
}

func (s *stretch) add(o *stretch) {
	s.n += o.n
	s.above += o.above
	s.aboveRecovery += o.aboveRecovery
}

// closeMinutes ends the running minute of every test if it is over. n of its last second is weighed already.
func (d *Detector) closeMinutes() {
	now, t := d.clock.seconds, d.tune
	if now < d.minuteEnd {
		return
	}
	d.minuteEnd = now + minuteLength
	open := d.alarm.cause // of an incident under way: all of it is counted
	d.joint.slow.close(t.alarm/t.minutes, t.alarm)
	for i := range d.levels {
		d.levels[i].closeMinute(t.alarm/t.minutes, t.alarm, now, open.slow && i == open.level)
	}
	d.gradual.closeMinute(t.alarm/t.gradualMinutes, t.alarm, now, open.gradual)
	if d.slow = d.slowEvidence(); d.slow < noise && !d.alarm.open {
		d.slowRun.reset()
	}
}

// slowEvidence returns the largest sum over minutes.
func (d *Detector) slowEvidence() float64 {
	top := max(d.joint.slow.sum, d.gradual.top())
	for i := range d.levels {
		top = max(top, largest(&d.levels[i].slow))
	}
	return top
}
