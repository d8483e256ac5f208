// SPDX-License-Identifier: Apache-2.0

// Package simulation is a fleet in virtual time: instances with requests, faults and stalls, as spans and as points of histograms, and what
// is found of them when. It is for tests.
package simulation

import (
	"math"

	"go.opentelemetry.io/collector/pdata/pmetric"
)

// Expo is an exponential histogram as SDKs keep one: so many buckets at most, and a scale that falls when they do not suffice.
type Expo struct {
	size   int
	scale  int32
	offset int32
	counts []uint64
	n      uint64
	sum    float64
}

// NewExpo returns an empty histogram. An SDK begins with a scale of 20.
func NewExpo(size int, scale int32) *Expo { return &Expo{size: size, scale: scale} }

func (x *Expo) index(v float64) int32 {
	frac, exp := math.Frexp(v)
	if x.scale <= 0 {
		if frac == 0.5 {
			exp--
		}
		return int32((exp - 1) >> -x.scale)
	}
	return int32(math.Ceil(math.Log2(v)*math.Ldexp(1, int(x.scale)))) - 1
}

// Record adds a value above 0.
func (x *Expo) Record(v float64) {
	x.n++
	x.sum += v
	for {
		i := x.index(v)
		if len(x.counts) == 0 {
			x.offset, x.counts = i, []uint64{1}
			return
		}
		lo, hi := min(i, x.offset), max(i, x.offset+int32(len(x.counts))-1)
		if int(hi-lo)+1 <= x.size {
			if i < x.offset {
				x.counts = append(make([]uint64, x.offset-i), x.counts...)
				x.offset = i
			}
			for int(i-x.offset) >= len(x.counts) {
				x.counts = append(x.counts, 0)
			}
			x.counts[i-x.offset]++
			return
		}
		x.halve()
	}
}

func (x *Expo) halve() {
	from := x.offset >> 1
	out := make([]uint64, (x.offset+int32(len(x.counts))-1)>>1-from+1)
	for i, n := range x.counts {
		out[(x.offset+int32(i))>>1-from] += n
	}
	x.offset, x.counts, x.scale = from, out, x.scale-1
}

// Put writes the histogram into a point.
func (x *Expo) Put(dp pmetric.ExponentialHistogramDataPoint) {
	dp.SetScale(x.scale)
	dp.SetCount(x.n)
	dp.SetSum(x.sum)
	dp.Positive().SetOffset(x.offset)
	dp.Positive().BucketCounts().FromRaw(append([]uint64(nil), x.counts...))
}
