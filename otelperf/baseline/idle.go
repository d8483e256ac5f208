// SPDX-License-Identifier: Apache-2.0

package baseline

// farWorse is how many times worse than the last alert one has to be that comes within its cooldown.
const farWorse = 2.0

// noise is the evidence below which the requests seen so far are not worth showing in an event.
const noise = 1.0

// tickIdle looks for an alarm and lets the baseline learn.
func (d *Detector) tickIdle(top float64) Event {
	t, now := d.tune, d.clock.seconds
	if top > t.alarm/2 {
		d.normal.dirty = true
	}
	if top >= t.alarm {
		if d.putBack() {
			return Event{}
		}
		if d.credible() {
			c := d.blame()
			if g := d.grown(c); d.hasGrown(c, g) && (now-d.lastAlert >= d.config.Cooldown.Seconds() || g.ratio() >= farWorse*d.lastRatio) {
				return d.fire(c, g)
			}
		}
	}
	if d.fastEvidence() < noise {
		d.resetRun()
	}
	d.learn(top)
	return Event{}
}

// hasGrown tells whether a quantile has grown by Ratio, which every alert shows, and the p99 is not below the floor.
func (d *Detector) hasGrown(c cause, g growth) bool {
	if !d.tune.mustGrow {
		return true
	}
	return g.ratio() >= d.config.Ratio && d.runOf(c).quantile(0.99) >= d.config.Floor.Seconds()
}

// fastEvidence returns the largest sum over seconds, also after a slot without requests.
func (d *Detector) fastEvidence() float64 {
	top := d.joint.sum
	for i := range d.levels {
		top = max(top, d.levels[i].fast())
	}
	return top
}

// credible rules out what moves the median alone, or the joint sum alone, and leaves p90 and p99 in place: a cache
// whose hit rate has changed.
func (d *Detector) credible() bool {
	const some = 1 // nats
	t, l := d.tune, &d.levels
	switch {
	case !l[at90].on, d.gradual.top() >= t.alarm,
		l[at99].top() >= t.alarm, l[atTail].top() >= t.alarm,
		l[at90].top() >= some,
		d.joint.top() >= t.alarm && l[at99].top() >= some:
		return true
	}
	for j, r := range t.levels[at50].odds {
		if r > 2 && max(l[at50].sum[j], l[at50].slow[j].sum) >= t.alarm {
			return true
		}
	}
	return false
}

// fire opens an alarm, and announces it unless an episode is usual at this time.
func (d *Detector) fire(c cause, g growth) Event {
	now := d.clock.seconds
	seen, _ := d.stretchOf(c)
	d.involve(c)
	d.normal.drop(now)
	hold, magnitude := d.recurring.expected(d.clock.wall())
	d.alarm = alarm{
		open: true, cause: c, grown: g, begin: seen.since,
		openedAt: now, openedWall: d.clock.wall(),
		trimmedAt: now, quietAt: now, hotAt: now,
		span:      d.tune.recoverySpan,
		holdUntil: now + hold, holdMagnitude: magnitude,
	}
	if d.tune.recoverySpan > 0 {
		d.alarm.outlast(min(now-seen.since, firstSpan) / gapSpans)
	}
	if now >= d.alarm.holdUntil {
		return d.announce()
	}
	return Event{}
}

// involve marks the levels that have to recover: all that are at the alarm, but for the tail, or the one with most
// evidence.
func (d *Detector) involve(c cause) {
	if c.gradual {
		return
	}
	expect := func(l *level) {
		if c.slow {
			l.expectRecovery(d.tune, &l.slowRun)
		} else {
			l.expectRecovery(d.tune, &l.run)
		}
	}
	for i := range d.levels {
		if l := &d.levels[i]; i != atTail && l.on && l.evidence(c.slow) >= d.tune.alarm {
			expect(l)
		}
	}
	if l := &d.levels[c.level]; !l.involved {
		expect(l)
	}
}

const (
	leastFold  = 20   // requests that are worth a fold
	youngSpan  = 600  // seconds in which a new baseline is folded more often
	foldEvery  = 60.0 // seconds between two folds
	foldYoung  = 10.0
	mostPassed = 3600.0 // seconds: no longer gap makes the past fade
)

// learn folds the recent requests into the baseline, unless they are suspicious. Those since there was last next to no
// evidence wait until there is none again, since they may be the first of an incident. After half an hour of suspicion
// that never became an alarm, it learns all the same: else it would be stuck on a baseline that is no longer true.
func (d *Detector) learn(top float64) {
	b, now := &d.normal, d.clock.seconds
	every := foldEvery
	if now-d.born < youngSpan && !d.restored {
		every = foldYoung
	}
	elapsed := now - b.foldAt
	due := b.recent.total >= leastFold && elapsed >= every
	if due && !d.free {
		if !b.dirty {
			d.stuck = 0
		} else if d.stuck += min(elapsed, 600); d.stuck >= d.tune.escape {
			d.free = true
		}
	}
	if top <= d.tune.alarm/4 {
		d.free = false
	}
	if d.free {
		b.dirty = false
	}
	switch {
	case !due:
	case b.dirty:
		b.drop(now)
	case d.run.total == 0 || d.free || now-d.runFrom >= d.tune.wait:
		d.fold(now)
	case !d.run.full && b.recent.total >= leastFold+uint64(d.run.total):
		waiting := b.recent.take(&d.run)
		d.fold(d.runFrom)
		b.recent = waiting
	}
}

// fold makes the recent requests, which came until then, part of the baseline.
func (d *Detector) fold(until float64) {
	d.beforeFold()
	d.normal.fold(d.tune, until, d.config.Weight, min(until-d.normal.foldAt, mostPassed))
	d.refresh()
}
