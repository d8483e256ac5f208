// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/causes"
)

// whenItRuns finds out what a program did while the machine ran it: where it runs others instead, that is the cause, and rightly so.
func whenItRuns(t *testing.T, program func(p *program)) *causes.Recording {
	t.Helper()
	return found(t, stored(t, program, func(r *causes.Recording) bool { return stateShare(r, causes.NotScheduled) < 0.3 }))
}

func spin(stop *atomic.Bool) {
	for n := 0; !stop.Load(); n++ {
	}
}

// TestProcessorHog: with one CPU, whoever makes way waits until the others were asked to.
func TestProcessorHog(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	r := whenItRuns(t, func(p *program) {
		p.normal(victim, runtime.Gosched)
		var stop atomic.Bool
		for range 4 {
			p.all.Go(func() { spin(&stop) })
		}
		time.Sleep(time.Millisecond) // until they run
		for range 8 {
			p.serve(victim, true, runtime.Gosched)
		}
		stop.Store(true)
	})
	check(t, r, want{state: causes.Runnable, share: 0.3, sentence: "waiting for a CPU, the CPUs were used by goroutine evidence.TestProcessorHog"})
}

// render works until this process has had the CPU for d, as far as the clock can tell.
func render(d time.Duration) {
	for start := time.Now(); time.Since(start) < d; {
	}
}

func TestOwnWork(t *testing.T) {
	r := whenItRuns(t, func(p *program) {
		p.normal(victim, func() { render(0) })
		for range 6 {
			p.serve(victim, true, func() { render(long / 2) })
		}
	})
	check(t, r, want{state: causes.Running, line: "render", share: 0.3, explained: 0.5, sentence: "running evidence.render (cpu_test.go)"})
}

type node struct {
	next *node
	_    [6]*node
}

// TestGarbageCollection: requests that allocate while the collector has a large heap to mark, over and over.
func TestGarbageCollection(t *testing.T) {
	var live []*node
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	r := found(t, stored(t, func(p *program) {
		p.normal(victim, func() { allocate(1) })
		debug.SetGCPercent(5)
		p.slow(victim, func() { allocate(100) })
		p.all.Wait()
		runtime.KeepAlive(live)
	}, func(r *causes.Recording) bool { return stateShare(r, causes.GC) > 0.1 }, func() {
		for range 100_000 {
			live = append(live, &node{next: &node{}})
		}
	}))
	for _, c := range endpoint(t, r, victim).Causes {
		t.Log(c.Sentence())
	}
	if share := stateShare(r, causes.GC); share < 0.05 {
		t.Errorf("garbage collection has %.2f of the time", share)
	}
}

//go:noinline
func allocate(times int) (junk [8][]byte) {
	for i := range times {
		junk[i%len(junk)] = make([]byte, 32<<10)
	}
	return junk
}
