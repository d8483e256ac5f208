// SPDX-License-Identifier: Apache-2.0

package latency

import (
	"maps"
	"math"
	"slices"
	"testing"
	"time"
)

func TestZeroHistogram(t *testing.T) {
	var h Histogram
	if h.Count() != 0 || h.Sum() != 0 || h.Mean() != 0 || h.Min() != 0 || h.Max() != 0 || !h.Exact() {
		t.Errorf("an empty histogram says count %d, sum %d, mean %d, min %d, max %d", h.Count(), h.Sum(), h.Mean(), h.Min(), h.Max())
	}
	if h.Scale() != 6 || NewCoarse().Scale() != 3 {
		t.Errorf("scales %d and %d, want 6 and 3", h.Scale(), NewCoarse().Scale())
	}
	if offset, got := h.AppendCounts(nil); offset != 0 || len(got) != 0 {
		t.Errorf("AppendCounts of an empty histogram: %d, %v", offset, got)
	}
	h.Merge(&Histogram{})
	h.Subtract(&Histogram{})
	h.Reset()
	checkSound(t, &h)
}

func TestRecordStats(t *testing.T) {
	var h Histogram
	record(&h, []time.Duration{3 * time.Millisecond, -5, 20 * time.Hour, 7 * time.Millisecond})
	if h.Count() != 4 || h.Min() != 0 || h.Max() != 20*time.Hour || h.Sum() != 20*time.Hour+10*time.Millisecond {
		t.Errorf("count %d, min %v, max %v, sum %v", h.Count(), h.Min(), h.Max(), h.Sum())
	}
	if got, want := h.Mean(), 5*time.Hour+2500*time.Microsecond; got != want {
		t.Errorf("Mean = %v, want %v", got, want)
	}
	want := map[int]uint64{0: 1, Bucket(3e6): 1, Bucket(7e6): 1, NumBuckets - 1: 1}
	if got := counts(&h); !maps.Equal(got, want) {
		t.Errorf("buckets %v, want %v", got, want)
	}
}

func TestSumBeyond64Bits(t *testing.T) {
	var h, sum Histogram
	for range 3 {
		h.Record(math.MaxInt64)
	}
	sum.Merge(&h)
	if sum.Sum() != math.MaxInt64 || sum.Mean() != math.MaxInt64 {
		t.Errorf("Sum = %d, Mean = %d, want both at the end of the range", sum.Sum(), sum.Mean())
	}
	if got, want := sum.SumSeconds(), 3*math.MaxInt64/1e9; math.Abs(got/want-1) > 1e-12 {
		t.Errorf("SumSeconds = %v, want %v", got, want)
	}
	sum.Subtract(&h)
	if sum.Sum() != 0 || sum.Count() != 0 {
		t.Errorf("after Subtract: sum %d, count %d", sum.Sum(), sum.Count())
	}
}

// TestSpill lets a cell pass 2^32 in every way that there is.
func TestSpill(t *testing.T) {
	const full = math.MaxUint32
	b := Bucket(time.Millisecond)
	var h Histogram
	h.MergeBucket(b, full)
	h.Record(time.Millisecond) // 2^32
	if got := counts(&h)[b]; got != 1<<32 || h.Count() != 1<<32 {
		t.Fatalf("count %d, in the bucket %d, want 2^32", h.Count(), got)
	}
	if got, ok := h.Quantile(.5); !ok || Bucket(got) != b {
		t.Errorf("median %v, %v", got, ok)
	}
	var twice Histogram
	twice.Merge(&h)
	twice.Merge(&h)
	twice.MergeBucket(b, full)
	if got, want := counts(&twice)[b], uint64(2<<32+full); got != want {
		t.Errorf("merged: %d, want %d", got, want)
	}
	var plain Histogram
	plain.MergeBucket(b, full)
	twice.Merge(&plain) // the fast path, with a carry
	twice.Subtract(&plain)
	twice.Subtract(&plain)
	twice.Subtract(&h)
	if got := counts(&twice)[b]; got != 1<<32 || twice.spill[b] != 1 {
		t.Errorf("after Subtract: %d, spill %v, want 2^32 and 1", got, twice.spill)
	}
	twice.Subtract(&h)
	checkSound(t, &twice)
	if twice.Count() != 0 || len(twice.spill) != 0 {
		t.Errorf("count %d, spill %v, want nothing left", twice.Count(), twice.spill)
	}
}

func TestCountEnds(t *testing.T) {
	var h Histogram
	h.MergeBucket(5, math.MaxUint64)
	h.MergeBucket(6, 1)
	h.MergeRange(0, time.Second, 10)
	h.Record(time.Second)
	h.Merge(record(&Histogram{}, []time.Duration{1}))
	if h.Count() != math.MaxInt64 {
		t.Errorf("Count = %d, want 2^63-1", h.Count())
	}
	checkSound(t, &h)
}

func TestMergeIsRecordingBoth(t *testing.T) {
	for _, s := range shapes {
		t.Run(s.name, func(t *testing.T) {
			a, b := sample(s.name, 3000, 1), sample(s.name, 2000, 2)
			both := record(&Histogram{}, slices.Concat(a, b))
			h := record(&Histogram{}, a)
			h.Merge(record(&Histogram{}, b))
			checkSame(t, h, both)

			coarse := NewCoarse()
			coarse.Merge(both)
			checkSame(t, coarse, record(NewCoarse(), slices.Concat(a, b)))
		})
	}
}

// checkSame fails when got and want differ in anything that can be asked.
func checkSame(t *testing.T, got, want *Histogram) {
	t.Helper()
	checkSound(t, got)
	if g, w := counts(got), counts(want); !maps.Equal(g, w) {
		t.Errorf("buckets %v, want %v", g, w)
	}
	if got.Count() != want.Count() || got.Sum() != want.Sum() || got.Min() != want.Min() || got.Max() != want.Max() || got.Exact() != want.Exact() {
		t.Errorf("count, sum, min, max, exact: %d %d %d %d %v, want %d %d %d %d %v", got.Count(), got.Sum(), got.Min(), got.Max(), got.Exact(),
			want.Count(), want.Sum(), want.Min(), want.Max(), want.Exact())
	}
	if g, w := got.ErrorBound(), want.ErrorBound(); g != w {
		t.Errorf("ErrorBound %v, want %v", g, w)
	}
}

func TestMergeCoarseIntoFine(t *testing.T) {
	ds := sample("lognormal1", 2000, 3)
	coarse := record(NewCoarse(), ds)
	var h Histogram
	h.Merge(coarse)
	checkSound(t, &h)
	if h.Scale() != 6 || h.ErrorBound() != coarse.ErrorBound() {
		t.Errorf("scale %d with error bound %v, want 6 with %v", h.Scale(), h.ErrorBound(), coarse.ErrorBound())
	}
	for _, q := range []float64{0, .1, .5, .99, 1} {
		got, _ := h.Quantile(q)
		want, _ := coarse.Quantile(q)
		if got != want {
			t.Errorf("quantile %v = %v, want the coarse answer %v", q, got, want)
		}
	}
}

func TestSubtractUndoesMerge(t *testing.T) {
	a, b := sample("lognormal2", 3000, 1), sample("lognormal1", 2000, 2)
	base := record(&Histogram{}, b)
	h := record(&Histogram{}, a)
	want := record(&Histogram{}, a)
	h.Merge(base)
	h.Subtract(base)
	checkSound(t, h)
	if got, want := counts(h), counts(want); !maps.Equal(got, want) {
		t.Errorf("buckets %v, want %v", got, want)
	}
	if h.Sum() != want.Sum() || h.Exact() {
		t.Errorf("sum %d, exact %v, want %d, false", h.Sum(), h.Exact(), want.Sum())
	}
	if lo, hi := want.Min(), want.Max(); h.Min() > lo || Bucket(h.Min()+1) != Bucket(lo) || h.Max() < hi || Bucket(h.Max()) != Bucket(hi) {
		t.Errorf("Min %d, Max %d do not bound %d, %d by their buckets", h.Min(), h.Max(), lo, hi)
	}
}

func TestSubtractNeverBelowZero(t *testing.T) {
	h := record(&Histogram{}, []time.Duration{1e6, 2e6, 2e6})
	h.Subtract(record(&Histogram{}, []time.Duration{1e6, 1e6, 1e6, 2e6, 5e6, 5e9}))
	checkSound(t, h)
	if h.Count() != 1 || h.Sum() != 0 {
		t.Errorf("count %d, sum %d, want 1, 0", h.Count(), h.Sum())
	}
}

// TestSubtractAcrossScales subtracts an exact base from a histogram that got the same counts through coarse buckets.
func TestSubtractAcrossScales(t *testing.T) {
	ds := sample("lognormal1", 500, 1)
	exact, coarse := record(&Histogram{}, ds), record(NewCoarse(), ds)
	tests := []struct {
		name         string
		merged, base *Histogram
		into         func() *Histogram
	}{
		{"fine from coarse counts", coarse, exact, func() *Histogram { return new(Histogram) }},
		{"coarse from fine counts", exact, coarse, func() *Histogram { return new(Histogram) }},
		{"fine from coarse", exact, exact, NewCoarse},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := tt.into()
			h.Merge(tt.merged)
			h.Subtract(tt.base)
			checkSound(t, h)
			if h.Count() != 0 || h.Sum() != 0 {
				t.Errorf("%d counts and a sum of %v are left", h.Count(), h.Sum())
			}
		})
	}
}

func TestMergeBucketAsAPoint(t *testing.T) {
	ds := sample("lognormal1", 1000, 9)
	want := record(&Histogram{}, ds)
	var h Histogram
	for b, n := range want.Buckets() {
		h.MergeBucket(b, n)
	}
	if h.Exact() || h.Min() > want.Min() || h.Max() < want.Max() || Bucket(h.Max()) != Bucket(want.Max()) {
		t.Errorf("Min %d, Max %d, exact %v, want bounds of %d, %d", h.Min(), h.Max(), h.Exact(), want.Min(), want.Max())
	}
	h.AddSum(want.Sum())
	h.SetRange(want.Min(), want.Max())
	checkSame(t, &h, want)

	h.SetRange(5, 4)
	h.SetRange(-1, 4)
	h.AddSum(-1)
	checkSame(t, &h, want)
	h.MergeBucket(-3, 1)
	h.MergeBucket(NumBuckets+3, 1)
	checkSound(t, &h)
	if got := counts(&h); got[0] != 1 || got[NumBuckets-1] != 1 {
		t.Errorf("buckets out of range counted as %d and %d", got[0], got[NumBuckets-1])
	}
}

func TestMergeRange(t *testing.T) {
	tests := []struct {
		name   string
		lo, hi time.Duration
		n      uint64
		median time.Duration
	}{
		{"even", 100 * time.Millisecond, 300 * time.Millisecond, 1000, 200 * time.Millisecond},
		{"from zero", 0, 5 * time.Millisecond, 1000, 2500 * time.Microsecond},
		{"below zero", math.MinInt64, 5 * time.Millisecond, 1000, 2500 * time.Microsecond},
		{"one in the middle", 100 * time.Millisecond, 300 * time.Millisecond, 1, 200 * time.Millisecond},
		{"open end", 10 * time.Second, 10 * time.Second, 7, 10 * time.Second},
		{"reversed", 10 * time.Second, time.Second, 7, 10 * time.Second},
		{"one bucket", time.Second + 1, time.Second + 1000, 7, time.Second},
		{"huge", 0, math.MaxInt64, math.MaxUint64, MaxDuration},
		{"none", 0, time.Second, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var h Histogram
			h.MergeRange(tt.lo, tt.hi, tt.n)
			checkSound(t, &h)
			if want := min(tt.n, math.MaxInt64); h.Count() != want {
				t.Errorf("Count = %d, want %d", h.Count(), want)
			}
			if got, _ := h.Quantile(.5); math.Abs(float64(got-tt.median)) > .011*float64(tt.median) {
				t.Errorf("median = %v, want about %v", got, tt.median)
			}
		})
	}
}

func TestAppendCounts(t *testing.T) {
	for _, h := range []*Histogram{{}, NewCoarse()} {
		record(h, sample("bimodal", 1000, 4))
		offset, got := h.AppendCounts([]uint64{99})
		if got[0] != 99 || got[1] == 0 || got[len(got)-1] == 0 {
			t.Fatalf("AppendCounts gave %v", got)
		}
		width := 1 << (6 - h.Scale())
		again := make(map[int]uint64)
		for i, n := range got[1:] {
			if n > 0 {
				again[(int(offset)+i)*width-FirstIndex] = n
			}
		}
		if want := counts(h); !maps.Equal(again, want) {
			t.Errorf("scale %d: counts from offset %d are %v, want %v", h.Scale(), offset, again, want)
		}
	}
}

func TestResetKeepsPages(t *testing.T) {
	ds := sample("lognormal1", 1000, 1)
	h := record(NewCoarse(), ds)
	size := h.Bytes()
	h.Reset()
	if h.Count() != 0 || h.Bytes() != size || h.Scale() != 3 {
		t.Errorf("after Reset: count %d, %d of %d bytes, scale %d", h.Count(), h.Bytes(), size, h.Scale())
	}
	checkSame(t, record(h, ds), record(NewCoarse(), ds))
}

func TestMemoryBound(t *testing.T) {
	var h Histogram
	for b := range NumBuckets {
		h.Record(UpperDuration(b))
	}
	if got := h.Bytes(); got > 9700 {
		t.Errorf("a full histogram takes %d bytes, more than documented", got)
	}
	coarse := NewCoarse()
	coarse.Merge(&h)
	if got := coarse.Bytes(); got > 2000 {
		t.Errorf("a full coarse histogram takes %d bytes", got)
	}
}
