// SPDX-License-Identifier: Apache-2.0

package metricsource

import (
	"context"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/otelperf/otelperf-go/spikeprocessor"
)

// fed is the number of requests and seconds that a source passes on.
func fed(m *Source) (n uint64, seconds float64) {
	m.deltas(func(d *spikeprocessor.Delta) bool {
		n += d.All.Count()
		seconds += d.All.SumSeconds()
		return true
	})
	return n, seconds
}

// Whatever the buckets of the program's Views are, and however the SDK lowers their scale, each collection feeds as many requests as
// there were.
func TestFedIsWhatWasRecorded(t *testing.T) {
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 9))
		aggregation := randomAggregation(rng)
		t.Run(fmt.Sprintf("%d %T", seed, aggregation), func(t *testing.T) {
			m := New(10)
			mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(m.Reader),
				sdkmetric.WithView(sdkmetric.NewView(sdkmetric.Instrument{Name: "http.server.*"}, sdkmetric.Stream{Aggregation: aggregation})))
			h, err := mp.Meter("test").Float64Histogram("http.server.request.duration", metric.WithUnit("s"))
			if err != nil {
				t.Fatal(err)
			}
			for i := range 20 {
				want, seconds := rng.IntN(60)*rng.IntN(2), 0.0
				for range want {
					d := math.Exp(rng.NormFloat64()*float64(i%5)) / 100 // spreads further and further
					if rng.IntN(10) == 0 {
						d = 0
					}
					seconds += d
					h.Record(t.Context(), d, metric.WithAttributes(attribute.Int("http.response.status_code", 200+300*rng.IntN(2))))
				}
				n, sum := uint64(0), 0.0
				err := m.Collect(context.Background(), func(_ time.Time, deltas iter.Seq[*spikeprocessor.Delta]) {
					for d := range deltas {
						if d.Outcomes.Total() != d.All.Count() {
							t.Errorf("collection %d: %d outcomes of %d requests", i, d.Outcomes.Total(), d.All.Count())
						}
						n += d.All.Count()
						sum += d.All.SumSeconds()
					}
				})
				if err != nil || n != uint64(want) || math.Abs(sum-seconds) > 1e-6 {
					t.Fatalf("collection %d: fed %d requests of %v s, %v; want %d of %v s", i, n, sum, err, want, seconds)
				}
			}
		})
	}
}

func randomAggregation(rng *rand.Rand) sdkmetric.Aggregation {
	switch rng.IntN(3) {
	case 0:
		return sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: int32(2 + rng.IntN(200)), MaxScale: int32(rng.IntN(21))}
	case 1:
		return sdkmetric.AggregationExplicitBucketHistogram{}
	}
	bounds := make([]float64, rng.IntN(12))
	for i := range bounds {
		bounds[i] = rng.Float64() * 2
	}
	slices.Sort(bounds)
	return sdkmetric.AggregationExplicitBucketHistogram{Boundaries: slices.Compact(bounds), NoMinMax: rng.IntN(2) == 0}
}

// What a source may say between two collections, besides more requests.
func TestSeriesThatChange(t *testing.T) {
	type exponential = metricdata.ExponentialHistogramDataPoint[float64]
	type explicit = metricdata.HistogramDataPoint[float64]
	positive := func(offset int32, counts ...uint64) metricdata.ExponentialBucket {
		return metricdata.ExponentialBucket{Offset: offset, Counts: counts}
	}
	later := time.Unix(1_700_000_000, 0)
	for _, tt := range []struct {
		name     string
		old, now any
		want     uint64
		seconds  float64 // of buckets, where there is no sum that they can have
	}{
		{"nothing", exponential{Scale: 3, PositiveBucket: positive(-46, 7)}, exponential{Scale: 3, PositiveBucket: positive(-46, 7)}, 0, 0},
		{"more", exponential{Scale: 3, Sum: 1, PositiveBucket: positive(-46, 7)}, exponential{Scale: 3, Sum: 1.0375, ZeroCount: 1, PositiveBucket: positive(-47, 1, 8)}, 3, 0.0375},
		{
			"a lower scale", exponential{Scale: 3, PositiveBucket: positive(-47, 1, 2, 3, 4)},
			exponential{Scale: 1, Sum: 0.025, PositiveBucket: positive(-12, 6, 5)}, 1, 0.025,
		},
		{"a lower scale and fewer", exponential{Scale: 3, PositiveBucket: positive(-47, 1, 2, 3, 4)}, exponential{Scale: 1, PositiveBucket: positive(-12, 1, 8)}, 9, 0.229952},
		{"a higher scale", exponential{Scale: 1, PositiveBucket: positive(-12, 1, 8)}, exponential{Scale: 3, PositiveBucket: positive(-47, 9, 9, 9, 9)}, 36, 0.733129},
		{
			"a higher threshold of zero", exponential{Scale: 0, ZeroCount: 1, PositiveBucket: positive(-10, 4, 4, 4)},
			exponential{Scale: 0, ZeroCount: 9, ZeroThreshold: math.Exp2(-8), PositiveBucket: positive(-8, 6)}, 2, 0.011271,
		},
		{
			"a lower threshold of zero", exponential{ZeroCount: 9, ZeroThreshold: 0.1, PositiveBucket: positive(-3, 6)},
			exponential{ZeroCount: 9, PositiveBucket: positive(-3, 6)}, 15, 1.082021,
		},
		{"fewer zeros", exponential{ZeroCount: 9}, exponential{ZeroCount: 4}, 4, 0},
		{"a bucket that is gone", exponential{PositiveBucket: positive(-3, 6, 1)}, exponential{PositiveBucket: positive(-2, 7)}, 7, 2.524716},
		{"a new start", exponential{PositiveBucket: positive(-3, 6)}, exponential{StartTime: later, PositiveBucket: positive(-3, 8)}, 8, 1.442695},
		{"explicit bounds", explicit{Bounds: []float64{0.1, 1}, BucketCounts: []uint64{1, 2, 3}}, explicit{Bounds: []float64{0.1, 1}, BucketCounts: []uint64{1, 3, 3}, Sum: 0.5}, 1, 0.5},
		{"other bounds", explicit{Bounds: []float64{0.1, 1}, BucketCounts: []uint64{1, 2, 3}}, explicit{Bounds: []float64{0.1, 2}, BucketCounts: []uint64{1, 3, 3}}, 7, 9.2},
		{"fewer in one bucket", explicit{Bounds: []float64{0.1}, BucketCounts: []uint64{5, 2}}, explicit{Bounds: []float64{0.1}, BucketCounts: []uint64{1, 9}}, 10, 0.95},
		{"explicit, a new start", explicit{BucketCounts: []uint64{5}}, explicit{StartTime: later, BucketCounts: []uint64{6}}, 6, 0},
		{"exponential after explicit", explicit{Bounds: []float64{0.1}, BucketCounts: []uint64{5, 2}}, exponential{PositiveBucket: positive(0, 9, 9)}, 18, 38.952766},
		{"a sum that went down", explicit{BucketCounts: []uint64{5}, Sum: 3}, explicit{BucketCounts: []uint64{6}, Sum: 2}, 1, 0},
	} {
		m := New(10)
		read := func(point any) (uint64, float64) {
			switch p := point.(type) {
			case exponential:
				m.read(pointKey{}, metricdata.ExponentialHistogram[float64]{DataPoints: []exponential{p}}, 1)
			case explicit:
				m.read(pointKey{}, metricdata.Histogram[float64]{DataPoints: []explicit{p}}, 1)
			}
			return fed(m)
		}
		read(tt.old)
		if n, s := read(tt.now); n != tt.want || math.Abs(s-tt.seconds) > 1e-6 {
			t.Errorf("%s: fed %d requests of %v s, want %d of %v s", tt.name, n, s, tt.want, tt.seconds)
		}
		if n, _ := read(tt.now); n != 0 {
			t.Errorf("%s: fed %d requests again", tt.name, n)
		}
	}
}

// Two versions of one instrumentation, or two instruments of one name, are series of their own.
func TestSeriesOfOneName(t *testing.T) {
	m := New(10)
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(m.Reader))
	for i := range uint64(3) {
		for v, n := range map[string]uint64{"v1": 5 + i, "v2": 3} {
			h, err := mp.Meter("test", metric.WithInstrumentationVersion(v)).Float64Histogram("http.server.request.duration")
			if err != nil {
				t.Fatal(err)
			}
			for range n {
				h.Record(t.Context(), 0.1)
			}
		}
		if err := m.Collect(t.Context(), func(time.Time, iter.Seq[*spikeprocessor.Delta]) {}); err != nil {
			t.Fatal(err)
		}
		if n, _ := fed(m); n != 8+i {
			t.Errorf("collection %d: fed %d requests, want %d", i, n, 8+i)
		}
	}
}
