// SPDX-License-Identifier: Apache-2.0

package compare

import "math"

// part is how many of a minute's requests are counted.
type part struct{ counted, of float64 }

// share is what share is counted of how many, in how many minutes, and the design effect: how many of them are worth one that would be
// independent of the others, at least 1.
type share struct{ p, of, minutes, effect float64 }

func shareOf(parts []part) (s share) {
	counted := 0.0
	for _, x := range parts {
		counted, s.of = counted+x.counted, s.of+x.of
		if x.of > 0 {
			s.minutes++
		}
	}
	s.p, s.effect = counted/s.of, 1
	rest := make([]float64, len(parts))
	for i, x := range parts {
		rest[i] = x.counted - s.p*x.of
	}
	if chance := s.of * s.p * (1 - s.p); chance > 0 && s.minutes > 1 {
		s.effect = max(1, varianceOf(rest)*s.minutes/(s.minutes-1)/chance)
	}
	return s
}

// interval is Wilson's, around p.
func (s *share) interval(p float64) (low, high float64) {
	return wilson(p, s.of/s.effect, student(s.minutes-1))
}

// none is the interval of a share of 0, of requests that are independent.
func (s *share) none() Interval {
	low, high := wilson(0, s.of, normal)
	return Interval{0, low, high}
}

// varianceOf is that of a sum of values that may be alike to those that follow them; never less than if they were not.
func varianceOf(rest []float64) float64 {
	own := autocovariance(rest, 0)
	lags := len(rest) / 5
	all := own
	for lag := 1; lag <= lags; lag++ {
		all += 2 * (1 - float64(lag)/float64(lags+1)) * autocovariance(rest, lag)
	}
	return max(own, all)
}

func autocovariance(rest []float64, lag int) (sum float64) {
	for i := lag; i < len(rest); i++ {
		sum += rest[i] * rest[i-lag]
	}
	return sum
}

// wilson is the interval of a share p of n independent requests.
func wilson(p, n, t float64) (low, high float64) {
	z2 := t * t / n
	middle, reach := (p+z2/2)/(1+z2), t/math.Sqrt(n)*math.Sqrt(p*(1-p)+z2/4)/(1+z2)
	low, high = max(0, middle-reach), min(1, middle+reach)
	if p == 0 { // rounding is no bound
		low = 0
	}
	if p == 1 {
		high = 1
	}
	return low, high
}

// normal is how many standard deviations hold 99 % of what is normally distributed.
const normal = 2.5758293035489004

// student is the same of Student's t with df degrees of freedom, by its expansion around the normal (Abramowitz and Stegun, 26.7.5): less
// than 2 % too small from 4 on.
func student(df float64) float64 {
	const z = normal
	const z3 = z * z * z
	const z5 = z3 * z * z
	const z7 = z5 * z * z
	return z + (z3+z)/(4*df) + (5*z5+16*z3+3*z)/(96*df*df) + (3*z7+19*z5+17*z3-15*z)/(384*df*df*df)
}
