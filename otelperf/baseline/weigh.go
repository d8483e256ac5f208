// SPDX-License-Identifier: Apache-2.0

package baseline

import "math"

// weigh turns the counts of a slot with n requests into evidence and returns the largest sum over seconds and over
// minutes. A slot without requests says nothing and returns 0.
func (d *Detector) weigh(n float64) (fast, slow float64) {
	if n == 0 {
		return 0, 0
	}
	now, t := d.clock.seconds, d.tune
	if !d.alarm.open && now-d.lastSlot > silence {
		d.forget() // what was half believed before a long silence says nothing about now
	}
	most := t.alarm / d.config.slots()
	fast = d.joint.weigh(&d.levels, n, most, t.alarm)
	for i := range d.levels {
		l := &d.levels[i]
		if l.on {
			if d.alarm.open && l.involved {
				d.alarm.outlast(l.recover(t, n, now, now-d.lastSlot, d.alarm.span))
			}
			own := l.weigh(len(t.levels[i].odds), n, l.most(t, most, now), t.alarm)
			fast = max(fast, own)
			l.track(n, now, own == 0 && d.joint.sum == 0 && !(d.alarm.open && i == d.alarm.cause.level))
			if d.alarm.open && own >= t.alarm && (!l.involved || l.recovered) && (i != atTail || l.involved) {
				l.expectRecovery(t, &l.run)
			}
		}
		l.above, l.aboveRecovery = 0, 0
	}
	d.gradual.n += uint64(n)
	d.lastSlot = now
	d.closeMinutes()
	return fast, d.slow
}

// forget drops all evidence.
func (d *Detector) forget() {
	for i := range d.levels {
		d.levels[i].quiet(d.clock.seconds)
	}
	d.joint.sum, d.joint.slow = 0, minuteSum{}
	d.gradual.forget(d.clock.seconds)
	d.slow = 0
	d.resetRun()
	d.slowRun.reset()
}

func (d *Detector) resetRun() {
	d.run.reset()
	d.runFrom = d.clock.seconds
}

// measure returns what thresholds are measured by now.
func (d *Detector) measure() measure {
	m := measure{ratio: d.config.Ratio, floor: d.config.Floor.Seconds(), stretch: 1, wander: d.normal.level, perSecond: d.normal.perSecond}
	if d.restored && d.age > d.tune.staleAfter && d.clock.seconds-d.born < restartSpan {
		m.stretch = d.tune.stale
	}
	return m
}

// refresh derives everything from the baseline anew.
func (d *Detector) refresh() {
	m := d.measure()
	var b view
	b.of(&d.normal.shape)
	d.least = math.MaxInt32
	for i := range d.levels {
		l := &d.levels[i]
		on := l.on
		l.refresh(d.tune, i, &b, m, d.week.usual[d.tune.levels[i].mark])
		if l.on && !on { // it has weighed nothing before
			l.run, l.slowRun = stretch{since: d.clock.seconds}, stretch{since: d.clock.seconds}
		}
		if l.on {
			d.least = min(d.least, l.recoveryCut)
		}
	}
	d.joint.refresh(d.tune, &b, &d.levels, m.ratio)
	d.gradual.refresh(d.tune, b.shape, &d.week, m.ratio, m.floor)
}
