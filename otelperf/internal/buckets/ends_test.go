// SPDX-License-Identifier: Apache-2.0

package buckets_test

import (
	"math"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/buckets"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

var nan = math.NaN()

// explicit are 90 durations of up to 1 s and 10 beyond 10 s.
func explicit(sum, shortest, longest float64) *buckets.Point {
	return &buckets.Point{Explicit: true, Bounds: []float64{1, 10}, Counts: []uint64{90, 0, 10}, Sum: sum, Min: shortest, Max: longest}
}

// TestSums: one that the buckets cannot have is taken from them.
func TestSums(t *testing.T) {
	wide := buckets.Point{Scale: -3, Offset: -1, Counts: []uint64{50, 50}, Min: nan, Max: nan} // (1/256 s, 1 s], (1 s, 256 s]
	ours := buckets.Point{Scale: 6, Offset: 64, Counts: []uint64{100}, Min: nan, Max: nan}     // from 2 s on
	of := func(p buckets.Point, sum float64) *buckets.Point {
		p.Sum = sum
		return &p
	}
	for name, tt := range map[string]struct {
		p     *buckets.Point
		known bool
		mean  time.Duration
	}{
		"a sum":                   {explicit(200, nan, nan), true, 2 * time.Second},
		"none":                    {explicit(nan, nan, nan), false, 1450 * time.Millisecond},
		"without end":             {explicit(math.Inf(1), nan, nan), false, 1450 * time.Millisecond},
		"negative":                {explicit(-200, nan, nan), false, 1450 * time.Millisecond},
		"negative and endless":    {explicit(math.Inf(-1), nan, nan), false, 1450 * time.Millisecond},
		"too small":               {explicit(50, nan, nan), false, 1450 * time.Millisecond},
		"none, with a longest":    {explicit(nan, nan, 20), false, 1950 * time.Millisecond},
		"too large for a longest": {explicit(5000, nan, 20), false, 1950 * time.Millisecond},
		"none, with a shortest":   {explicit(nan, 0.5, nan), false, 1675 * time.Millisecond},
		"a longest that is none":  {explicit(nan, nan, 5), false, 1450 * time.Millisecond},
		"exponential":             {of(ours, 201), true, 2010 * time.Millisecond},
		"exponential, negative":   {of(ours, -1), false, 2010 * time.Millisecond},
		"exponential, too large":  {of(ours, 300), false, 2010 * time.Millisecond},
		"wide":                    {of(wide, nan), false, 23072 * time.Millisecond}, // 255 / ln 256 and 1/256 of it
		"milliseconds as seconds": {of(ours, 201e3), false, 2010 * time.Millisecond},
	} {
		var h latency.Histogram
		tt.p.AddTo(&h, 1)
		if got := h.Mean(); (got-tt.mean).Abs() > tt.mean/100 || tt.p.SumKnown() != tt.known {
			t.Errorf("%s: the mean is %v, want %v; known %v", name, got, tt.mean, tt.p.SumKnown())
		}
	}
}

// TestExtremes: the shortest and the longest narrow what is wide or has no end, if they can be.
func TestExtremes(t *testing.T) {
	for name, tt := range map[string]struct {
		shortest, longest float64
		lo, hi            time.Duration // that the histogram has
		p05, p95          time.Duration
		beyond            time.Duration
	}{
		"neither":              {nan, nan, 0, 10 * time.Second, 55 * time.Millisecond, 10 * time.Second, 10 * time.Second},
		"both":                 {0.9, 12, 900 * time.Millisecond, 12 * time.Second, 905 * time.Millisecond, 11 * time.Second, 0},
		"a shortest":           {0.9, nan, 900 * time.Millisecond, 10 * time.Second, 905 * time.Millisecond, 10 * time.Second, 10 * time.Second},
		"a longest":            {nan, 12, 0, 12 * time.Second, 55 * time.Millisecond, 11 * time.Second, 0},
		"in the wrong order":   {20, 12, 0, 10 * time.Second, 55 * time.Millisecond, 10 * time.Second, 10 * time.Second},
		"in the wrong buckets": {5, 9, 0, 10 * time.Second, 55 * time.Millisecond, 10 * time.Second, 10 * time.Second},
		"negative":             {-1, -2, 0, 10 * time.Second, 55 * time.Millisecond, 10 * time.Second, 10 * time.Second},
		"endless":              {math.Inf(-1), math.Inf(1), 0, 10 * time.Second, 55 * time.Millisecond, 10 * time.Second, 10 * time.Second},
	} {
		var h latency.Histogram
		coarse, beyond := explicit(200, tt.shortest, tt.longest).AddTo(&h, 1)
		near := func(q float64, want time.Duration) bool {
			got, _ := h.Quantile(q)
			return (got - want).Abs() <= want/10
		}
		if !coarse || beyond != tt.beyond || h.Min() != tt.lo || h.Max() != tt.hi || !near(0.05, tt.p05) || !near(0.95, tt.p95) {
			p05, _ := h.Quantile(0.05)
			p95, _ := h.Quantile(0.95)
			t.Errorf("%s: %v to %v, p5 %v, p95 %v, beyond %v", name, h.Min(), h.Max(), p05, p95, beyond)
		}
	}
	// Of exponential buckets, too, whatever their scale and unit, and not beyond what was there before.
	for _, scale := range []int32{-3, -1, 0, 6} {
		for _, unit := range []float64{1, 1e-3} {
			var h latency.Histogram
			h.Record(time.Second)
			offset := int32(math.Ceil(math.Ldexp(math.Log2(3/unit), int(scale)))) - 1
			p := buckets.Point{Scale: scale, Offset: offset, Counts: []uint64{100}, Sum: 300 / unit, Min: 2.999 / unit, Max: 3.001 / unit}
			p.AddTo(&h, unit)
			if d, _ := h.Quantile(0.99); h.Min() != time.Second || !h.Exact() || (d-3*time.Second).Abs() > 20*time.Millisecond || (h.Max()-3*time.Second).Abs() > 2*time.Millisecond {
				t.Errorf("scale %d, unit %v: %v to %v, p99 %v", scale, unit, h.Min(), h.Max(), d)
			}
		}
	}
}

// TestExtremesOfAllTime: what came to a series since its last point has neither a shortest nor a longest, and no sum if that went down.
func TestExtremesOfAllTime(t *testing.T) {
	old, now := explicit(200, 0.9, 12), explicit(190, 0.9, 12)
	now.Counts = []uint64{91, 0, 20}
	var h latency.Histogram
	delta := now.Since(old)
	_, beyond := delta.AddTo(&h, 1)
	if beyond != 10*time.Second || h.Min() != 0 || delta.SumKnown() || h.Mean() < 9*time.Second {
		t.Errorf("beyond %v, from %v on, the mean is %v", beyond, h.Min(), h.Mean())
	}
}
