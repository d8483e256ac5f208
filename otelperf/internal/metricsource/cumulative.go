// SPDX-License-Identifier: Apache-2.0

package metricsource

import (
	"math"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/otelperf/otelperf-go/otelperf/internal/buckets"
)

// cumulative is what a point of a metric said at the last collection.
type cumulative struct {
	buckets.Point
	seen bool // in this collection
}

func cumulativeExponential(p *metricdata.ExponentialHistogramDataPoint[float64]) *cumulative {
	return &cumulative{Point: buckets.Point{
		Start: p.StartTime, Scale: p.Scale, Offset: p.PositiveBucket.Offset, Threshold: p.ZeroThreshold,
		Zeros: p.ZeroCount, Counts: p.PositiveBucket.Counts, Sum: p.Sum, Min: extreme(p.Min), Max: extreme(p.Max),
	}}
}

func cumulativeExplicit(p *metricdata.HistogramDataPoint[float64]) *cumulative {
	return &cumulative{Point: buckets.Point{
		Start: p.StartTime, Explicit: true, Bounds: p.Bounds, Counts: p.BucketCounts, Sum: p.Sum, Min: extreme(p.Min), Max: extreme(p.Max),
	}}
}

// extreme is NaN where it is not known.
func extreme(e metricdata.Extrema[float64]) float64 {
	if x, ok := e.Value(); ok {
		return x
	}
	return math.NaN()
}
