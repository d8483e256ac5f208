// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"time"

	"github.com/DataDog/sketches-go/ddsketch"
	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/valyala/histogram"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// recorder is one way to keep durations. query is nil where a process cannot ask its own histogram for
// quantiles, or only through an export.
type recorder struct {
	name  string
	make  func() (add func(time.Duration), query func() (p50, p95, p99 time.Duration))
	notes string
}

const (
	rOurs     = "otelperf: latency.Histogram"
	rRecorder = "otelperf: latency.Recorder"
	rOTel     = "OTel exponential, MaxSize 160"
)

func recorders() []recorder {
	return []recorder{
		{rOurs, ourHistogram, "not safe for concurrent use"},
		{rRecorder, ourRecorder, "the same behind sharded logs, with the draining; 16 KiB and the logs for all endpoints together"},
		{"DDSketch, 1 %", ddRecorder, "not safe for concurrent use"},
		{"HdrHistogram, 1 µs to 10 h, 2 digits", hdrRecorder, "not safe for concurrent use"},
		{"VictoriaMetrics (valyala/histogram Fast)", fastRecorder, "a sample of 1000; not safe for concurrent use"},
		{"the classic: last 1000, sorted", classicRecorder, "the last 1000 alone; mutex"},
		{"Prometheus classic, default buckets", func() (func(time.Duration), func() (p50, p95, p99 time.Duration)) {
			return promRecorder(prometheus.HistogramOpts{Name: "d"}), nil
		}, "quantiles on the server"},
		{"Prometheus native, factor 1.1", func() (func(time.Duration), func() (p50, p95, p99 time.Duration)) {
			return promRecorder(prometheus.HistogramOpts{Name: "d", NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 160}), nil
		}, "quantiles on the server"},
		{"OTel explicit, SDK default", func() (func(time.Duration), func() (p50, p95, p99 time.Duration)) {
			return otelRecorder(sdkmetric.AggregationExplicitBucketHistogram{Boundaries: []float64{.005, .01, .025, .05, .075, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10}}), nil
		}, "precomputed set; quantiles in the backend"},
		{rOTel, func() (func(time.Duration), func() (p50, p95, p99 time.Duration)) {
			return otelRecorder(sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 160, MaxScale: 20}), nil
		}, "precomputed set; quantiles in the backend"},
	}
}

type quantiles = func() (p50, p95, p99 time.Duration)

// each makes a query of one for a single quantile.
func each(q func(float64) time.Duration) quantiles {
	return func() (p50, p95, p99 time.Duration) { return q(0.5), q(0.95), q(0.99) }
}

func ourQuantiles(h *latency.Histogram) quantiles {
	return func() (p50, p95, p99 time.Duration) {
		var dst [3]time.Duration
		h.Quantiles(dst[:], []float64{0.5, 0.95, 0.99})
		return dst[0], dst[1], dst[2]
	}
}

func ourHistogram() (func(time.Duration), quantiles) {
	h := new(latency.Histogram)
	return h.Record, ourQuantiles(h)
}

// ourRecorder is the histogram behind a Recorder of its own, of which a process has one for all its endpoints.
func ourRecorder() (func(time.Duration), quantiles) {
	h := new(latency.Histogram)
	r := latency.NewRecorder(func(words []uint64) {
		for _, w := range words {
			h.Record(time.Duration(w))
		}
	})
	return func(d time.Duration) { r.Record(uint64(d)) }, nil
}

func ddRecorder() (func(time.Duration), quantiles) {
	s, err := ddsketch.NewDefaultDDSketch(0.01)
	if err != nil {
		panic(err)
	}
	return func(d time.Duration) { _ = s.Add(d.Seconds()) }, each(func(q float64) time.Duration {
		v, _ := s.GetValueAtQuantile(q)
		return time.Duration(v * 1e9)
	})
}

func hdrRecorder() (func(time.Duration), quantiles) {
	h := hdrhistogram.New(1, int64(10*time.Hour/time.Microsecond), 2)
	return func(d time.Duration) { _ = h.RecordValue(d.Microseconds()) }, each(func(q float64) time.Duration {
		return time.Duration(h.ValueAtQuantile(q*100)) * time.Microsecond
	})
}

func fastRecorder() (func(time.Duration), quantiles) {
	f := histogram.NewFast()
	return func(d time.Duration) { f.Update(float64(d)) }, func() (p50, p95, p99 time.Duration) {
		v := f.Quantiles(nil, []float64{0.5, 0.95, 0.99})
		return time.Duration(v[0]), time.Duration(v[1]), time.Duration(v[2])
	}
}

func classicRecorder() (func(time.Duration), quantiles) {
	c := newClassic()
	e := &classicEndpoint{}
	add := func(d time.Duration) {
		c.mu.Lock()
		defer c.mu.Unlock()
		e.last[e.next] = d
		e.next, e.n = (e.next+1)%classicSamples, min(e.n+1, classicSamples)
	}
	return add, func() (p50, p95, p99 time.Duration) {
		v := e.quantiles(0.5, 0.95, 0.99)
		return v[0], v[1], v[2]
	}
}

func promRecorder(opts prometheus.HistogramOpts) func(time.Duration) {
	h := prometheus.NewHistogram(opts)
	return func(d time.Duration) { h.Observe(d.Seconds()) }
}

func otelRecorder(a sdkmetric.Aggregation) func(time.Duration) {
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader(
		sdkmetric.WithAggregationSelector(func(sdkmetric.InstrumentKind) sdkmetric.Aggregation { return a }))))
	h, err := mp.Meter("").Float64Histogram("d")
	if err != nil {
		panic(err)
	}
	with, ctx := metric.WithAttributeSet(attribute.NewSet(attribute.String("http.route", route(1)), attribute.String("http.request.method", "GET"))), context.Background()
	return func(d time.Duration) { h.Record(ctx, d.Seconds(), with) }
}

// durations are lognormal around 50 ms.
func durations(n int, seed uint64) []time.Duration {
	rng := rand.New(rand.NewPCG(seed, 1))
	out := make([]time.Duration, n)
	for i := range out {
		out[i] = time.Duration(50e6 * math.Exp(rng.NormFloat64()))
	}
	return out
}

func adding(rs []recorder) (out []subject) {
	ds := durations(1024, 1)
	for _, r := range rs {
		add, _ := r.make()
		i := 0
		out = append(out, timed(r.name, func(n int) {
			for range n {
				add(ds[i&1023])
				i++
			}
		}))
	}
	return out
}

func recordersTable(w io.Writer, quick bool) {
	rs := recorders()
	adds := measure(adding(rs), plan{rounds(quick, 31, 151), 2 * time.Millisecond})
	g := &grid{
		title: "Recorders of durations, side by side",
		head:  []string{"", "add, ns", "of OTel exponential", "p50, p95, p99 of 1000 endpoints, ms", "live bytes of one", "error of p99: median, worst", ""},
	}
	for _, r := range rs {
		query, errors, bytes := "—", "—", "—"
		if r.name != rRecorder {
			bytes = fmt.Sprintf("%.0f", bytesOf(r))
		}
		if _, q := r.make(); q != nil {
			query, errors = fmt.Sprintf("%.2f", queryOf1000(r)), errorOf(r, rounds(quick, 20, 100))
		}
		g.row(r.name, adds.times(r.name).ns(), adds.share(r.name, rOTel).ratio(), query, bytes, errors, r.notes)
	}
	g.note = "Lognormal durations, sigma 1; 6000 in each for bytes and errors (a minute at 100 a second). The error of p99 is against the exact one of all 6000. " +
		"A window is another matter: with six steps of ten seconds and sixty minutes, 66 live copies of each of these would be needed, where " +
		"otelperf's sealed steps take 24 to 40 KiB together (see the engine's table)."
	g.print(w)
}

func queryOf1000(r recorder) float64 {
	const n = 1000
	queries := make([]quantiles, n)
	for i := range queries {
		add, q := r.make()
		for _, d := range durations(1000, uint64(i)) {
			add(d)
		}
		queries[i] = q
	}
	var ms []float64
	for range 9 {
		began := cpuTime()
		for _, q := range queries {
			q()
		}
		ms = append(ms, float64(cpuTime()-began)/1e6)
	}
	return middle(ms)
}

// bytesOf is what a recorder adds to the heap, without what is shared by all of a process.
func bytesOf(r recorder) float64 {
	const n = 64
	ds := durations(6000, 7)
	keep := make([]func(time.Duration), n)
	before := heap()
	for i := range keep {
		keep[i], _ = r.make()
		for _, d := range ds {
			keep[i](d)
		}
	}
	after := heap()
	runtime.KeepAlive(keep)
	return float64(after-before) / n
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func errorOf(r recorder, draws int) string {
	var errs []float64
	for i := range draws {
		add, q := r.make()
		ds := durations(6000, uint64(100+i))
		for _, d := range ds {
			add(d)
		}
		slices.Sort(ds)
		exact := float64(ds[int(math.Ceil(0.99*float64(len(ds))))-1])
		_, _, p99 := q()
		errs = append(errs, math.Abs(float64(p99)-exact)/exact*100)
	}
	return fmt.Sprintf("%.2f %%, %.2f %%", middle(errs), slices.Max(errs))
}
