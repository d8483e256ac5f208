// SPDX-License-Identifier: Apache-2.0

package failures

import "math"

// better finds that far fewer requests are bad than usual, by a CUSUM of what is learned. Else, after half a day of failures that
// had become usual, the next ones would be for hours.
type better struct {
	sum  float32
	n, k float32 // since it was last 0
}

const (
	betterFrom    = 0.02 // the usual share from which it is looked for
	betterOdds    = 0.25 // the alternative
	betterMinutes = 5.0  // that add up to a finding, at least
)

// learn takes what is about to be learned, and makes it usual if it is so much better.
func (u *better) learn(t *tuning, b *normal, n, k float64) {
	p := b.lower(t)
	if p < betterFrom {
		*u = better{}
		return
	}
	good := odds(p, betterOdds)
	x := (k*math.Log(good/p) + (n-k)*math.Log((1-good)/(1-p))) / b.phi(t)
	u.sum = clamp(float64(u.sum)+min(x, t.alarm/betterMinutes), t.alarm)
	u.n += float32(n)
	u.k += float32(k)
	switch {
	case u.sum == 0:
		*u = better{}
	case float64(u.sum) >= t.alarm:
		b.become(float64(u.n), float64(u.k))
		*u = better{}
	}
}
