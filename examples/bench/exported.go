// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// bucket is one of a histogram as it is exported: n durations of lo < d <= hi seconds.
type bucket struct {
	lo, hi float64
	n      uint64
}

// interpolation says where in its bucket a quantile is taken to be.
type interpolation func(b bucket, share float64) float64

// linear is what PromQL's histogram_quantile does with classic buckets; in the last one, without a bound, it gives the lower.
func linear(b bucket, share float64) float64 {
	if math.IsInf(b.hi, 1) {
		return b.lo
	}
	return b.lo + (b.hi-b.lo)*share
}

// exponential is what it does with native ones.
func exponential(b bucket, share float64) float64 { return b.lo * math.Pow(b.hi/b.lo, share) }

// quantilesOf does what a backend does with buckets, ascending.
func quantilesOf(buckets []bucket, in interpolation) (dst [3]time.Duration) {
	var total uint64
	for _, b := range buckets {
		total += b.n
	}
	for i, q := range asked {
		rank, below := q*float64(total), 0.0
		for _, b := range buckets {
			if n := float64(b.n); b.n > 0 && below+n >= rank {
				dst[i] = seconds(in(b, (rank-below)/n))
				break
			}
			below += float64(b.n)
		}
	}
	return dst
}

// promRecorder is a histogram of client_golang. It is asked by way of what a scrape gets.
func promRecorder(opts prometheus.HistogramOpts) single {
	return func() (func(time.Duration), func() [3]time.Duration) {
		h := prometheus.NewHistogram(opts)
		return func(d time.Duration) { h.Observe(d.Seconds()) }, func() [3]time.Duration {
			var m dto.Metric
			if err := h.Write(&m); err != nil {
				panic(err)
			}
			if opts.NativeHistogramBucketFactor > 1 {
				return quantilesOf(nativeBuckets(m.Histogram), exponential)
			}
			return quantilesOf(classicBuckets(m.Histogram), linear)
		}
	}
}

func classicBuckets(h *dto.Histogram) (out []bucket) {
	lo, below := 0.0, uint64(0)
	for _, b := range h.Bucket {
		out = append(out, bucket{lo, b.GetUpperBound(), b.GetCumulativeCount() - below})
		lo, below = b.GetUpperBound(), b.GetCumulativeCount()
	}
	return append(out, bucket{lo, math.Inf(1), h.GetSampleCount() - below})
}

// nativeBuckets undoes the spans and the deltas: bucket i of a schema s ends at 2^(i/2^s).
func nativeBuckets(h *dto.Histogram) (out []bucket) {
	bound := func(i int32) float64 { return math.Exp2(float64(i) / math.Exp2(float64(h.GetSchema()))) }
	at, n, deltas := int32(0), int64(0), h.PositiveDelta
	for _, s := range h.PositiveSpan {
		at += s.GetOffset()
		for range s.GetLength() {
			n, deltas = n+deltas[0], deltas[1:]
			out = append(out, bucket{bound(at - 1), bound(at), uint64(n)})
			at++
		}
	}
	return out
}

// vmBuckets reads ranges such as "1.000e-01...1.136e-01".
func vmBuckets(h *metrics.Histogram) (out []bucket) {
	h.VisitNonZeroBuckets(func(vmrange string, n uint64) {
		lo, hi, _ := strings.Cut(vmrange, "...")
		out = append(out, bucket{number(lo), number(hi), n})
	})
	return out
}

func number(text string) float64 {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		panic(err)
	}
	return v
}

// vmSummary keeps its quantiles to itself: they are read from its text.
func vmSummary(n int) family {
	set := metrics.NewSet()
	all := make([]*metrics.Summary, n)
	for i := range all {
		all[i] = set.NewSummaryExt(fmt.Sprintf("d%04d", i), 5*time.Minute, asked)
	}
	return family{
		adder: func(i int) func(time.Duration) { return func(d time.Duration) { all[i].Update(d.Seconds()) } },
		query: func(each quantilesFunc) {
			var text bytes.Buffer
			set.WritePrometheus(&text)
			var q [3]time.Duration
			at := 0
			for line := range strings.Lines(text.String()) {
				name, value, _ := strings.Cut(strings.TrimSpace(line), "} ")
				if !strings.Contains(name, `{quantile="`) {
					continue
				}
				q[at%3] = seconds(number(value))
				if at++; at%3 == 0 {
					each(int(number(name[1:5])), q)
				}
			}
		},
	}
}

// otelRecorder is one histogram of the metric SDK, with an attribute set for each endpoint, made before. It is asked by way of
// a collection.
func otelRecorder(a sdkmetric.Aggregation) func(n int) family {
	return func(n int) family {
		reader := sdkmetric.NewManualReader(sdkmetric.WithAggregationSelector(func(sdkmetric.InstrumentKind) sdkmetric.Aggregation { return a }))
		h, err := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader), sdkmetric.WithCardinalityLimit(n+1)).Meter("").Float64Histogram("d")
		if err != nil {
			panic(err)
		}
		ctx := context.Background()
		return family{
			adder: func(i int) func(time.Duration) {
				with := metric.WithAttributeSet(attribute.NewSet(attribute.Int("i", i), attribute.String("http.route", route(i)), attribute.String("http.request.method", "GET")))
				return func(d time.Duration) { h.Record(ctx, d.Seconds(), with) }
			},
			query: func(each quantilesFunc) {
				var rm metricdata.ResourceMetrics
				if err := reader.Collect(ctx, &rm); err != nil {
					panic(err)
				}
				eachPoint(rm.ScopeMetrics[0].Metrics[0].Data, each)
			},
		}
	}
}

func eachPoint(data metricdata.Aggregation, each quantilesFunc) {
	of := func(set attribute.Set) int {
		v, _ := set.Value("i")
		return int(v.AsInt64())
	}
	switch data := data.(type) {
	case metricdata.Histogram[float64]:
		for _, p := range data.DataPoints {
			buckets, lo := make([]bucket, 0, len(p.BucketCounts)), 0.0
			for i, n := range p.BucketCounts {
				hi := math.Inf(1)
				if i < len(p.Bounds) {
					hi = p.Bounds[i]
				}
				buckets = append(buckets, bucket{lo, hi, n})
				lo = hi
			}
			each(of(p.Attributes), quantilesOf(buckets, linear))
		}
	case metricdata.ExponentialHistogram[float64]:
		for _, p := range data.DataPoints {
			bound := func(i int) float64 {
				return math.Exp2(float64(int(p.PositiveBucket.Offset)+i) / math.Exp2(float64(p.Scale)))
			}
			buckets := make([]bucket, 0, len(p.PositiveBucket.Counts))
			for i, n := range p.PositiveBucket.Counts {
				buckets = append(buckets, bucket{bound(i), bound(i + 1), n})
			}
			each(of(p.Attributes), quantilesOf(buckets, exponential))
		}
	}
}
