// SPDX-License-Identifier: Apache-2.0

package baseline

import "math"

// level watches one quantile: the sums of evidence that too many requests exceed its threshold, and, during an
// incident, that they no longer do.
type level struct {
	on        bool // the baseline knows this quantile well enough
	involved  bool // has to recover before the incident ends
	recovered bool // has done so; latched
	seemed    bool // has shown enough for that, if only it lasts
	bound     bool // the threshold is the floor or what was usual before, not what the baseline says
	stalled   bool // the last minute was one with a stall

	cut, recoveryCut int32 // the first input bucket above the threshold, above the recovery threshold

	gain, loss [alternatives]float64 // nats per request above, and per request
	decays     [alternatives]decays
	sum        [alternatives]float64 // evidence in nats, 0 to alarm
	slow       [alternatives]minuteSum
	stalls     float32 // evidence of stalls minutes apart, in nats, 0 to alarm
	dispersion dispersion

	share        float64 // of the baseline above the threshold
	recoveryNull float64 // chance above the recovery threshold that is normal

	recoveryGain, recoveryLoss, recovery float64 // the same for the recovery
	recoverySince                        float64 // when the evidence of recovery was last 0

	above, aboveRecovery uint64  // of the running slot
	lastAbove            float64 // when a request was last above the threshold

	run     stretch // since the sums over seconds were last 0
	slowRun stretch // since those over minutes were
	minute  tallies // the running minute

	weighedN, weighedAbove float64 // what of it is in slow already
}

// cutAbove returns the input bucket whose lower bound is the least one not below a duration in seconds. The small
// term keeps a duration that is a bound from being rounded to the next.
func cutAbove(seconds float64) int32 {
	return int32(math.Ceil(perOctave*math.Log2(seconds) - 1e-9))
}

// rank returns the upper confidence rank of quantile q with n effective requests, and whether n suffices for it.
func (t *tuning) rank(q, n float64) (rank float64, enough bool) {
	if n < leastEffective {
		return 1, false
	}
	rank = q + t.sureness*math.Sqrt(q*(1-q)/n)
	return rank, rank < 1-0.5/n
}

// leastEffective is the number of effective requests below which nothing is judged.
const leastEffective = 30

// measure is what thresholds are measured by.
type measure struct {
	ratio   float64 // of the configuration; factors scale with ratio/2
	floor   float64 // seconds: no threshold is below it
	stretch float64 // factor on all thresholds
	wander  float64 // by how much the endpoint is slower than its baseline as a whole

	perSecond float64 // requests
}

// refresh derives thresholds and likelihoods from the baseline. before is what the quantile was in the last hours and
// at this time of other days, in seconds, or 0.
func (l *level) refresh(t *tuning, i int, b *view, m measure, before float64) {
	tl := &t.levels[i]
	l.settle(len(tl.odds))
	rank, enough := t.rank(tl.q, b.effective())
	l.on = enough
	if !enough {
		l.sum, l.slow, l.stalls = [alternatives]float64{}, [alternatives]minuteSum{}, 0
		return
	}
	own := tl.far * m.ratio * b.quantile(rank) * m.stretch
	usual := tl.far * m.ratio * t.formerly * before
	threshold := max(own, usual, m.floor)
	l.bound = threshold > own
	l.cut, l.recoveryCut = cutAbove(threshold), cutAbove(threshold*t.recovery)
	threshold = Bound(l.cut)
	l.share = b.above(threshold)
	near := max(tl.floor, b.worst(l.share, tl.guard, t.certain))
	far := tl.farNull(t, b, threshold, l.share, m)
	if l.bound { // the shares of the baseline say nothing about this threshold
		near, far = max(near, 1-tl.q), max(far, 1-tl.q)
	}
	dispersed := l.dispersion.factor(t.dispersed)
	for j, r := range tl.odds {
		null := near
		if r >= farOdds {
			null = far
		}
		// The sums are in tenths of what an alarm needs.
		scale := t.alarm / t.needed(&l.decays[j], null, r, m.perSecond) / dispersed
		l.gain[j] = math.Log(r) * scale
		l.loss[j] = math.Log((1-null)/(1-odds(null, r))) * scale
	}
	l.recoveryNull = max(tl.recoveryFloor, odds(b.above(Bound(l.recoveryCut)), 1.5))
	if l.bound {
		l.recoveryNull = max(l.recoveryNull, 1-tl.q)
	}
}

// farOdds is the alternative from which the guard and floor for far ones apply.
const farOdds = 3

// farNull returns the largest chance to exceed a threshold that counts as normal, for far alternatives. Not much of
// what the baseline holds below the threshold can have come above it: only as far as the endpoint is slower as a whole,
// so that floor and guard may be lower.
func (tl *levelTuning) farNull(t *tuning, b *view, threshold, share float64, m measure) float64 {
	if tl.lowest == 0 {
		return max(tl.floor, b.worst(share, tl.farGuard, t.certain))
	}
	if t.levelError > 0 && m.wander > 0 {
		slower := max(1, min(max(m.wander, 1), tl.mild)*t.levelError*m.ratio/2)
		wandered := b.worst(b.above(threshold/slower), t.levelGuard, t.certain)
		return min(tl.floor, max(tl.lowest, wandered))
	}
	slowed := b.above(threshold / (tl.mild * m.ratio / 2))
	return max(min(tl.floor, max(tl.lowest, slowed)), b.worst(share, tl.farGuard, t.certain))
}

// fast returns the largest of the sums over seconds.
func (l *level) fast() float64 { return max(l.sum[0], l.sum[1], l.sum[2]) }

// top returns the largest sum.
func (l *level) top() float64 { return max(l.fast(), l.byMinutes()) }

// byMinutes returns the largest of the sums over minutes.
func (l *level) byMinutes() float64 { return max(largest(&l.slow), float64(l.stalls)) }

// weigh adds the evidence of a slot with n requests, which adds most nats at most, and returns the largest sum over
// seconds.
func (l *level) weigh(tests int, n, most, alarm float64) float64 {
	above := float64(l.above)
	l.minute.n += n
	l.minute.above += above
	l.minute.aboveRecovery += float64(l.aboveRecovery)
	if l.above == 0 && l.sum == ([alternatives]float64{}) {
		return 0
	}
	for j := range tests {
		l.sum[j] = min(max(l.sum[j]+min(most, above*l.gain[j]-n*l.loss[j]), 0), alarm)
	}
	return l.fast()
}

// most returns the most nats that a slot may add: more if it holds just one or two slow requests and none came for a
// while. A pause makes many slow at once; to slow requests far from each other it can be no common cause.
func (l *level) most(t *tuning, usual, now float64) float64 {
	if l.above == 0 {
		return usual
	}
	rare := l.above <= 2 && now-l.lastAbove >= t.rareGap
	l.lastAbove = now
	if rare && t.rareSlots > 0 {
		return max(usual, t.alarm/t.rareSlots)
	}
	return usual
}

// settle weighs what of the running minute has not been, before the likelihoods change.
func (l *level) settle(tests int) {
	n, above := l.minute.n-l.weighedN, l.minute.above-l.weighedAbove
	if n == 0 {
		return
	}
	for j := range tests {
		l.slow[j].part += above*l.gain[j] - n*l.loss[j]
	}
	l.weighedN, l.weighedAbove = l.minute.n, l.minute.above
}

// closeMinute ends the running minute. goesOn: requests are counted without evidence, too.
func (l *level) closeMinute(t *tuning, now float64, goesOn bool) {
	if l.on {
		l.settle(alternatives)
		worst := 0.0
		for j := range l.slow {
			worst = max(worst, l.slow[j].part)
			l.slow[j].close(t.alarm/t.minutes, t.alarm)
		}
		l.noteStall(t, worst >= t.alarm)
	}
	if l.byMinutes() == 0 && !goesOn {
		l.slowRun = stretch{since: now}
	} else {
		l.slowRun.add(&l.minute)
	}
	l.dropMinute()
}

// track counts the requests since there was last no evidence at all.
func (l *level) track(n, now float64, quiet bool) {
	if quiet {
		l.run = stretch{since: now}
		return
	}
	l.run.n += n
	l.run.above += float64(l.above)
	l.run.aboveRecovery += float64(l.aboveRecovery)
}

// expectRecovery involves the level in the incident: it has to show that the share above the recovery threshold is
// normal rather than what the incident showed in a stretch, or a good part of that.
func (l *level) expectRecovery(t *tuning, in *stretch) {
	seen := (in.aboveRecovery + 4*l.recoveryNull) / (in.n + 4)
	apart := seen / (1 - seen + 1e-9) * (1 - l.recoveryNull) / l.recoveryNull
	bad := max(math.Pow(apart, t.recoveryPower), apart*t.recoveryShare)
	bad = min(max(bad, 2), t.recoveryOdds)
	l.recoveryGain = math.Log(bad)
	l.recoveryLoss = math.Log((1 - l.recoveryNull) / (1 - odds(l.recoveryNull, bad)))
	l.involved, l.recovered, l.seemed, l.recovery = true, false, false, 0
}

// recover adds a slot of n requests to the evidence of recovery, seconds being the time since the last request. The
// evidence has to last for span seconds: were each slot's share capped instead, with a request a second the many good
// ones would be capped and the few bad ones not. It returns for how many seconds there seemed to be a recovery that this
// slot has proved to be none, or 0.
func (l *level) recover(t *tuning, n, now, seconds, span float64) (refuted float64) {
	step := n*l.recoveryLoss - float64(l.aboveRecovery)*l.recoveryGain
	if t.recoveryStep > 0 {
		step = min(t.recoveryStep*min(seconds, 30), step)
	}
	if l.recovery == 0 {
		l.recoverySince = now - seconds
	}
	l.recovery = min(max(l.recovery+step, 0), t.recovered)
	switch {
	case l.recovery >= t.recovered:
		l.seemed = true
		l.recovered = l.recovered || now-l.recoverySince >= span
	case l.recovery == 0 && l.seemed && t.recoverySpan > 0:
		if l.seemed = false; l.aboveRecovery > 1 {
			refuted, l.recovered = now-seconds-l.recoverySince, false
		}
	}
	return refuted
}

// quiet forgets all evidence; the counts of the running slot stay.
func (l *level) quiet(now float64) {
	l.involved, l.recovered, l.seemed = false, false, false
	l.sum, l.slow, l.stalls = [alternatives]float64{}, [alternatives]minuteSum{}, 0
	l.recovery = 0
	l.run, l.slowRun = stretch{since: now}, stretch{since: now}
	l.dropMinute()
}

func (l *level) dropMinute() { l.minute, l.weighedN, l.weighedAbove = tallies{}, 0, 0 }
