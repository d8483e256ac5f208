// SPDX-License-Identifier: Apache-2.0

package baseline

import "math"

// almost is the largest chance that the tests reckon with.
const almost = 1 - 1e-9

// odds returns the probability whose odds are times those of p.
func odds(p, times float64) float64 {
	if p >= almost {
		return almost
	}
	o := p / (1 - p) * times
	return min(o/(1+o), almost)
}

// upperShare returns the upper confidence bound of a share that was found among n requests, certain standard
// deviations above it (E. B. Wilson, Probable inference, the law of succession, and statistical inference, 1927).
func upperShare(share, n, certain float64) float64 {
	z := certain * certain / n
	middle := share + z/2
	spread := certain * math.Sqrt((share*(1-share)+z/4)/n)
	return min((middle+spread)/(1+z), almost)
}

// worst returns the largest chance to exceed that may still be normal where the baseline shows share. Two things make
// it larger: what an endpoint does wanders, by up to guard times the odds, and share is an estimate, which may be too
// low by as much as its upper confidence bound is above it. Both are taken for independent errors of the logarithm of
// the odds, so that their squares add up.
func (s *shape) worst(share, guard, certain float64) float64 {
	n := s.effective()
	if certain == 0 || n == 0 {
		return odds(share, guard)
	}
	upper := upperShare(share, n, certain)
	if share <= 0 {
		return odds(upper, math.Sqrt(guard)) // the logarithm of its odds has no error to speak of
	}
	if share >= almost {
		return almost
	}
	estimate := math.Log(upper / (1 - upper) * (1 - share) / share)
	return odds(share, math.Exp(math.Hypot(math.Log(guard), estimate)))
}
