// SPDX-License-Identifier: Apache-2.0

// Package buckets reads points of duration histograms, whoever they come from: what came since the last one, in the buckets of its source,
// and what that is in ours.
package buckets

import (
	"math"
	"math/bits"
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/units"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// Point is what a series says at a time, in the buckets of its source: points are subtracted before they are translated to ours, since
// counts of a wide bucket are spread over ours, which rounds each time differently.
type Point struct {
	Start     time.Time // of the series
	Explicit  bool      // Bounds are; else its buckets are exponential
	Bounds    []float64 // ascending; the last bucket has no end
	Scale     int32     // of exponential buckets, as what follows; 0 with bounds
	Offset    int32     // index of Counts[0]
	Threshold float64   // zeros are at most this
	Zeros     uint64
	Counts    []uint64
	Sum       float64 // NaN if it is not known
	Min, Max  float64 // of the same durations as Counts; NaN if they are not known
}

// GoesOn reports whether p can be a later point of the series that old is of: its start is the same, and so are its buckets, or wider
// ones, as an SDK has them when durations spread.
func (p *Point) GoesOn(old *Point) bool {
	return p.Start.Equal(old.Start) && p.Explicit == old.Explicit && slices.Equal(p.Bounds, old.Bounds) && old.Scale >= p.Scale && old.Threshold <= p.Threshold
}

// Since is what came after old, which is nil for a new series: all, too, if the series has begun anew, which shows by its start, by other
// bounds, or by a count that went down. It leaves both as they are.
func (p *Point) Since(old *Point) Point {
	if old == nil || !p.GoesOn(old) {
		return *p
	}
	delta := *p
	delta.Counts = slices.Clone(p.Counts)
	if !delta.Subtract(old) {
		return *p
	}
	return delta
}

// Subtract takes away what old has, of which p goes on. It reports false if old has more of anything; what p is then is of no use. Of old's
// buckets, several may be one of p's: the SDK lowers the scale as durations spread, and a source may raise the threshold of zero.
func (p *Point) Subtract(old *Point) bool {
	zeros, coarser := old.Zeros, uint32(min(int64(old.Scale)-int64(p.Scale), 31)) //nolint:gosec // not negative: p goes on
	for i, n := range old.Counts {
		if n == 0 {
			continue
		}
		index := int64(old.Offset) + int64(i)
		if old.Threshold < p.Threshold && belowThreshold(index, old.Scale, p.Threshold) {
			zeros += n
			continue
		}
		at := index>>coarser - int64(p.Offset)
		if at < 0 || at >= int64(len(p.Counts)) || p.Counts[at] < n {
			return false
		}
		p.Counts[at] -= n
	}
	if zeros > p.Zeros {
		return false
	}
	p.Zeros -= zeros
	p.SubtractSums(old)
	return true
}

// SubtractSums takes away what old has besides counts: of p then no shortest and no longest are known, since p's are of all time, and no sum if
// it went down.
func (p *Point) SubtractSums(old *Point) {
	p.Sum -= old.Sum
	if p.Sum < 0 {
		p.Sum = math.NaN()
	}
	p.Min, p.Max = math.NaN(), math.NaN()
}

func belowThreshold(index int64, scale int32, threshold float64) bool {
	lo, _ := units.ExponentialBounds(int(index), int(scale))
	return lo < threshold
}

// Total is the number of durations.
func (p *Point) Total() uint64 {
	n := p.Zeros
	for _, c := range p.Counts {
		n += c
	}
	return n
}

// AddTo adds the durations to h; unit is what their unit is in seconds. What is wide, or has no end, is narrowed by Min and Max where these can
// be. A sum that cannot be is taken from the buckets, as if durations were spread in them as they are counted in h. coarse reports that they
// came from buckets wider than ours. beyond is where a bucket without an end begins that some came from, at least 1 ns; 0 is none.
func (p *Point) AddTo(h *latency.Histogram, unit float64) (coarse bool, beyond time.Duration) {
	e := p.ends()
	before, shortest, longest, exact := h.Count(), h.Min(), h.Max(), h.Exact()
	coarse, beyond = p.addCounts(h, unit, &e)
	if sum := p.Sum; e.allow(sum) {
		h.AddSum(units.Duration(sum * unit))
	} else {
		h.AddSum(units.Duration(p.likelySum(&e, unit) * unit))
	}
	if h.Count() == before || !e.hasMin && !e.hasMax {
		return coarse, beyond
	}
	lo, hi := h.Min(), h.Max()
	if e.hasMin {
		lo = units.Duration(e.from * unit)
	}
	if e.hasMax {
		hi = units.Duration(e.to * unit)
	}
	if before > 0 {
		lo, hi = min(lo, shortest), max(hi, longest)
	}
	if e.hasMin && e.hasMax && (before == 0 || exact) {
		h.SetRange(lo, hi)
	} else {
		h.SetBounds(lo, hi)
	}
	return coarse, beyond
}

// addCounts adds the buckets.
func (p *Point) addCounts(h *latency.Histogram, unit float64, e *ends) (coarse bool, beyond time.Duration) {
	if p.Explicit {
		return true, p.explicit(h, unit, e)
	}
	h.MergeBucket(0, p.Zeros)
	coarse = p.Scale < latency.Scale && p.Total() > p.Zeros
	switch {
	case p.Scale < widest || coarse && (e.hasMin || e.hasMax):
		beyond = p.wide(h, unit, e)
	case unit == 1:
		h.MergeCounts(p.Scale, p.Offset, p.Counts)
	default:
		p.otherUnit(h, unit)
	}
	return coarse, beyond
}

// widest is the lowest scale of which one of our histograms takes buckets as they are.
const widest = -2

// wide adds exponential buckets of a lower scale: within one, all octaves of what is measured here are taken to be equally likely.
func (p *Point) wide(h *latency.Histogram, unit float64, e *ends) (beyond time.Duration) {
	for i, n := range p.Counts {
		if n == 0 {
			continue
		}
		lo, hi := e.narrow(p.bucket(i))
		from, to := max(lo*unit, shortest), min(hi*unit, longest)
		if hi*unit > longest || from >= to {
			if hi*unit > longest && (beyond == 0 || units.Duration(from) < beyond) {
				beyond = max(units.Duration(from), 1)
			}
			h.MergeRange(units.Duration(from), units.Duration(from), n)
			continue
		}
		parts := uint64(max(1, math.Round(2*math.Log2(to/from))))
		for k, at := uint64(0), from; k < parts; k++ {
			end := from * math.Pow(to/from, float64(k+1)/float64(parts))
			hiN, loN := bits.Mul64(n, k+1)
			hiM, loM := bits.Mul64(n, k)
			upTo, _ := bits.Div64(hiN, loN, parts)
			below, _ := bits.Div64(hiM, loM, parts)
			h.MergeRange(units.Duration(at), units.Duration(end), upTo-below)
			at = end
		}
	}
	return beyond
}

// What one of our histograms tells apart, in seconds.
const (
	shortest = 0x1p-20
	longest  = 0x1p15
)

// otherUnit adds exponential buckets of another unit than seconds, which lie across ours.
func (p *Point) otherUnit(h *latency.Histogram, unit float64) {
	for i, n := range p.Counts {
		if n > 0 {
			lo, hi := p.bucket(i)
			h.MergeRange(units.Duration(lo*unit), units.Duration(hi*unit), n)
		}
	}
}

// explicit adds buckets with bounds: within one, durations are taken to be spread evenly. Those of the last one, which has no end, are
// taken for its beginning if the longest is not known.
func (p *Point) explicit(h *latency.Histogram, unit float64, e *ends) (beyond time.Duration) {
	for i, n := range p.Counts {
		if n == 0 {
			continue
		}
		lo, hi := e.narrow(p.bucket(i))
		if math.IsInf(hi, 1) {
			beyond, hi = max(units.Duration(lo*unit), 1), lo
		}
		h.MergeRange(units.Duration(lo*unit), units.Duration(hi*unit), n)
	}
	return beyond
}
