// SPDX-License-Identifier: Apache-2.0

package latency

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// indexAt is the index of the bucket of d at a scale, by whole numbers: that of scale 6 where the scale is lower, shifted.
func indexAt(d time.Duration, scale int32) int64 {
	if scale <= Scale {
		return int64(Bucket(d)+FirstIndex) >> (Scale - scale)
	}
	return int64(math.Ceil(math.Log2(d.Seconds())*math.Ldexp(1, int(scale)))) - 1
}

// countsOf is what an exponential histogram of this scale has of durations.
func countsOf(durations []time.Duration, scale int32) (offset int32, counts []uint64) {
	lo, hi := int64(math.MaxInt64), int64(math.MinInt64)
	for _, d := range durations {
		i := indexAt(d, scale)
		lo, hi = min(lo, i), max(hi, i)
	}
	counts = make([]uint64, hi-lo+1)
	for _, d := range durations {
		counts[indexAt(d, scale)-lo]++
	}
	return int32(lo), counts
}

func lognormal(r *rand.Rand, n int, median, sigma float64) []time.Duration {
	out := make([]time.Duration, n)
	for i := range out {
		out[i] = time.Duration(median * 1e9 * math.Exp(sigma*r.NormFloat64()))
	}
	return out
}

// From scale 6 on, what was recorded elsewhere is bucket for bucket what would have been recorded here.
func TestMergeCountsIsExactFromOurScaleOn(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, scale := range []int32{6, 7, 9, 12} {
		ds := lognormal(r, 2000, 0.05, 0.4)
		var want, got Histogram
		for _, d := range ds {
			want.Record(d)
		}
		offset, counts := countsOf(ds, scale)
		got.MergeCounts(scale, offset, counts)
		a, b := buckets(&want), buckets(&got)
		differ := 0
		for i := range a {
			if a[i] != b[i] {
				differ++
			}
		}
		// Above scale 6 the test's own index is by a logarithm, which may err beside a bound.
		if differ > 0 && scale == Scale || differ > 4 || got.Count() != want.Count() || got.ErrorBound() != want.ErrorBound() {
			t.Errorf("scale %d: %d buckets differ, count %d of %d", scale, differ, got.Count(), want.Count())
		}
	}
}

func buckets(h *Histogram) (all [NumBuckets]uint64) {
	for b, n := range h.Buckets() {
		all[b] = n
	}
	return all
}

// At a lower scale each of their buckets has as many as it had, and quantiles are within its bounds.
func TestMergeCountsOfLowerScales(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for scale := int32(5); scale >= -10; scale-- {
		ds := lognormal(r, 3000, 0.02, 1)
		offset, counts := countsOf(ds, scale)
		for _, into := range []*Histogram{{}, NewCoarse()} {
			into.MergeCounts(scale, offset, counts)
			if into.Count() != uint64(len(ds)) {
				t.Fatalf("scale %d: count %d, want %d", scale, into.Count(), len(ds))
			}
			if trusted := into.TrustedScale(); trusted > int(scale) && trusted > Scale-maxShift {
				t.Errorf("scale %d: trusted at %d", scale, trusted)
			}
			if into.Scale() < int(scale) {
				continue
			}
			theirs := map[int64]uint64{}
			for b, n := range into.Buckets() {
				theirs[int64(b+FirstIndex)>>(Scale-scale)] += n
			}
			for i, n := range counts {
				if got := theirs[int64(offset)+int64(i)]; got != n {
					t.Errorf("scale %d: bucket %d has %d, want %d", scale, int(offset)+i, got, n)
				}
			}
		}
	}
}

// FuzzMergeCounts: whatever comes in, nothing is lost, added or out of range, and a second time doubles it.
func FuzzMergeCounts(f *testing.F) {
	f.Add(int32(6), int32(-300), uint64(1), uint64(7), uint64(0))
	f.Add(int32(20), int32(math.MaxInt32), uint64(1), uint64(2), uint64(3))
	f.Add(int32(-10), int32(-1), uint64(5), uint64(5), uint64(5))
	f.Add(int32(math.MinInt32), int32(math.MinInt32), uint64(math.MaxUint64), uint64(1), uint64(1))
	f.Add(int32(math.MaxInt32), int32(0), uint64(1<<33), uint64(1<<40), uint64(1))
	f.Fuzz(func(t *testing.T, scale, offset int32, a, b, c uint64) {
		for _, h := range []*Histogram{{}, NewCoarse()} {
			counts := []uint64{a, b, 0, c}
			want := uint64(0)
			for range 2 {
				for _, n := range counts {
					want += min(n, maxCount-want)
				}
				h.MergeCounts(scale, offset, counts)
				sum := uint64(0)
				for bucket, n := range h.Buckets() {
					if bucket < 0 || bucket >= NumBuckets {
						t.Fatalf("bucket %d", bucket)
					}
					sum += n
				}
				if h.Count() != want || sum != want {
					t.Fatalf("scale %d, offset %d, counts %v: count %d, sum %d, want %d", scale, offset, counts, h.Count(), sum, want)
				}
			}
			if want > 0 && (h.Min() > h.Max() || h.Min() < 0) {
				t.Fatalf("min %v, max %v", h.Min(), h.Max())
			}
			if q, ok := h.Quantile(0.5); ok != (want > 0) || q < 0 {
				t.Fatalf("median %v, %v", q, ok)
			}
			var again Histogram
			if s := h.Seal(nil, 512); len(s) > 512 || !s.AddTo(&again) || again.Count() != want {
				t.Fatalf("sealed, %d bytes have %d of %d", len(s), again.Count(), want)
			}
		}
	})
}

// Merging into a histogram whose octaves were seen allocates nothing.
func TestMergeCountsAllocatesNothing(t *testing.T) {
	ds := lognormal(rand.New(rand.NewPCG(5, 6)), 500, 0.05, 1)
	offset, counts := countsOf(ds, 3)
	var h Histogram
	h.MergeCounts(3, offset, counts)
	if n := testing.AllocsPerRun(100, func() { h.MergeCounts(3, offset, counts) }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}
