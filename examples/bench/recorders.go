// SPDX-License-Identifier: Apache-2.0

package main

import (
	"slices"
	"sync"
	"time"

	"github.com/DataDog/sketches-go/ddsketch"
	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/VictoriaMetrics/metrics"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/valyala/histogram"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// recorder is one way to keep durations. family makes it for n endpoints.
type recorder struct {
	name   string
	family func(n int) family
	// merges tells that several of them can be put together to one, so that a sliding window can be made of 66 (six steps of ten
	// seconds and sixty minutes). Who exports leaves that to the backend.
	merges bool
	notes  string
}

// family is a recorder for each of some endpoints.
type family struct {
	adder func(i int) func(time.Duration) // for endpoint i
	query func(quantilesFunc)             // calls it for each endpoint; nil: it cannot be asked
}

// quantilesFunc gets p50, p95 and p99 of endpoint i.
type quantilesFunc func(i int, q [3]time.Duration)

var asked = []float64{0.5, 0.95, 0.99}

// Names of the recorders that others are compared with.
const (
	rOurs     = "otelperf: latency.Histogram"
	rRecorder = "otelperf: latency.Recorder"
	rDDSketch = "DDSketch, 1 %"
	rOTel     = "OTel exponential, MaxSize 160"
)

func recorders() []recorder {
	return []recorder{
		{rOurs, eachAlone(ourHistogram), true, "what the tick does for each request; not safe for concurrent use"},
		{rRecorder, ourRecorder, false, "what a request does, and the tick's part; 16 KiB and full logs for all endpoints together"},
		{rDDSketch, eachAlone(ddRecorder), true, "not safe for concurrent use"},
		{"HdrHistogram, 1 µs to 10 h, 2 digits", eachAlone(hdrRecorder), true, "not safe for concurrent use"},
		{"VictoriaMetrics Histogram", eachAlone(vmHistogram), false, "quantiles on the server"},
		{"VictoriaMetrics Summary", vmSummary, false, "one window of 5 minutes, made of a sample of 1000"},
		{"valyala/histogram Fast", eachAlone(fastRecorder), true, "a sample of 1000; not safe for concurrent use"},
		{"the classic: last 1000, sorted", eachAlone(classicRecorder), true, "the last 1000 alone; mutex"},
		{"Prometheus classic, default buckets", eachAlone(promRecorder(prometheus.HistogramOpts{Name: "d"})), false, "quantiles on the server"},
		{"Prometheus native, factor 1.1", eachAlone(promRecorder(prometheus.HistogramOpts{Name: "d", NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 160})),
			false, "quantiles on the server"},
		{"OTel explicit, otelhttp's bounds", otelRecorder(sdkmetric.AggregationExplicitBucketHistogram{Boundaries: []float64{.005, .01, .025, .05, .075, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10}}),
			false, "precomputed set; quantiles in the backend"},
		{rOTel, otelRecorder(sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 160, MaxScale: 20}), false, "precomputed set; quantiles in the backend"},
	}
}

// recordersNamed returns the recorders with these names.
func recordersNamed(names ...string) []recorder {
	return slices.DeleteFunc(recorders(), func(r recorder) bool { return !slices.Contains(names, r.name) })
}

// single is a recorder that shares nothing with its neighbours.
type single func() (add func(time.Duration), query func() [3]time.Duration)

// eachAlone makes a family of recorders that know nothing of each other.
func eachAlone(one single) func(n int) family {
	return func(n int) family {
		adds, queries := make([]func(time.Duration), n), make([]func() [3]time.Duration, n)
		for i := range n {
			adds[i], queries[i] = one()
		}
		return family{
			adder: func(i int) func(time.Duration) { return adds[i] },
			query: func(each quantilesFunc) {
				for i, q := range queries {
					each(i, q())
				}
			},
		}
	}
}

func ourHistogram() (func(time.Duration), func() [3]time.Duration) {
	h := new(latency.Histogram)
	return h.Record, func() (dst [3]time.Duration) {
		h.Quantiles(dst[:], asked)
		return dst
	}
}

// ourRecorder is histograms behind a Recorder, of which a process has one for all its endpoints.
func ourRecorder(n int) family {
	hs := make([]latency.Histogram, n)
	r := latency.NewRecorder(func(words []uint64) {
		for _, w := range words {
			hs[w>>48].Record(time.Duration(w & (1<<48 - 1)))
		}
	})
	return family{adder: func(i int) func(time.Duration) {
		return func(d time.Duration) { r.Record(uint64(i)<<48 | uint64(d)) }
	}}
}

func ddRecorder() (func(time.Duration), func() [3]time.Duration) {
	s, err := ddsketch.NewDefaultDDSketch(0.01)
	if err != nil {
		panic(err)
	}
	return func(d time.Duration) { _ = s.Add(d.Seconds()) }, func() (dst [3]time.Duration) {
		for i, q := range asked {
			v, _ := s.GetValueAtQuantile(q)
			dst[i] = seconds(v)
		}
		return dst
	}
}

func hdrRecorder() (func(time.Duration), func() [3]time.Duration) {
	h := hdrhistogram.New(1, int64(10*time.Hour/time.Microsecond), 2)
	return func(d time.Duration) { _ = h.RecordValue(d.Microseconds()) }, func() (dst [3]time.Duration) {
		for i, q := range asked {
			dst[i] = time.Duration(h.ValueAtQuantile(q*100)) * time.Microsecond
		}
		return dst
	}
}

func fastRecorder() (func(time.Duration), func() [3]time.Duration) {
	f := histogram.NewFast()
	return func(d time.Duration) { f.Update(d.Seconds()) }, func() (dst [3]time.Duration) {
		for i, v := range f.Quantiles(nil, asked) {
			dst[i] = seconds(v)
		}
		return dst
	}
}

func classicRecorder() (func(time.Duration), func() [3]time.Duration) {
	var mu sync.Mutex
	e := &classicEndpoint{}
	add := func(d time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		e.last[e.next] = d
		e.next, e.n = (e.next+1)%classicSamples, min(e.n+1, classicSamples)
	}
	return add, func() [3]time.Duration { return [3]time.Duration(e.quantiles(asked...)) }
}

func vmHistogram() (func(time.Duration), func() [3]time.Duration) {
	h := new(metrics.Histogram)
	return func(d time.Duration) { h.Update(d.Seconds()) }, func() [3]time.Duration { return quantilesOf(vmBuckets(h), linear) }
}

func seconds(v float64) time.Duration { return time.Duration(v * 1e9) }
