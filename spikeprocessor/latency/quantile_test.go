// SPDX-License-Identifier: Apache-2.0

package latency

import (
	"math"
	"slices"
	"testing"
	"time"
)

var manyQs = []float64{0, 1e-9, .001, .01, .1, .25, .5, .75, .9, .95, .99, .999, .9999, 1}

// checkQuantiles compares the quantiles of h with those of the sorted durations.
func checkQuantiles(t *testing.T, h *Histogram, ds []time.Duration, bound float64) {
	t.Helper()
	sorted := slices.Sorted(slices.Values(ds))
	dst := make([]time.Duration, len(manyQs))
	if !h.Quantiles(dst, manyQs) {
		t.Fatal("Quantiles refused")
	}
	for i, q := range manyQs {
		want := sorted[max(int(math.Ceil(q*float64(len(sorted)))), 1)-1]
		if off := math.Abs(float64(dst[i]-want)) / float64(want); off > bound {
			t.Errorf("quantile %v = %v, exact %v: %.3f %% off", q, dst[i], want, 100*off)
		}
		if one, ok := h.Quantile(q); !ok || one != dst[i] {
			t.Errorf("Quantile(%v) = %v, %v, but Quantiles says %v", q, one, ok, dst[i])
		}
	}
}

func TestQuantilesOfShapes(t *testing.T) {
	for _, s := range shapes {
		t.Run(s.name, func(t *testing.T) {
			for _, n := range []int{1, 2, 10, 100, 20000} {
				ds := sample(s.name, n, uint64(n))
				checkQuantiles(t, record(&Histogram{}, ds), ds, .006)
				checkQuantiles(t, record(NewCoarse(), ds), ds, .0436)
			}
		})
	}
}

func TestQuantileArguments(t *testing.T) {
	h := record(&Histogram{}, []time.Duration{1e6, 2e6, 3e6})
	tests := []struct {
		q    float64
		want time.Duration
		ok   bool
	}{
		{math.NaN(), 0, false},
		{math.Inf(-1), 1e6, true}, {-1, 1e6, true}, {0, 1e6, true},
		{1, 3e6, true}, {2, 3e6, true}, {math.Inf(1), 3e6, true},
	}
	for _, tt := range tests {
		if got, ok := h.Quantile(tt.q); got != tt.want || ok != tt.ok {
			t.Errorf("Quantile(%v) = %v, %v, want %v, %v", tt.q, got, ok, tt.want, tt.ok)
		}
	}
	if _, ok := new(Histogram).Quantile(.5); ok {
		t.Error("an empty histogram has a median")
	}
	dst := []time.Duration{7, 7}
	if h.Quantiles(dst, []float64{.9, .5}) || dst[0] != 7 {
		t.Errorf("descending quantiles were answered: %v", dst)
	}
	if !h.Quantiles(nil, nil) {
		t.Error("no quantiles were refused")
	}
}

// TestNearestRank takes one duration in each of 100 buckets, so that the answer shows the rank.
func TestNearestRank(t *testing.T) {
	var h Histogram
	for i := range 100 {
		h.Record(UpperDuration(1000 + i))
	}
	for i := 2; i < 100; i++ {
		got, _ := h.Quantile(float64(i) / 100)
		if want := 1000 + i - 1; Bucket(got) != want {
			t.Errorf("quantile %d/100 is in bucket %d, want %d", i, Bucket(got), want)
		}
		got, _ = h.Quantile(float64(i)/100 - .001)
		if want := 1000 + i - 1; Bucket(got) != want {
			t.Errorf("quantile %d/100 - 0.001 is in bucket %d, want %d", i, Bucket(got), want)
		}
	}
}
