// SPDX-License-Identifier: Apache-2.0

package trial

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Seeded returns the generator of one endpoint: the same numbers give the same traffic.
func Seeded(seed uint64, numbers ...int) *rand.Rand {
	h := uint64(14695981039346656037) // FNV-1a over the numbers
	for _, n := range numbers {
		h = (h ^ uint64(n)) * 1099511628211
		h ^= h >> 29
	}
	return rand.New(rand.NewPCG(seed, h))
}

// Wilson returns the 95 % interval of a share of which k in n were seen.
func Wilson(k, n int) (low, high float64) {
	if n == 0 {
		return 0, 1
	}
	const z = 1.96
	p, m := float64(k)/float64(n), float64(n)
	middle, spread := p+z*z/2/m, z*math.Sqrt(p*(1-p)/m+z*z/4/m/m)
	return max(0, (middle-spread)/(1+z*z/m)), min(1, (middle+spread)/(1+z*z/m))
}

// Poisson returns the 95 % interval of a mean of which n events were seen; of none, the one-sided upper bound, 3.0.
func Poisson(n int) (low, high float64) {
	if n == 0 {
		return 0, poissonMean(0, 0.05)
	}
	return poissonMean(n-1, 0.975), poissonMean(n, 0.025)
}

// poissonMean returns the mean with which at most n events have so much chance.
func poissonMean(n int, chance float64) float64 {
	low, high := 0.0, 10+3*float64(n+1)
	for range 60 {
		mean := (low + high) / 2
		sum := 0.0
		for k := range n + 1 {
			gamma, _ := math.Lgamma(float64(k + 1))
			sum += math.Exp(float64(k)*math.Log(mean) - mean - gamma)
		}
		if sum > chance {
			low = mean
		} else {
			high = mean
		}
	}
	return low
}

// Quantile returns a quantile of values by nearest rank, NaN without any.
func Quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}
