// SPDX-License-Identifier: Apache-2.0

package metricsource

import (
	"time"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/otelperf/otelperf-go/otelperf/internal/units"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// exponentialPoint translates a point to our buckets. coarse reports that its own were wider.
func exponentialPoint(p *metricdata.ExponentialHistogramDataPoint[float64], unit float64) (h *latency.Histogram, coarse bool) {
	h = new(latency.Histogram)
	h.MergeBucket(0, p.ZeroCount)
	for i, n := range p.PositiveBucket.Counts {
		if n == 0 {
			continue
		}
		index := int(p.PositiveBucket.Offset) + i
		switch {
		case unit == 1 && p.Scale >= latency.Scale:
			h.MergeBucket(clampBucket(index>>(p.Scale-latency.Scale)-latency.FirstIndex), n)
		case unit == 1:
			coarse = true
			width := 1 << (latency.Scale - p.Scale)
			lo, hi := index*width-latency.FirstIndex, (index+1)*width-latency.FirstIndex-1
			h.MergeRange(units.Duration(latency.LowerBound(clampBucket(lo))), latency.UpperDuration(clampBucket(hi)), n)
		default:
			lo, hi := units.ExponentialBounds(index, int(p.Scale))
			h.MergeRange(units.Duration(lo*unit), units.Duration(hi*unit), n)
			coarse = coarse || p.Scale < latency.Scale
		}
	}
	return h, coarse
}

// explicitPoint translates a point with explicit bounds: within a bucket, durations are taken to be spread evenly. Those of the last one,
// which has no end, are taken for its beginning if their greatest is not known; beyond says where that is, and is 0 if there are none.
func explicitPoint(p *metricdata.HistogramDataPoint[float64], unit float64) (h *latency.Histogram, beyond time.Duration) {
	h = new(latency.Histogram)
	lo := 0.0
	for i, n := range p.BucketCounts {
		hi := lo
		if i < len(p.Bounds) {
			hi = p.Bounds[i]
		} else if greatest, ok := p.Max.Value(); ok {
			hi = max(lo, greatest)
		} else if n > 0 {
			beyond = max(units.Duration(lo*unit), 1)
		}
		if n > 0 {
			h.MergeRange(units.Duration(lo*unit), units.Duration(hi*unit), n)
		}
		lo = hi
	}
	return h, beyond
}

func clampBucket(b int) int { return min(max(b, 0), latency.NumBuckets-1) }
