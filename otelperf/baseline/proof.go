// SPDX-License-Identifier: Apache-2.0

package baseline

import "math"

// What an alarm needs is worked out for each alternative: a CUSUM of X reaches H nats from one start with a chance of
// exp(-theta·H), where theta is the positive root of E exp(theta·X) = 1 (A. Wald, Sequential analysis, 1947). It is 1
// where the chance to exceed is the worst that may be normal, and more where there is a margin between the two; the
// less extreme the alternative, the more. A request above the threshold is a start, so that busy endpoints, which have
// many, need more evidence than quiet ones for the same number of false alarms in a day.

// decay returns theta if the chance to exceed is p, and null is the worst that may be normal, of the alternative with
// times the odds; p is below null.
func decay(p, null, times float64) float64 {
	gain := math.Log(times)
	loss := math.Log((1 - null) / (1 - odds(null, times)))
	excess := func(theta float64) float64 {
		return (1-p)*math.Exp(-theta*loss) + p*math.Exp(theta*(gain-loss)) - 1
	}
	low, high := 1.0, 16.0
	for range 12 { // to 0.4 %
		if middle := (low + high) / 2; excess(middle) < 0 {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}

// decays remembers the last decay that was worked out, as it seldom changes.
type decays struct{ null, theta float32 }

// needed returns the nats for an alarm: false ones come from no more than one start in the number of starts in
// rareDays, with a margin of the odds between what is usual and null.
func (t *tuning) needed(known *decays, null, times, perSecond float64) float64 {
	if t.rareDays == 0 {
		return t.alarm
	}
	p := odds(null, 1/t.margin)
	if x := float64(known.null) / null; !(x > 0.99 && x < 1.01) {
		*known = decays{float32(null), float32(decay(p, null, times))}
	}
	starts := max(1, min(1, perSecond*p)*day*t.rareDays)
	return min(max(math.Log(starts)/float64(known.theta), t.least), t.most)
}
