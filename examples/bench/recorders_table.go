// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/engine"
)

// perMinute is how many durations a recorder gets where its size or its error is asked for: a hundred a second.
const perMinute = 6000

// windowCopies are the histograms that the windows of otelperf are made of: six of ten seconds, sixty of a minute.
const windowCopies = 66

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
		add, i := r.family(1).adder(0), 0
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
		head:  []string{"", "add, ns", "of OTel exponential", "p50, p95, p99 of 1000 endpoints, ms", "bytes of one", "KiB of one with windows", "error of p99: median, worst", ""},
	}
	for _, r := range rs {
		query, errors, bytes := "—", "—", "—"
		if r.name != rRecorder {
			query, errors, bytes = queryOf1000(r).ms(), errorOf(r, rounds(quick, 20, 100)), fmt.Sprintf("%.0f", bytesOf(r))
		}
		g.row(r.name, adds.times(r.name).ns(), adds.share(r.name, rOTel).ratio(), query, bytes, windowBytes(r), errors, r.notes)
	}
	g.note = "Lognormal durations, sigma 1; 6000 in each for bytes and errors (a minute at 100 a second). The error of p99 is against the exact one of all 6000. " +
		"With windows: the memory of an endpoint with sliding windows of 1, 5 and 60 minutes. For otelperf it is what the engine has after more than an hour, with its detector; for the " +
		"others that can be merged, 66 copies. Where the server has the windows and the quantiles, the query is what the process itself would need to learn them: a scrape " +
		"or collection, and the server's arithmetic."
	g.print(w)
}

// queryOf1000 is the CPU time of asking 1000 endpoints, in ns.
func queryOf1000(r recorder) estimate {
	const n = 1000
	f := r.family(n)
	for i := range n {
		add := f.adder(i)
		for _, d := range durations(1000, uint64(i)) {
			add(d)
		}
	}
	seen := 0
	each := func(int, [3]time.Duration) { seen++ }
	f.query(each)
	if seen != n {
		panic(fmt.Sprintf("bench: %s answered for %d endpoints of %d", r.name, seen, n))
	}
	var took []float64
	for range 15 {
		took = append(took, float64(cpuOf(func() { f.query(each) })))
	}
	return median(took)
}

// bytesOf is what a recorder adds to the heap for an endpoint, in bytes.
func bytesOf(r recorder) float64 {
	const n = 64
	return grown(func() any {
		f := r.family(n)
		fill(f, n)
		return f
	}) / n
}

// windowBytes is what an endpoint needs for its windows, in KiB.
func windowBytes(r recorder) string {
	const n = 4
	switch {
	case r.name == rOurs:
		return kib(engineBytes(n))
	case !r.merges:
		return "—"
	}
	return kib(grown(func() any {
		f := r.family(n * windowCopies)
		fill(f, n*windowCopies)
		return f
	}) / n)
}

// engineBytes is what an endpoint takes of the heap after more than an hour.
func engineBytes(n int) float64 {
	const seconds = 3700
	some := newDriven(1, perMinute/60).some
	return grown(func() any {
		d := newDriven(n, 0)
		d.some = some
		for range seconds {
			d.tick()
		}
		d.engine.Snapshot(engine.Hour)
		return d.engine
	}) / float64(n)
}

// aMinute is made before any memory is measured.
var aMinute = durations(perMinute, 7)

func fill(f family, n int) {
	for i := range n {
		add := f.adder(i)
		for _, d := range aMinute {
			add(d)
		}
	}
}

// grown is how many bytes of heap hold what make returns.
func grown(make func() any) float64 {
	before := heap()
	kept := make()
	after := heap()
	runtime.KeepAlive(kept)
	return float64(after - before)
}

// heap is the memory of all that is reachable, in bytes.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func errorOf(r recorder, draws int) string {
	errs := errorsOf(r, draws)
	return fmt.Sprintf("%.2f %%, %.2f %%", middle(errs)*100, slices.Max(errs)*100)
}

// errorsOf is how far p99 is off, as a share of it, in each of some draws.
func errorsOf(r recorder, draws int) (errs []float64) {
	for i := range draws {
		f := r.family(1)
		add := f.adder(0)
		ds := durations(perMinute, uint64(100+i))
		for _, d := range ds {
			add(d)
		}
		slices.Sort(ds)
		exact := float64(ds[int(math.Ceil(0.99*float64(len(ds))))-1])
		f.query(func(_ int, q [3]time.Duration) { errs = append(errs, math.Abs(float64(q[2])-exact)/exact) })
	}
	return errs
}
