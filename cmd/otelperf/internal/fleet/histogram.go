// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"math"
	"time"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// coarsest is the lowest scale that is merged: buckets 9 % wide.
const coarsest = 3

// addHistogram adds an instance's durations to all. It reports false, and adds nothing, for a histogram that contradicts itself
// or the row it is of, or whose buckets are none of ours.
func addHistogram(all *latency.Histogram, h *client.Histogram, row *otelperf.Totals) bool {
	if h == nil || !sound(h) {
		return false
	}
	var own latency.Histogram
	width := 1 << (latency.Scale - h.Scale)
	for i, n := range h.Counts {
		first := (int(h.Offset)+i)*width - latency.FirstIndex
		if width == 1 {
			own.MergeBucket(first, n)
		} else if n > 0 {
			own.MergeRange(lower(first), latency.UpperDuration(min(max(first+width-1, 0), latency.NumBuckets-1)), n)
		}
	}
	if row.MinMs != nil && row.MaxMs != nil {
		own.SetRange(duration(*row.MinMs), duration(*row.MaxMs))
	}
	own.AddSum(duration(h.SumMs))
	all.Merge(&own)
	return true
}

// sound tells whether the counts are what they say they are.
func sound(h *client.Histogram) bool {
	if h.Scale < coarsest || h.Scale > latency.Scale || len(h.Counts) == 0 || len(h.Counts) > latency.NumBuckets ||
		h.Offset < latency.FirstIndex || h.Offset > latency.FirstIndex+latency.NumBuckets {
		return false
	}
	var sum uint64
	for _, n := range h.Counts {
		if sum += n; sum < n {
			return false
		}
	}
	return sum == h.Count && sum > 0 && sum < math.MaxInt64/MaxURLs/maxMerged
}

// maxMerged is the most rows of one answer; the product with MaxURLs keeps sums of counts from overflowing.
const maxMerged = 1 << 12

// lower is the exclusive lower bound of a bucket.
func lower(b int) time.Duration {
	if b <= 0 {
		return 0
	}
	return latency.UpperDuration(min(b, latency.NumBuckets) - 1)
}

// duration converts milliseconds; what no Duration can hold is 0.
func duration(ms float64) time.Duration {
	ns := ms * 1e6
	if !(ns >= 0) || ns >= math.MaxInt64 {
		return 0
	}
	return time.Duration(math.Round(ns))
}

var quantiles = []float64{0.5, 0.9, 0.95, 0.99, 0.999}

// fewestForP999 is how many durations a p99.9 takes, as in a summary.
const fewestForP999 = 1000

// setQuantiles fills t from h, which may be empty.
func setQuantiles(t *otelperf.Totals, h *latency.Histogram) {
	var q [5]time.Duration
	if h.Quantiles(q[:], quantiles) {
		t.P50Ms, t.P90Ms, t.P95Ms, t.P99Ms = ms(q[0]), ms(q[1]), ms(q[2]), ms(q[3])
		if h.Count() >= fewestForP999 {
			t.P999Ms = ms(q[4])
		}
		if !t.Coarse && t.ErrorBound != nil {
			t.ErrorBound = new(max(*t.ErrorBound, h.ErrorBound()))
		}
	}
}

func ms(d time.Duration) *float64 { return new(float64(d) / 1e6) }
