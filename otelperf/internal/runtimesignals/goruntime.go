// SPDX-License-Identifier: Apache-2.0

package runtimesignals

import (
	"runtime/metrics"
	"time"
)

// What is read of runtime/metrics, in the order of goRuntime.samples.
const (
	readGC = iota
	readAssist
	readCPU
	readGCPauses
	readOtherPauses
	readLatencies
	readRunnable
	readMutexWait
	readHeapLive
	readGoroutines
	readProcs
	reads
)

var readNames = [reads]string{
	readGC:          "/cpu/classes/gc/total:cpu-seconds",
	readAssist:      "/cpu/classes/gc/mark/assist:cpu-seconds",
	readCPU:         "/cpu/classes/total:cpu-seconds",
	readGCPauses:    "/sched/pauses/total/gc:seconds",
	readOtherPauses: "/sched/pauses/total/other:seconds",
	readLatencies:   "/sched/latencies:seconds",
	readRunnable:    "/sched/goroutines/runnable:goroutines",
	readMutexWait:   "/sync/mutex/wait/total:seconds",
	readHeapLive:    "/gc/heap/live:bytes",
	readGoroutines:  "/sched/goroutines:goroutines",
	readProcs:       "/sched/gomaxprocs:threads",
}

// maxGCSeconds is the longest time that a GC cycle's CPU is spread over: the runtime begins one at the latest two minutes after the last.
const maxGCSeconds = 120

// goRuntime reads what the Go runtime tells: about 64 KiB, most of it the runtime's histograms.
type goRuntime struct {
	samples                       [reads]metrics.Sample
	gcPauses, otherPauses, waited change

	gc, assist, cpu, mutex float64 // as of the last read
	moved                  time.Time
	began                  bool
}

func newGoRuntime() *goRuntime {
	g := &goRuntime{}
	for i, name := range readNames {
		g.samples[i].Name = name
	}
	return g
}

// read fills in what belongs to the time since the last call, which was seconds before now. GC's CPU is known when a cycle ends: then
// gcSeconds is the time that it is of. At the first call all that is a difference is unknown.
func (g *goRuntime) read(now time.Time, seconds float64, v *values) (gcSeconds float64) {
	metrics.Read(g.samples[:])
	v[runnable], v[heapLive], v[goroutines] = g.number(readRunnable), g.number(readHeapLive), g.number(readGoroutines)
	pause := max(g.peak(readGCPauses, &g.gcPauses, 1), g.peak(readOtherPauses, &g.otherPauses, 1))
	latency := g.peak(readLatencies, &g.waited, .99)
	gc, assist, cpu, mutex := g.number(readGC), g.number(readAssist), g.number(readCPU), g.number(readMutexWait)
	if g.began && seconds > 0 {
		v[pauses], v[schedLatency], v[mutexWait] = pause*1e3, latency*1e3, (mutex-g.mutex)/seconds
		v[gcCPU], v[gcAssist] = 0, 0
	}
	if !g.began || cpu > g.cpu {
		if g.began {
			v[gcCPU], v[gcAssist] = (gc-g.gc)/(cpu-g.cpu), (assist-g.assist)/(cpu-g.cpu)
			gcSeconds = min(now.Sub(g.moved).Seconds(), maxGCSeconds)
		}
		g.gc, g.assist, g.cpu, g.moved = gc, assist, cpu, now
	}
	g.mutex, g.began = mutex, true
	return gcSeconds
}

// procs is GOMAXPROCS as of the last read.
func (g *goRuntime) procs() int { return int(g.samples[readProcs].Value.Uint64()) }

// number is a sample as it came; NaN if this version of Go does not have it.
func (g *goRuntime) number(i int) float64 {
	switch v := &g.samples[i].Value; v.Kind() {
	case metrics.KindUint64:
		return float64(v.Uint64())
	case metrics.KindFloat64:
		return v.Float64()
	}
	return unknown
}

// peak is a quantile of what came to a histogram since the last call; NaN if this version of Go does not have it.
func (g *goRuntime) peak(i int, c *change, q float64) float64 {
	v := &g.samples[i].Value
	if v.Kind() != metrics.KindFloat64Histogram {
		return unknown
	}
	h := v.Float64Histogram()
	return c.quantile(h, c.take(h), q)
}
