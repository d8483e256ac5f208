// SPDX-License-Identifier: Apache-2.0

package baseline

import "math"

// former is a second baseline: what was usual before the endpoint became much faster, or before an incident lasted so
// long that it is the new normal. When requests fit it again it is put back, and nothing is learned anew: learning
// faster downwards has no price.
type former struct {
	shape
	kind formerKind
	unix int64 // seconds since 1970: when it was put aside
}

type formerKind uint8

const (
	noFormer formerKind = iota
	slowerBefore
	fasterBefore
	formerKinds
)

const (
	slowerKept  = int64(6 * hour) // seconds for which a slower former baseline is remembered
	fasterKept  = int64(day)      // the same for a faster one
	settled     = 1800.0          // seconds after which a baseline is worth it: a first one holds the cold start
	putAsideMin = 20              // recent requests that can tell that an endpoint has become faster
	backWithin  = 1.4             // times: how far median and p90 may be from the former ones
)

// putAside remembers the baseline, which is about to change.
func (f *former) putAside(b *shape, kind formerKind, unix int64) {
	*f = former{shape: *b, kind: kind, unix: unix}
}

// expire forgets what is too old, or from a future that a clock has left.
func (f *former) expire(unix int64) {
	age, kept := unix-f.unix, slowerKept
	if f.kind == fasterBefore {
		kept = fasterKept
	}
	if f.kind != noFormer && (age < 0 || age > kept) {
		f.kind = noFormer
	}
}

// hasFallen tells whether the recent requests are clearly faster than the baseline at the median or at the p90.
func (b *normal) hasFallen() bool {
	return b.sum > 0 && b.recent.total >= putAsideMin &&
		(b.recent.low(0.5) < 0.6*b.quantile(0.5) || b.recent.low(0.9) < 0.6*b.quantile(0.9))
}

// beforeFold looks whether recent requests that are about to be learned are much faster than the baseline. If so it
// puts the baseline aside, or puts back the one from before an incident.
func (d *Detector) beforeFold() {
	f, b := &d.former, &d.normal
	if !d.tune.remember {
		return
	}
	f.expire(d.clock.unix)
	switch {
	case !b.hasFallen():
	case f.kind == noFormer && b.effective() >= leastEffective && !d.week.isAccepted && d.clock.seconds-d.born >= settled:
		f.putAside(&b.shape, slowerBefore, d.clock.unix)
	case f.kind == fasterBefore && b.muchFaster() && f.like(&b.recent):
		recent := b.recent
		b.become(f.shape, d.clock.seconds)
		b.recent = recent
		f.kind = noFormer
		d.week.isAccepted = false
	}
}

// like tells whether requests have about the former median and p90.
func (f *former) like(c *counts) bool {
	for _, q := range [...]float64{0.5, 0.9} {
		if x := interpolate(c.cell[:], q*float64(c.total)) / f.quantile(q); !(x < backWithin && x > 1/backWithin) {
			return false
		}
	}
	return true
}

// putBack makes the former baseline the baseline if what looks like an alarm is a return to it: the requests since the
// evidence began, weighed as one slot, are hardly any evidence against the former one.
func (d *Detector) putBack() bool {
	f := &d.former
	if f.kind != slowerBefore {
		return false
	}
	f.expire(d.clock.unix)
	run := &d.run
	if d.fastEvidence() < d.tune.alarm {
		run = &d.slowRun
	}
	if f.kind != slowerBefore || run.total == 0 || d.against(&f.shape, run) > d.tune.alarm/4 {
		return false
	}
	d.normal.become(f.shape, d.clock.seconds)
	f.kind = noFormer
	d.refresh()
	d.forget()
	return true
}

// against returns the largest evidence of some requests against a baseline.
func (d *Detector) against(b *shape, run *sample) (top float64) {
	t := d.tune
	var ls [levels]level
	var v view
	v.of(b)
	n := float64(run.total)
	above := func(l *level) uint64 { return uint64(math.Round(run.above(Bound(l.cut)) * n)) }
	for i := range ls {
		l := &ls[i]
		l.refresh(t, i, &v, d.measure(), 0)
		if l.on {
			l.above = above(l)
			top = max(top, l.weigh(len(t.levels[i].odds), n, math.Inf(1), t.alarm))
		}
	}
	var j joint
	j.refresh(t, &v, &ls, d.config.Ratio)
	return max(top, j.weigh(&ls, n, math.Inf(1), t.alarm))
}
