// SPDX-License-Identifier: Apache-2.0

package baseline

import "math"

// level watches one quantile: the sums of evidence that too many requests exceed its threshold, and, during an
// incident, that they no longer do.
type level struct {
	on        bool // the baseline knows this quantile well enough
	involved  bool // has to recover before the incident ends
	recovered bool // has done so; latched

	cut, recoveryCut int32 // the first input bucket above the threshold, above the recovery threshold

	gain, loss [alternatives]float64 // nats per request above, and per request
	sum        [alternatives]float64 // evidence in nats, 0 to alarm

	share        float64 // of the baseline above the threshold
	recoveryNull float64 // chance above the recovery threshold that is normal

	recoveryGain, recoveryLoss, recovery float64 // the same for the recovery
	recoverySince                        float64 // when the evidence of recovery was last 0

	above, aboveRecovery uint64 // of the running slot

	since                              float64 // when the run below began: no evidence until then
	seen, seenAbove, seenAboveRecovery float64 // requests of that run
}

// odds returns the probability whose odds are times those of p.
func odds(p, times float64) float64 {
	o := p / (1 - p) * times
	return o / (1 + o)
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

// refresh derives thresholds and likelihoods from the baseline. Factors scale with ratio/2; no threshold is below
// floor seconds; stretch widens all thresholds.
func (l *level) refresh(t *tuning, i int, b *normal, ratio, floor, stretch float64) {
	tl := &t.levels[i]
	rank, enough := t.rank(tl.q, b.effective())
	l.on = enough
	if !enough {
		l.sum = [alternatives]float64{}
		return
	}
	quantile := b.quantile(rank) * stretch
	l.cut = cutAbove(max(tl.far*ratio*quantile, floor))
	l.recoveryCut = cutAbove(max(tl.far*ratio*quantile, floor) * t.recovery)
	threshold := Bound(l.cut)
	l.share = b.above(threshold)
	for j, r := range tl.odds {
		null := max(tl.null(r, b, threshold, ratio), odds(l.share, tl.guardOf(r)))
		l.gain[j] = math.Log(r)
		l.loss[j] = math.Log((1 - null) / (1 - odds(null, r)))
	}
	l.recoveryNull = max(tl.recoveryFloor, odds(b.above(Bound(l.recoveryCut)), 1.5))
}

// farOdds is the alternative from which the guard and floor for far ones apply.
const farOdds = 3

func (tl *levelTuning) guardOf(r float64) float64 {
	if r >= farOdds {
		return tl.farGuard
	}
	return tl.guard
}

// null returns the floor of the chance to exceed that counts as normal.
func (tl *levelTuning) null(r float64, b *normal, threshold, ratio float64) float64 {
	if r < farOdds || tl.lowest == 0 {
		return tl.floor
	}
	slowed := b.above(threshold / (tl.mild * ratio / 2))
	return min(tl.floor, max(tl.lowest, slowed))
}

// top returns the largest sum.
func (l *level) top() float64 { return max(l.sum[0], l.sum[1], l.sum[2]) }

// weigh adds the evidence of a slot with n requests and returns the largest sum.
func (l *level) weigh(tests int, n, most, alarm float64) float64 {
	above := float64(l.above)
	for j := range tests {
		l.sum[j] = min(max(l.sum[j]+min(most, above*l.gain[j]-n*l.loss[j]), 0), alarm)
	}
	return l.top()
}

// track counts the requests since there was last no evidence at all.
func (l *level) track(n, now float64, quiet bool) {
	if quiet {
		l.seen, l.seenAbove, l.seenAboveRecovery = 0, 0, 0
		l.since = now
		return
	}
	l.seen += n
	l.seenAbove += float64(l.above)
	l.seenAboveRecovery += float64(l.aboveRecovery)
}

// expectRecovery involves the level in the incident: it has to show that the share above the recovery threshold is
// normal rather than what the incident showed, or a good part of that.
func (l *level) expectRecovery(t *tuning) {
	seen := (l.seenAboveRecovery + 4*l.recoveryNull) / (l.seen + 4)
	apart := seen / (1 - seen + 1e-9) * (1 - l.recoveryNull) / l.recoveryNull
	bad := max(math.Pow(apart, t.recoveryPower), apart*t.recoveryShare)
	bad = min(max(bad, 2), t.recoveryOdds)
	l.recoveryGain = math.Log(bad)
	l.recoveryLoss = math.Log((1 - l.recoveryNull) / (1 - odds(l.recoveryNull, bad)))
	l.involved, l.recovered, l.recovery = true, false, 0
}

// recover adds a slot of n requests to the evidence of recovery, seconds being the time since the last request. The
// evidence has to last: were each slot's share capped instead, with a request a second the many good ones would be
// capped and the few bad ones not.
func (l *level) recover(t *tuning, n, now, seconds float64) {
	step := n*l.recoveryLoss - float64(l.aboveRecovery)*l.recoveryGain
	if t.recoveryStep > 0 {
		step = min(t.recoveryStep*min(seconds, 30), step)
	}
	if l.recovery == 0 {
		l.recoverySince = now - seconds
	}
	l.recovery = min(max(l.recovery+step, 0), t.recovered)
	if l.recovery >= t.recovered && now-l.recoverySince >= t.recoverySpan {
		l.recovered = true
	}
}

// quiet forgets all evidence; the counts of the running slot stay.
func (l *level) quiet(now float64) {
	l.involved, l.recovered = false, false
	l.sum = [alternatives]float64{}
	l.recovery = 0
	l.track(0, now, true)
}
