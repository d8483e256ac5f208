// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"maps"
	"math"
	"slices"

	"go.opentelemetry.io/collector/pdata/pmetric"
)

// Histogram is a sum of exponential histograms, as a metrics backend makes it.
type Histogram struct {
	Scale  int32
	Count  uint64
	Zero   uint64
	Counts map[int32]uint64 // by index: bucket i is (2^(i/2^scale), 2^((i+1)/2^scale)]
}

// Add adds a point. The sum has the coarsest scale of what it was made of: two buckets of scale s are one of s−1.
func (h *Histogram) Add(p pmetric.ExponentialHistogramDataPoint) {
	if h.Counts == nil {
		h.Scale, h.Counts = p.Scale(), map[int32]uint64{}
	}
	if p.Scale() < h.Scale {
		h.coarsen(p.Scale())
	}
	shift := p.Scale() - h.Scale
	for i, n := range p.Positive().BucketCounts().AsRaw() {
		h.Counts[(p.Positive().Offset()+int32(i))>>shift] += n
	}
	h.Zero += p.ZeroCount()
	h.Count += p.Count()
}

func (h *Histogram) coarsen(scale int32) {
	counts := make(map[int32]uint64, len(h.Counts))
	for i, n := range h.Counts {
		counts[i>>(h.Scale-scale)] += n
	}
	h.Scale, h.Counts = scale, counts
}

// Quantile returns the middle, by ratio, of the bucket that the value of rank ⌈q·count⌉ lies in. It is off by at most
// [Histogram.Error]. It is NaN for an empty histogram.
func (h *Histogram) Quantile(q float64) float64 {
	rank := max(1, uint64(math.Ceil(q*float64(h.Count))))
	seen := h.Zero
	if h.Count > 0 && seen >= rank {
		return 0
	}
	for _, i := range slices.Sorted(maps.Keys(h.Counts)) {
		if seen += h.Counts[i]; seen >= rank {
			return math.Exp2((float64(i) + 0.5) / math.Exp2(float64(h.Scale)))
		}
	}
	return math.NaN()
}

// Error is the most by which a quantile is off, as a share of it: half a bucket's width.
func (h *Histogram) Error() float64 { return math.Exp2(0.5/math.Exp2(float64(h.Scale))) - 1 }
