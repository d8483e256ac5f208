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

// A minute is one with a stall if it alone would be an alarm, were it not limited. Such minutes are added up apart: a good
// one takes little, whatever the rate, so that one of three to five is an incident and one of ten is not. Of two in a row
// the second is no other stall.
func (l *level) noteStall(t *tuning, stalled bool) {
	step := -t.alarm / t.stalls / goodPerStall
	if stalled && !l.stalled {
		step = t.alarm / t.stalls
	}
	l.stalled = stalled
	l.stalls = float32(min(max(float64(l.stalls)+step, 0), t.alarm))
}

// goodPerStall is the number of good minutes that undo one with a stall.
const goodPerStall = 8.0

// tallies are requests: all, above the threshold, above the recovery threshold.
type tallies struct{ n, above, aboveRecovery float64 }

// stretch counts the requests since there was last no evidence at all.
type stretch struct {
	since float64 // seconds of the clock
	tallies
}

func (s *tallies) add(o *tallies) {
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
	learned := !d.alarm.open || now-d.alarm.openedAt <= dispersionWithin
	for i := range d.levels {
		l := &d.levels[i]
		if l.on && learned {
			l.dispersion.learn(l.minute.n, l.minute.above)
		} else {
			l.dispersion.skip()
		}
		l.closeMinute(t, now, open.slow && i == open.level)
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
		top = max(top, d.levels[i].byMinutes())
	}
	return top
}
