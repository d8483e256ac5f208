// SPDX-License-Identifier: Apache-2.0

package baseline

import "math"

// alarm is the state of an incident. Times are in seconds of the clock.
type alarm struct {
	open      bool
	announced bool
	cause     cause
	grown     growth  // the quantile that fired
	begin     float64 // of the evidence

	openedAt   float64
	openedWall float64 // Unix seconds
	hotAt      float64 // last time at which a sum was at the alarm
	trimmedAt  float64 // last time at which the recent requests were dropped
	measuredAt float64 // last time at which the magnitude was measured
	magnitude  float64 // times the baseline, the largest so far

	holdUntil     float64 // an episode usual at this time is not announced before
	holdMagnitude float64 // unless it is clearly stronger than this

	span    float64 // seconds that the evidence of recovery has to span
	quietAt float64 // last time with some evidence
	quietN  float64 // requests since
}

const (
	magnitudeSpan = 600.0 // seconds in which the magnitude of an incident is measured
	magnitudeSure = 3.0   // standard deviations by which a quantile of it is taken below its estimate
	trimEvery     = 600.0 // seconds after which the recent requests are dropped, so that a new normal is recent
	silence       = 600.0 // seconds without a request that end an incident
	quietSpan     = 120.0 // seconds with hardly any evidence that end one
	quietRequests = 50    // requests needed for that
	mostSpan      = 900.0 // seconds that the evidence of recovery has to span at most,
	firstSpan     = 180.0 // and at first
	gapSpans      = 3.0   // times as long as the longest gap that seemed to be a recovery
)

// outlast takes a gap of some seconds in an incident: it ends only when it has been quiet for clearly longer.
func (a *alarm) outlast(gap float64) { a.span = max(a.span, min(gapSpans*gap, mostSpan)) }

// tickAlarm follows an incident until it ends. The baseline is frozen meanwhile.
func (d *Detector) tickAlarm(fast, slow, n float64) Event {
	a, t, now := &d.alarm, d.tune, d.clock.seconds
	hot := fast >= t.alarm || (a.cause.slow || a.cause.gradual) && slow >= t.alarm
	if hot {
		a.hotAt = now
	}
	d.trackMagnitude()
	if hot && !a.announced && (now >= a.holdUntil || a.magnitude > 1.5*a.holdMagnitude) && !d.recovering() {
		if g := d.grown(a.cause); d.hasGrown(a.cause, g) {
			a.grown = g
			return d.announce()
		}
	}
	if max(fast, slow) > t.alarm/4 {
		a.quietAt, a.quietN = now, 0
	} else {
		a.quietN += n
	}
	calm := now-a.quietAt >= max(quietSpan, a.span) && a.quietN >= quietRequests
	switch {
	case d.recovered() || calm || now-d.lastRequest > silence:
		return d.end(Ended)
	case now-a.openedAt >= t.rebase && d.normal.recent.total >= 100:
		return d.end(NewNormal)
	case now-a.trimmedAt >= trimEvery && now-a.openedAt < t.rebase-500:
		a.trimmedAt = now
		d.normal.drop(now)
	}
	return Event{}
}

// trackMagnitude keeps the largest ratio to the baseline at the median and at the p90, which few requests, or few
// different durations, do not make larger than it is.
func (d *Detector) trackMagnitude() {
	a, b, now := &d.alarm, &d.normal, d.clock.seconds
	if now-a.measuredAt < 5 || b.recent.total < leastFold || now-a.openedAt >= magnitudeSpan {
		return
	}
	a.measuredAt = now
	for _, q := range [...]float64{0.5, 0.9} {
		rank := q - magnitudeSure*math.Sqrt(q*(1-q)/float64(b.recent.total))
		a.magnitude = max(a.magnitude, b.recent.low(rank)/b.quantile(q))
	}
}

// recovered tells whether all levels involved have shown that they are back. What became slower over hours involves
// none: it is over when there is no more evidence.
func (d *Detector) recovered() bool {
	if d.alarm.cause.gradual {
		return false
	}
	for i := range d.levels {
		if l := &d.levels[i]; l.on && l.involved && !l.recovered {
			return false
		}
	}
	return true
}

// recovering tells whether a level involved has shown half of what it has to: an incident that was held back is not
// announced while it ends, though the evidence for it has not gone yet.
func (d *Detector) recovering() bool {
	for i := range d.levels {
		if l := &d.levels[i]; l.on && l.involved && l.recovery >= d.tune.recovered/2 {
			return true
		}
	}
	return false
}

func (d *Detector) announce() Event {
	d.alarm.announced = true
	d.lastAlert, d.lastRatio = d.clock.seconds, d.alarm.grown.ratio()
	return d.event(Started)
}

// end closes the incident as Ended or NewNormal and forgets the evidence.
func (d *Detector) end(kind Kind) Event {
	a, now := &d.alarm, d.clock.seconds
	var ev Event
	if a.announced {
		ev = d.event(kind)
	}
	d.recurring.remember(a.openedWall, a.hotAt-a.openedAt, a.magnitude)
	if kind == NewNormal {
		if d.tune.remember && !a.cause.gradual {
			d.former.putAside(&d.normal.shape, fasterBefore, d.clock.unix)
		}
		d.normal.replace(now)
		d.born, d.restored = now, false
		d.week.accept(&d.normal.shape)
	}
	d.refresh() // it is known better how clustered slow requests are
	d.forget()
	d.normal.drop(now)
	d.alarm, d.stuck, d.free = alarm{}, 0, false
	return ev
}

// event describes the incident as it is now.
func (d *Detector) event(kind Kind) Event {
	a, b := &d.alarm, &d.normal
	seen, cut := d.stretchOf(a.cause)
	usual := d.levels[a.cause.level].share
	ev := Event{
		Kind: kind, At: d.clock.time(0), Start: d.clock.time(d.clock.seconds - a.begin),
		Level: d.tune.levels[a.cause.level].name, Threshold: duration(Bound(cut)),
		Above: uint64(seen.above), N: uint64(seen.n),
		Now: quantiles(d.runOf(a.cause).quantile), Baseline: quantiles(b.quantile),
		SinceRestart: d.sinceRestart(),
	}
	switch {
	case a.cause.shape:
		ev.Level = Shape
	case a.cause.gradual:
		ev.Gradual = true
		ev.Baseline = quantiles(d.week.quantile)
		usual = d.week.shareAbove(Bound(cut))
	}
	ev.Expected = seen.n * usual
	g := d.at(a.cause, a.grown)
	ev.Quantile, ev.Ratio = g.q, g.ratio()
	ev.QuantileNow, ev.QuantileBaseline = duration(g.now), duration(g.usual)
	return ev
}

func quantiles(of func(float64) float64) Quantiles {
	return Quantiles{P50: duration(of(0.5)), P90: duration(of(0.9)), P99: duration(of(0.99))}
}
