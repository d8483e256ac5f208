// SPDX-License-Identifier: Apache-2.0

package main

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
)

// source is a seeded stream of random counts.
type source struct{ *rand.Rand }

// newSource returns the stream of a trial: the same for the same seed, name and number.
func newSource(seed uint64, name string, trial int) source {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	return source{rand.New(rand.NewPCG(seed, h.Sum64()+uint64(trial)))}
}

// poisson returns a count of a mean; of large ones by the normal approximation.
func (r source) poisson(mean float64) int {
	if mean > 40 {
		return max(0, int(math.Round(mean+math.Sqrt(mean)*r.NormFloat64())))
	}
	n, p, limit := 0, r.Float64(), math.Exp(-mean)
	for p > limit {
		n++
		p *= r.Float64()
	}
	return n
}

// binomial returns how many of n are, with a chance of p each.
func (r source) binomial(n int, p float64) int {
	switch mean := float64(n) * p; {
	case p <= 0 || n == 0:
		return 0
	case p >= 1:
		return n
	case p > 0.5:
		return n - r.binomial(n, 1-p)
	case mean > 30:
		return min(max(0, int(math.Round(mean+math.Sqrt(mean*(1-p))*r.NormFloat64()))), n)
	}
	k, skip := 0, math.Log1p(-p)
	for i := int(math.Log(r.Float64()) / skip); i < n; i += 1 + int(math.Log(r.Float64())/skip) {
		k++
	}
	return k
}

// between returns a number, evenly.
func (r source) between(low, high float64) float64 { return low + (high-low)*r.Float64() }

// geometric returns a number, evenly in octaves.
func (r source) geometric(low, high float64) float64 { return low * math.Pow(high/low, r.Float64()) }
