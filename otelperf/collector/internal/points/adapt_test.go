// SPDX-License-Identifier: Apache-2.0

package points_test

import (
	"math"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/points"
)

// raw adds an exponential histogram of buckets as they are.
func (e export) raw(at float64, scale, offset int32, counts ...uint64) export {
	e.explicit(cumulative, 200, 0, at, nil)
	m := e.metrics.At(e.metrics.Len() - 1)
	x := m.SetEmptyExponentialHistogram()
	x.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
	dp := x.DataPoints().AppendEmpty()
	put(dp.Attributes(), "/x", 200)
	dp.SetStartTimestamp(stamp(0))
	dp.SetTimestamp(stamp(at))
	dp.SetScale(scale)
	dp.Positive().SetOffset(offset)
	dp.Positive().BucketCounts().FromRaw(counts)
	n := uint64(0)
	for _, c := range counts {
		n += c
	}
	dp.SetCount(n)
	return e
}

// A scale that falls and rises again counts nothing twice, nor do other bounds.
func TestOtherBucketsAtTheSameStart(t *testing.T) {
	r := points.New(0)
	for i, tt := range []struct {
		scale, offset int32
		n, want       uint64
	}{{6, -24, 100, 100}, {3, -3, 130, 30}, {6, -24, 150, 20}, {6, -24, 150, 0}, {3, -3, 149, 149}} {
		at := 60 * float64(i+1)
		if got := take(t, r, at, exportOf("a").raw(at, tt.scale, tt.offset, tt.n)); got.count != tt.want {
			t.Errorf("export %d at scale %d: %d requests, want %d", i, tt.scale, got.count, tt.want)
		}
	}
	r = points.New(0)
	total := take(t, r, 60, exportOf("b").explicit(cumulative, 200, 0, 60, bounds, 60, 40, 0)).count
	total += take(t, r, 120, exportOf("b").explicit(cumulative, 200, 0, 120, []float64{0.2, 2}, 65, 65, 0)).count
	if st := r.Stats(); total != 130 || st.Restarts != 0 || st.Rescaled != 1 {
		t.Errorf("%d requests, want 130; %+v", total, st)
	}
}

// A process that has begun anew, which shows by a smaller count alone, has its durations in the buckets where they were.
func TestDurationsAfterARestart(t *testing.T) {
	r := points.New(0)
	take(t, r, 60, exportOf("a").explicit(cumulative, 200, 0, 60, bounds, 3, 90, 0))
	got := take(t, r, 120, exportOf("a").explicit(cumulative, 200, 0, 120, bounds, 1, 40, 0))
	if d, _ := got.h.Quantile(0.5); got.count != 41 || d < 400*time.Millisecond || d > 600*time.Millisecond {
		t.Errorf("the median of %d is %v", got.count, d)
	}
}

// Of buckets of any scale quantiles are within their bounds.
func TestWideBuckets(t *testing.T) {
	got := take(t, points.New(0), 60, exportOf("a").raw(60, -3, -1, 50, 50)) // (1/256 s, 1 s], (1 s, 256 s]
	if got.count != 100 || !got.coarse {
		t.Errorf("%d requests, coarse %v", got.count, got.coarse)
	}
	for _, x := range []struct {
		q        float64
		from, to time.Duration
	}{{0.05, time.Second / 256, time.Second / 100}, {0.25, 20 * time.Millisecond, 200 * time.Millisecond}, {0.75, 5 * time.Second, 50 * time.Second}, {0.99, 100 * time.Second, 257 * time.Second}} {
		if d, _ := got.h.Quantile(x.q); d < x.from || d > x.to {
			t.Errorf("p%v is %v, want %v to %v", 100*x.q, d, x.from, x.to)
		}
	}
	r := points.New(0)
	var beyond time.Duration
	r.Take(second(60), exportOf("a").raw(60, -10, 0, 100).Metrics, func(d *points.Delta) { _, beyond = d.AddTo(&got.h) })
	if beyond < time.Second-time.Millisecond || beyond > time.Second {
		t.Errorf("of a bucket from 1 s on it is known up to %v", beyond)
	}
}

// A point with a count alone has requests, and no durations; one of which the buckets are not as many is left out.
func TestCountsWithoutBuckets(t *testing.T) {
	r := points.New(0)
	e := exportOf("a").explicit(cumulative, 200, 0, 60, nil)
	e.metrics.At(0).Histogram().DataPoints().At(0).SetCount(10)
	var beyond time.Duration
	n := uint64(0)
	r.Take(second(60), e.Metrics, func(d *points.Delta) {
		h := new(taken).h
		_, beyond = d.AddTo(&h)
		n += d.Count
	})
	if n != 10 || beyond != 1 {
		t.Errorf("%d requests, known up to %v", n, beyond)
	}
	e = exportOf("b").explicit(cumulative, 200, 0, 60, bounds, 30, 0, 0)
	e.metrics.At(0).Histogram().DataPoints().At(0).SetCount(99)
	if got := take(t, r, 60, e); got.count != 0 || r.Stats().Absurd != 1 {
		t.Errorf("%d requests, %+v", got.count, r.Stats())
	}
}

// The shortest and the longest of a point are those of what came with deltas, and with the first point of a cumulative series; sums that cannot be
// are counted.
func TestExtremesAndSums(t *testing.T) {
	set := func(e export, sum, longest float64) export {
		dp := e.metrics.At(0).Histogram().DataPoints().At(0)
		dp.SetSum(sum)
		dp.SetMax(longest)
		return e
	}
	for name, tt := range map[string]struct {
		temporality pmetric.AggregationTemporality
		counts      [2]uint64 // in the bucket without an end
		sums        [2]float64
		longest     [2]time.Duration // that is known
		mean        [2]time.Duration
		sumless     uint64
	}{
		"cumulative":    {cumulative, [2]uint64{10, 20}, [2]float64{15, 30}, [2]time.Duration{2 * time.Second, time.Second}, [2]time.Duration{1500 * time.Millisecond, 1500 * time.Millisecond}, 0},
		"delta":         {delta, [2]uint64{10, 10}, [2]float64{15, 15}, [2]time.Duration{2 * time.Second, 2 * time.Second}, [2]time.Duration{1500 * time.Millisecond, 1500 * time.Millisecond}, 0},
		"NaN":           {delta, [2]uint64{10, 10}, [2]float64{math.NaN(), 15}, [2]time.Duration{2 * time.Second, 2 * time.Second}, [2]time.Duration{1500 * time.Millisecond, 1500 * time.Millisecond}, 1},
		"NaN, once":     {cumulative, [2]uint64{10, 20}, [2]float64{math.NaN(), 30}, [2]time.Duration{2 * time.Second, time.Second}, [2]time.Duration{1500 * time.Millisecond, time.Second}, 2},
		"Inf, for ever": {cumulative, [2]uint64{10, 20}, [2]float64{math.Inf(1), math.Inf(1)}, [2]time.Duration{2 * time.Second, time.Second}, [2]time.Duration{1500 * time.Millisecond, time.Second}, 2},
		"negative":      {delta, [2]uint64{10, 10}, [2]float64{-15, -1}, [2]time.Duration{2 * time.Second, 2 * time.Second}, [2]time.Duration{1500 * time.Millisecond, 1500 * time.Millisecond}, 2},
	} {
		r := points.New(0)
		for i, n := range tt.counts {
			from := 0.0
			if tt.temporality == delta {
				from = 60 * float64(i)
			}
			got := take(t, r, 60*float64(i+1), set(exportOf("a").explicit(tt.temporality, 200, from, 60*float64(i+1), bounds, 0, 0, n), tt.sums[i], 2))
			if got.h.Max() != tt.longest[i] || got.h.Mean() != tt.mean[i] {
				t.Errorf("%s, export %d: the longest is %v and the mean %v, want %v and %v", name, i, got.h.Max(), got.h.Mean(), tt.longest[i], tt.mean[i])
			}
		}
		if st := r.Stats(); st.Sumless != tt.sumless {
			t.Errorf("%s: %d points without a sum", name, st.Sumless)
		}
	}
}
