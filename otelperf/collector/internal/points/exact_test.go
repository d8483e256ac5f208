// SPDX-License-Identifier: Apache-2.0

package points_test

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/points"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/simulation"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// exporting is how a fleet exports.
type exporting struct {
	name            string
	size            int
	scale           int32
	temporality     pmetric.AggregationTemporality
	restarts, twice bool
	spread          float64
	exact           bool    // bucket for bucket
	off             float64 // else: how far p50, p90 and p99 may be
}

// run exports ten minutes of 100 instances, and returns what came of it and what was recorded.
func (x exporting) run(t *testing.T) (got, want *latency.Histogram, st points.Stats) {
	t.Helper()
	r := rand.New(rand.NewPCG(3, 4))
	reader := points.New(0)
	got, want = new(latency.Histogram), new(latency.Histogram)
	type process struct {
		h     *simulation.Expo
		start float64
	}
	var in [100]process
	for i := range in {
		in[i] = process{simulation.NewExpo(x.size, x.scale), 0}
	}
	for k := 1.0; k <= 10; k++ {
		at := 60 * k
		for i := range in {
			ends := x.restarts && k == 5 && i%10 == 0 // the process ends between its exports
			for range 30 {
				d := time.Duration(50e6 * math.Exp(x.spread*r.NormFloat64()))
				if r.IntN(200) == 0 {
					d *= 100
				}
				in[i].h.Record(d.Seconds())
				if !ends {
					want.Record(d)
				}
			}
			if ends {
				in[i] = process{simulation.NewExpo(x.size, x.scale), at}
				continue
			}
			e := exportOf(strconv.Itoa(i)).expo(x.temporality, "/x", in[i].start, at, in[i].h)
			got.Merge(&take(t, reader, at, e).h)
			if x.twice && i%3 == 0 && take(t, reader, at+1, e).count != 0 {
				t.Error("an export that was sent twice counts twice")
			}
			if x.temporality == delta {
				in[i] = process{simulation.NewExpo(x.size, x.scale), at}
			}
		}
	}
	return got, want, reader.Stats()
}

// Whatever scales, temporality, restarts and repeats: the histogram of the fleet is that of its requests.
func TestTheFleetsHistogramIsThatOfItsRequests(t *testing.T) {
	for _, x := range []exporting{
		{name: "scale 6, cumulative", size: 4096, scale: 6, temporality: cumulative, spread: 0.4, exact: true},
		{name: "scale 6, restarts", size: 4096, scale: 6, temporality: cumulative, restarts: true, spread: 0.4, exact: true},
		{name: "scale 6, sent twice", size: 4096, scale: 6, temporality: cumulative, twice: true, spread: 0.4, exact: true},
		{name: "scale 6, delta, sent twice", size: 4096, scale: 6, temporality: delta, twice: true, spread: 0.4, exact: true},
		{name: "an SDK's, narrow", size: 160, scale: 20, temporality: cumulative, spread: 0.05, off: 0.05},
		{name: "an SDK's, cumulative", size: 160, scale: 20, temporality: cumulative, twice: true, spread: 0.4, off: 0.05},
		{name: "an SDK's, delta", size: 160, scale: 20, temporality: delta, spread: 0.4, off: 0.05},
	} {
		got, want, st := x.run(t)
		if got.Count() != want.Count() {
			t.Errorf("%s: %d requests of %d", x.name, got.Count(), want.Count())
		}
		differ := 0
		a, b := bucketsOf(got), bucketsOf(want)
		for i := range a {
			if a[i] != b[i] {
				differ++
			}
		}
		if x.exact && differ > 0 {
			t.Errorf("%s: %d buckets differ", x.name, differ)
		}
		for _, q := range []float64{0.5, 0.9, 0.99} {
			g, _ := got.Quantile(q)
			w, _ := want.Quantile(q)
			if off := math.Abs(float64(g-w)) / float64(w); off > x.off+1e-9 {
				t.Errorf("%s: p%v is %v, want %v", x.name, 100*q, g, w)
			}
		}
		if x.restarts != (st.Restarts == 10) || x.twice != (st.Stale > 0) || st.First+st.Absurd+st.Crowded+st.Shared != 0 {
			t.Errorf("%s: %+v", x.name, st)
		}
	}
}

func bucketsOf(h *latency.Histogram) (all [latency.NumBuckets]uint64) {
	for b, n := range h.Buckets() {
		all[b] = n
	}
	return all
}
