// SPDX-License-Identifier: Apache-2.0

package latency

import (
	"maps"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// shapes are the distributions that tests draw durations from.
var shapes = []struct {
	name string
	draw func(r *rand.Rand) float64 // seconds
}{
	{"lognormal1", func(r *rand.Rand) float64 { return .02 * math.Exp(r.NormFloat64()) }},
	{"lognormal2", func(r *rand.Rand) float64 { return .02 * math.Exp(2*r.NormFloat64()) }},
	{"pareto", func(r *rand.Rand) float64 { return .005 * math.Pow(1-r.Float64(), -1/1.5) }},
	{"bimodal", func(r *rand.Rand) float64 {
		if r.IntN(20) == 0 {
			return 1.5 * math.Exp(.2*r.NormFloat64())
		}
		return .003 * math.Exp(.3*r.NormFloat64())
	}},
	{"uniform", func(r *rand.Rand) float64 { return .001 + .1*r.Float64() }},
	{"loguniform", func(r *rand.Rand) float64 { return math.Exp2(-19 + 30*r.Float64()) }},
	{"constant", func(*rand.Rand) float64 { return .0123456789 }},
}

// sample draws n durations.
func sample(shape string, n int, seed uint64) []time.Duration {
	r := rand.New(rand.NewPCG(seed, 7))
	for _, s := range shapes {
		if s.name == shape {
			ds := make([]time.Duration, n)
			for i := range ds {
				ds[i] = time.Duration(s.draw(r) * 1e9)
			}
			return ds
		}
	}
	panic("no shape " + shape)
}

func record(h *Histogram, ds []time.Duration) *Histogram {
	for _, d := range ds {
		h.Record(d)
	}
	return h
}

// counts returns the buckets of h as a map.
func counts(h *Histogram) map[int]uint64 {
	return maps.Collect(h.Buckets())
}

// checkSound fails when h contradicts itself.
func checkSound(t *testing.T, h *Histogram) {
	t.Helper()
	var total uint64
	last := -1
	for b, n := range h.Buckets() {
		if b <= last || b >= NumBuckets || n == 0 {
			t.Fatalf("bucket %d with count %d comes after %d", b, n, last)
		}
		last = b
		total += n
	}
	if total != h.Count() {
		t.Fatalf("sum of the buckets is %d, Count %d", total, h.Count())
	}
	if h.Min() < 0 || h.Min() > h.Max() {
		t.Fatalf("Min %d, Max %d", h.Min(), h.Max())
	}
	if d, ok := h.Quantile(.5); ok != (total > 0) || d < h.Min() || d > h.Max() {
		t.Fatalf("median %d, %v with Min %d, Max %d, Count %d", d, ok, h.Min(), h.Max(), total)
	}
}
