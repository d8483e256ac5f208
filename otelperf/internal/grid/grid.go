// SPDX-License-Identifier: Apache-2.0

// Package grid puts durations into few buckets that several histograms have in common: those of OpenTelemetry's base-2 exponential
// histogram over seconds, as fine as scale 3 (8 for each doubling, each 9 % wide), and coarser where there would be too many.
package grid

import (
	"math"

	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// Finest is the scale that a grid has at most.
const Finest = 3

// Grid is neighbouring buckets. The zero value has none. It is not safe for concurrent use.
type Grid struct {
	first, last int  // at the grid's own scale
	shift       uint // Finest - scale
	some        bool
}

// Fit returns the finest grid of at most most buckets, 36 or more, that holds all durations of the histograms, and the buckets whose
// indexes at scale Finest are given.
func Fit(most int, indexes []int, all ...*latency.Histogram) *Grid {
	g := &Grid{}
	for _, i := range indexes {
		g.include(i)
	}
	for _, h := range all {
		for b := range h.Buckets() {
			g.include(indexOf(b))
		}
	}
	for g.Len() > most {
		g.first, g.last, g.shift = g.first>>1, g.last>>1, g.shift+1
	}
	return g
}

func (g *Grid) include(index int) {
	if !g.some {
		g.first, g.last, g.some = index, index, true
	}
	g.first, g.last = min(g.first, index), max(g.last, index)
}

// indexOf is the index at scale Finest of a bucket of a histogram.
func indexOf(bucket int) int { return (bucket + latency.FirstIndex) >> (latency.Scale - Finest) }

// Len is the number of buckets.
func (g *Grid) Len() int {
	if !g.some {
		return 0
	}
	return g.last - g.first + 1
}

// Scale is the OpenTelemetry scale of the buckets.
func (g *Grid) Scale() int { return Finest - int(g.shift) }

// At is where a bucket lies whose index at scale Finest is given.
func (g *Grid) At(index int) int { return index>>g.shift - g.first }

// Bound is the lower bound of a bucket in seconds, exclusive, which is the upper one of the bucket before it; i is at most Len.
func (g *Grid) Bound(i int) float64 { return math.Exp2(math.Ldexp(float64(g.first+i), -g.Scale())) }

// Counts are the durations of a histogram by buckets.
func (g *Grid) Counts(h *latency.Histogram) []uint64 {
	counts := make([]uint64, g.Len())
	for b, n := range h.Buckets() {
		counts[g.At(indexOf(b))] += n
	}
	return counts
}
