// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelperf/otelperf-go/spikeprocessor"
)

// crowd runs n operations on each of so many goroutines, and returns the real time and the CPU time that the whole took.
// start is called for each goroutine.
func crowd(goroutines, n int, start func(worker int) func(n int)) (wall, cpu time.Duration) {
	var wg sync.WaitGroup
	gate := make(chan struct{})
	for w := range goroutines {
		run := start(w)
		wg.Go(func() {
			<-gate
			run(n)
		})
	}
	began, used := time.Now(), cpuTime()
	close(gate)
	wg.Wait()
	return time.Since(began), cpuTime() - used
}

// worker is what each of several goroutines does with its processor: requests to one endpoint, each goroutine with a span of
// its own. Before each turn of ours there is a tick, as there is every second in a service.
func worker(of func(worker int) sdktrace.SpanProcessor) func(int) func(int) {
	all, ctx := make([]ended, 8), context.Background()
	for i := range all {
		all[i] = spans(1)[0]
	}
	return func(w int) func(int) {
		s, p := all[w%len(all)], of(w)
		if ours, ok := p.(*spikeprocessor.Processor); ok {
			ours.Link().TakeDeltas(func(*spikeprocessor.Delta) {})
		}
		return func(n int) {
			for range n {
				p.OnStart(ctx, s.start)
				p.OnEnd(s.end)
			}
		}
	}
}

// shared has all goroutines use one processor.
func shared(v variant) func(int) func(int) {
	p := v.make()
	return worker(func(int) sdktrace.SpanProcessor { return p })
}

// apart gives each goroutine a processor of its own: the same instructions, and nothing that is shared.
func apart(v variant, goroutines int) func(int) func(int) {
	ps := make([]sdktrace.SpanProcessor, goroutines)
	for i := range ps {
		ps[i] = v.make()
	}
	return worker(func(w int) sdktrace.SpanProcessor { return ps[w] })
}

// speedups has, for each variant and round, how many times as much cores goroutines did with one processor as one would: what
// they took apart, where nothing holds them up, by what they took together. In real time, and in the CPU time that
// an operation took; waiting for a lock is in the former only.
type speedups struct {
	names     []string
	wall, cpu map[string][]float64
}

func measureCores(cores, rounds, n int, names ...string) speedups {
	type pair struct{ shared, apart func(int) func(int) }
	pairs := map[string]pair{}
	for _, v := range named(names...) {
		pairs[v.name] = pair{shared(v), apart(v, cores)}
	}
	s := speedups{names, map[string][]float64{}, map[string][]float64{}}
	for range rounds {
		for _, i := range rand.Perm(len(names)) {
			name := names[i]
			wall1, cpu1 := crowd(cores, n, pairs[name].apart)
			wall2, cpu2 := crowd(cores, n, pairs[name].shared)
			wall3, cpu3 := crowd(cores, n, pairs[name].shared)
			wall4, cpu4 := crowd(cores, n, pairs[name].apart)
			s.wall[name] = append(s.wall[name], float64(cores)*float64(wall1+wall4)/float64(wall2+wall3))
			s.cpu[name] = append(s.cpu[name], float64(cores)*float64(cpu1+cpu4)/float64(cpu2+cpu3))
		}
	}
	return s
}

func coresTable(w io.Writer, quick bool) {
	const cores = 2
	s := measureCores(cores, rounds(quick, 31, 151), 20_000, vNoop, vZpages, vClassic, vOurs, vLean)
	s.grid(cores).print(w)
}

func (s *speedups) grid(cores int) *grid {
	g := &grid{
		title: fmt.Sprintf("%d goroutines, one hot endpoint: speedup over one (%d: they do not hold each other up)", cores, cores),
		head:  []string{"", "by real time", "by CPU time"},
	}
	for _, name := range s.names {
		g.row(name, median(s.wall[name]).speed(), median(s.cpu[name]).speed())
	}
	g.note = "What they take with a processor each, over what they take with one together: so the machine's own limits, two threads of one core " +
		"or neighbours that take cores away, are not in it. Who waits for a lock spends no CPU time on that, so the last column flatters the classic."
	return g
}

func crowdTable(w io.Writer, quick bool) {
	const goroutines = 8
	var subjects []subject
	for _, v := range named(vNoop, vZpages, vClassic, vOurs, vLean) {
		start := shared(v)
		subjects = append(subjects, timed(v.name, func(n int) { crowd(goroutines, n/goroutines+1, start) }))
	}
	against(subjects, plan{rounds(quick, 31, 151), 4 * time.Millisecond}).
		grid(fmt.Sprintf("%d goroutines at once on one endpoint: CPU time of an OnStart + OnEnd", goroutines)).print(w)
}
