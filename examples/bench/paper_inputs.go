// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// Subjects of what the model must know.
const (
	iUnderZpages  = "what zpages asks of a span under its mutex"
	iOutClassic   = "what the classic asks of a span before its mutex"
	iRecord       = "latency.Recorder.Record"
	iRecordTicked = "latency.Recorder.Record, without draining"
)

// asking is a processor that asks a span and does nothing else.
type asking struct {
	noop
	ask func(sdktrace.ReadOnlySpan)
}

// OnEnd implements sdktrace.SpanProcessor.
func (a asking) OnEnd(s sdktrace.ReadOnlySpan) { a.ask(s) }

var sink atomic.Int64 // keeps what was asked from being optimised away

func askingSubject(name string, ask func(sdktrace.ReadOnlySpan)) subject {
	return hot(variant{name, func() sdktrace.SpanProcessor { return asking{ask: ask} }})
}

// modelInputs measures what the model needs: the machine, and otelperf, zpages and the classic in this order.
func modelInputs(quick bool) (machine, []design) {
	subjects := append(subjectsOf(hot, named(vNoop, vZpages, vClassic)), subjectsOf(hotTicked, named(vLean))...)
	subjects = append(subjects,
		askingSubject(iUnderZpages, func(s sdktrace.ReadOnlySpan) {
			if s.EndTime().Sub(s.StartTime()) < 0 || s.EndTime().IsZero() {
				sink.Add(1)
			}
		}),
		askingSubject(iOutClassic, func(s sdktrace.ReadOnlySpan) {
			if s.SpanKind() < 0 || s.EndTime().Sub(s.StartTime()) < 0 || s.Name() == "" {
				sink.Add(1)
			}
		}),
		recording(iRecord, false), recording(iRecordTicked, true),
	)
	t := measure(subjects, plan{rounds(quick, 31, 151), 2 * time.Millisecond})
	over := func(name string) float64 { return max(t.over(name, vNoop).mid, 1) }
	m := machine{transfer: lineTransfer(), perSocket: 32, far: 3}
	return m, []design{
		{name: "otelperf", alone: over(vLean), lines: 2, held: t.times(iRecordTicked).mid, shards: recorderShards, drained: max(t.over(iRecord, iRecordTicked).mid, 1)},
		{name: "zpages", alone: over(vZpages), serial: over(iUnderZpages), lines: 4},
		{name: "the classic", alone: over(vClassic), serial: max(over(vClassic)-over(iOutClassic), 1), lines: 4},
	}
}

// recording is Record alone; with flushed, what the tick does is not counted.
func recording(name string, flushed bool) subject {
	var h latency.Histogram
	r := latency.NewRecorder(func(words []uint64) {
		for _, w := range words {
			h.Record(time.Duration(w))
		}
	})
	return subject{name, func(n int) time.Duration {
		if flushed {
			r.Flush()
		}
		return cpuOf(func() {
			for range n {
				r.Record(50_000_000)
			}
		})
	}}
}

// lineTransfer is how long it takes to get a cache line that another core has written, in ns: half of what it takes to send a word
// there and back. Without a second CPU it is 45, which is usual.
func lineTransfer() float64 {
	const turns, usual = 20_000, 45
	if runtime.NumCPU() < 2 || runtime.GOMAXPROCS(0) < 2 {
		return usual
	}
	var best = usual * 100.0
	for range 41 {
		best = min(best, float64(pingPong(turns))/turns/2)
	}
	return best
}

// pingPong has two goroutines add to a number in turn, spinning: a neighbour that takes one of the CPUs spoils a run, so the best counts.
func pingPong(turns int) time.Duration {
	var ball atomic.Int64
	var wg sync.WaitGroup
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	player := func(odd int64) {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		for spins := 1; ; spins++ {
			n := ball.Load()
			switch {
			case n >= int64(2*turns):
				return
			case n&1 == odd:
				ball.Store(n + 1)
				spins = 0
			case spins%100_000 == 0 && ctx.Err() != nil:
				return
			}
		}
	}
	began := time.Now()
	wg.Go(func() { player(0) })
	wg.Go(func() { player(1) })
	wg.Wait()
	return time.Since(began)
}
