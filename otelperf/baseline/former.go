// SPDX-License-Identifier: Apache-2.0

package baseline

import "math"

// former is a second baseline: what was usual before the endpoint became much faster, or before an incident lasted so
// long that it is the new normal. When requests fit it again it is put back, and nothing is learned anew: learning
// faster downwards has no price. The marks of the week in between are withdrawn.
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
	slowerKept  = int64(2 * day)  // seconds for which a slower former baseline is remembered
	fasterKept  = int64(day)      // the same for a faster one
	soon        = int64(6 * hour) // seconds within which what is beyond a slower one is judged by that, too
	muchFaster  = 0.6             // times
	settled     = 1800.0          // seconds after which a baseline is worth it: a first one holds the cold start
	putAsideMin = 20              // recent requests that can tell that an endpoint has become faster
	backWithin  = 1.4             // times: how far median and p90 may be from the former ones
	backCells   = 3               // by which a return to a slower one may be faster than that: 1.3 times,
	backShare   = 0.10            // and so may this share of its requests,
	backNoise   = 0.5             // and this over the root of the number of requests
	backRuns    = 100             // requests that have to be like a former one, to be a return to it,
	backWait    = 120.0           // or as many as come in so many seconds, to be one to a slower one
)

// putAside remembers the baseline, which is about to change.
func (f *former) putAside(b *shape, kind formerKind, unix int64) {
	*f = former{shape: *b, kind: kind, unix: unix}
}

// expire forgets what is too old. What is from a future that a clock has left is as of now.
func (f *former) expire(unix int64) {
	kept := slowerKept
	if f.kind == fasterBefore {
		kept = fasterKept
	}
	f.unix = min(f.unix, unix)
	if f.kind != noFormer && unix-f.unix > kept {
		f.kind = noFormer
	}
}

// hasFallen tells whether the recent requests are clearly faster than the baseline at the median or at the p90, and
// whether at both.
func (b *normal) hasFallen() (any, all bool) {
	if b.sum == 0 || b.recent.total < putAsideMin {
		return false, false
	}
	at50 := b.recent.low(0.5) < muchFaster*b.quantile(0.5)
	at90 := b.recent.low(0.9) < muchFaster*b.quantile(0.9)
	return at50 || at90, at50 && at90
}

// beforeFold looks at recent requests that are about to be learned. If they are much faster than the baseline it puts
// that aside, once those of six hours are in the place of an older one; if they are like the former one it puts that back.
func (d *Detector) beforeFold() {
	f, b := &d.former, &d.normal
	if !d.tune.remember {
		return
	}
	f.expire(d.clock.unix)
	fallen, all := b.hasFallen()
	inARow(&d.liked, b, f.kind != noFormer && (all || f.kind == slowerBefore) && f.like(&b.recent))
	inARow(&d.fallen, b, all)
	isBack, late, below := d.liked >= backRuns, d.clock.unix-f.unix > soon, b.below(&f.shape)
	switch {
	case f.kind == slowerBefore && (isBack || late) && !below:
		f.kind = noFormer // it came back little by little, or has never left
	case isBack:
		recent, since := b.recent, b.foldAt
		b.become(f.shape, d.clock.seconds)
		b.recent, b.foldAt = recent, since
		f.kind = noFormer
		d.week.withdraw(hourOf(f.unix), &b.shape)
	case d.week.isAccepted || b.effective() < leastEffective || d.clock.seconds-d.born < settled:
	case f.kind == noFormer && fallen, f.kind == slowerBefore && late && d.fallen >= backRuns:
		f.putAside(&b.shape, slowerBefore, d.clock.unix)
	}
}

// inARow adds the recent requests to those of which the same is true.
func inARow(n *uint32, b *normal, isTrue bool) {
	if *n = uint32(min(uint64(*n)+b.recent.total, backRuns)); !isTrue {
		*n = 0
	}
}

// below tells whether the baseline is clearly faster than another one at the median or at the p90.
func (b *normal) below(o *shape) bool {
	return b.quantile(0.5) < 0.7*o.quantile(0.5) || b.quantile(0.9) < 0.7*o.quantile(0.9)
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

// putBack looks whether what looks like an alarm is a return to a slower former baseline, and if so makes that the
// baseline: the requests since the evidence began are no longer faster than it, and, weighed as one slot, hardly any
// evidence against it. If the endpoint was faster for a short time only, it does not take the latter: what it was like
// then is nothing to compare with. It tells whether there is no alarm, or none yet, since there are too few requests to tell.
func (d *Detector) putBack() bool {
	f := &d.former
	if f.kind != slowerBefore {
		return false
	}
	f.expire(d.clock.unix)
	run, from := &d.run, d.runFrom
	if d.fastEvidence() < d.tune.alarm {
		run, from = &d.slowRun, d.clock.seconds-backWait
	}
	if f.kind != slowerBefore || run.total == 0 || !f.reachedBy(run) {
		return false
	}
	if wasBrief := d.clock.unix-f.unix <= soon && d.normal.below(&f.shape); !wasBrief {
		if d.against(&f.shape, run) > d.tune.alarm/4 {
			return false
		}
		if run.total < backRuns && d.clock.seconds-from < backWait {
			return true
		}
	}
	d.normal.become(f.shape, d.clock.seconds)
	f.kind = noFormer
	d.week.withdraw(hourOf(f.unix), &d.normal.shape)
	d.refresh()
	d.forget()
	return true
}

// reachedBy tells whether requests are as slow as the former baseline: at no duration is the share above it clearly
// less. It is a test by A. N. Kolmogorov and N. V. Smirnov, of one side and with a margin.
func (f *former) reachedBy(s *sample) bool {
	n := float64(s.total)
	was, is := 0.0, 0.0
	for i := cells - 1; i >= 0; i-- {
		is += float64(s.cell[i])
		if i+backCells >= cells {
			continue
		}
		was += float64(f.weight[i+backCells])
		if was/f.sum-is/n > backShare+backNoise/math.Sqrt(n) {
			return false
		}
	}
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
		l.dispersion = d.levels[i].dispersion
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
