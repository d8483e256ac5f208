// SPDX-License-Identifier: Apache-2.0

package metricsource

import (
	"math"
	"slices"
	"time"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/otelperf/otelperf-go/otelperf/internal/units"
)

// cumulative is what a point of a metric said at the last collection, in the buckets of its source: they are subtracted before they are
// translated to ours, since counts of a wide bucket are spread over ours, which rounds each time differently.
type cumulative struct {
	start     time.Time // of the series
	bounds    []float64 // nil: exponential
	scale     int32     // of exponential buckets, as what follows; 0 with bounds
	offset    int32     // index of counts[0]
	threshold float64   // zeros are at most this
	zeros     uint64
	counts    []uint64
	sum       float64
	seen      bool // in this collection
}

func cumulativeExponential(p *metricdata.ExponentialHistogramDataPoint[float64]) *cumulative {
	return &cumulative{
		start: p.StartTime, scale: p.Scale, offset: p.PositiveBucket.Offset, threshold: p.ZeroThreshold,
		zeros: p.ZeroCount, counts: p.PositiveBucket.Counts, sum: p.Sum,
	}
}

func cumulativeExplicit(p *metricdata.HistogramDataPoint[float64]) *cumulative {
	return &cumulative{start: p.StartTime, bounds: p.Bounds, counts: p.BucketCounts, sum: p.Sum}
}

// since is what came after old, which is nil for a new series: all, too, if the series has begun anew, which shows by its start, by
// other bounds, or by a count that went down.
func (c *cumulative) since(old *cumulative) *cumulative {
	if old == nil || !c.start.Equal(old.start) || !slices.Equal(c.bounds, old.bounds) || old.scale < c.scale || old.threshold > c.threshold {
		return c
	}
	delta := *c
	delta.counts = slices.Clone(c.counts)
	if !delta.subtract(old) {
		return c
	}
	return &delta
}

// subtract reports false if old has more of anything. Of old's buckets, several may be one of c's: the SDK lowers the scale as durations
// spread, and a source may raise the threshold of zero.
func (c *cumulative) subtract(old *cumulative) bool {
	zeros, coarser := old.zeros, old.scale-c.scale
	for i, n := range old.counts {
		if n == 0 {
			continue
		}
		index := old.offset + int32(i) //nolint:gosec // fewer buckets than 2³¹
		if old.threshold < c.threshold && belowThreshold(index, old.scale, c.threshold) {
			zeros += n
			continue
		}
		at := int(index>>coarser) - int(c.offset)
		if at < 0 || at >= len(c.counts) || c.counts[at] < n {
			return false
		}
		c.counts[at] -= n
	}
	if zeros > c.zeros {
		return false
	}
	c.zeros -= zeros
	c.sum = math.Max(c.sum-old.sum, 0)
	return true
}

func belowThreshold(index, scale int32, threshold float64) bool {
	lo, _ := units.ExponentialBounds(int(index), int(scale))
	return lo < threshold
}
