// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"go.opentelemetry.io/contrib/zpages"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// What a service may have besides otelhttp, a BatchSpanProcessor that exports every trace, and a metric reader.
const (
	pNothing    = "nothing else"
	pZpages     = "contrib zpages"
	pProcessor  = "otelperf: processor and reader"
	pMiddleware = "otelperf: processor, reader, Middleware"
)

var pipelines = []string{pNothing, pZpages, pProcessor, pMiddleware}

// wholeProcessTable shows what the process pays for a request: user and system time of all its threads, with what the collector and
// the tick do meanwhile.
func wholeProcessTable(w io.Writer, quick bool) {
	n := 40
	if quick {
		n = 8
	}
	for _, calls := range []int{0, 4} {
		var runs []map[string]processCPU
		for i := range processes {
			progress("cpu: %d calls, process %d of %d", calls, i+1, processes)
			said, err := child(partCPU, fmt.Sprintf("%d %d", calls, n)).Output()
			if err != nil {
				panic(fmt.Sprintf("bench: a process for CPU: %v", err))
			}
			var run map[string]processCPU
			if err := json.Unmarshal(said, &run); err != nil {
				panic(err)
			}
			runs = append(runs, run)
		}
		g := &grid{
			title: fmt.Sprintf("CPU of the whole process for a request with %d database calls: median of %d processes", calls, processes),
			head:  []string{"besides otelhttp and export", "µs", "more, µs", "more, %"},
		}
		for _, name := range pipelines {
			one := func(f func(processCPU) float64) estimate {
				return across(column(runs, func(r map[string]processCPU) float64 { return f(r[name]) }))
			}
			us := one(func(c processCPU) float64 { return c.NS / 1e3 })
			g.row(name, fmt.Sprintf("%.1f (%.1f–%.1f)", us.mid, us.lo, us.hi), one(func(c processCPU) float64 { return c.More / 1e3 }).signed(),
				one(func(c processCPU) float64 { return 100 * c.More / (c.NS - c.More) }).signed())
		}
		g.note = fmt.Sprintf("100 routes, every trace sampled and exported to nowhere, 64 MiB of live heap, %d requests at once; %d alternating rounds in each process. In brackets the least and the most of the processes.",
			serving2, n)
		g.print(w)
	}
}

// processCPU is what a pipeline takes in one process.
type processCPU struct {
	NS   float64 // of a request
	More float64 // than with nothing else, the median of the differences in the rounds
}

const (
	serving2    = 2    // goroutines that serve
	turnOfServe = 8000 // requests of a turn: some collections of the heap
)

// addedToProcess is the part of one process: so many calls of a request, so many rounds.
func addedToProcess(arg string) map[string]processCPU {
	first, second, _ := strings.Cut(arg, " ")
	calls, err := strconv.Atoi(first)
	if err != nil {
		panic(err)
	}
	n, err := strconv.Atoi(second)
	if err != nil {
		panic(err)
	}
	heap := liveHeap(64 << 20)
	defer runtime.KeepAlive(heap)
	t := table{names: pipelines, ns: make([][]float64, len(pipelines))}
	var handlers []http.Handler
	for _, name := range pipelines {
		handlers = append(handlers, pipeline(name, calls))
		serveTurn(handlers[len(handlers)-1])
	}
	for range n {
		for _, i := range rand.Perm(len(handlers)) {
			t.ns[i] = append(t.ns[i], serveTurn(handlers[i]))
		}
	}
	out := map[string]processCPU{}
	for _, name := range pipelines {
		out[name] = processCPU{t.times(name).mid, t.over(name, pNothing).mid}
	}
	return out
}

// serveTurn is a turn of one pipeline, in nanoseconds a request.
func serveTurn(h http.Handler) float64 {
	runtime.GC()
	var all sync.WaitGroup
	took := cpuOf(func() {
		for range serving2 {
			run := serving(h)
			all.Go(func() { run(turnOfServe / serving2) })
		}
		all.Wait()
	})
	return float64(took) / turnOfServe
}

// pipeline is a service, which runs to the end of the process.
func pipeline(name string, calls int) http.Handler {
	next := batcher()
	if name == pNothing || name == pZpages {
		options := []sdktrace.TracerProviderOption{sdktrace.WithSampler(sdktrace.AlwaysSample()), sdktrace.WithSpanProcessor(next)}
		if name == pZpages {
			options = append(options, sdktrace.WithSpanProcessor(zpages.NewSpanProcessor()))
		}
		tp := sdktrace.NewTracerProvider(options...)
		return handler(shopWithCalls(tp.Tracer("shop"), calls), tp, meters())
	}
	mon, _ := monitor()
	tp := provider(mon.SpanProcessor(next))
	h := shopWithCalls(tp.Tracer("shop"), calls)
	if name == pMiddleware {
		h = mon.Middleware(h)
	}
	return handler(h, tp, meters(sdkmetric.WithReader(mon.Reader())))
}

// shopWithCalls is the shop, which asks its database so many times for each request.
func shopWithCalls(tracer trace.Tracer, calls int) http.Handler {
	attrs := []attribute.KeyValue{attribute.String("db.system.name", "postgresql"), attribute.String("db.query.summary", "SELECT items"), attribute.String("server.address", "db")}
	call := func(ctx context.Context) {
		_, s := tracer.Start(ctx, "SELECT items", trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attrs...))
		s.End()
	}
	mux := http.NewServeMux()
	for i := range endpoints {
		mux.HandleFunc("GET "+route(i), func(w http.ResponseWriter, r *http.Request) {
			for range calls {
				call(r.Context())
			}
			_, _ = w.Write(answer)
		})
	}
	return mux
}

// liveHeap is what a service keeps: half of it small objects that point to each other, half without pointers.
func liveHeap(size int) any {
	type object struct {
		next *object
		_    [56]byte
	}
	objects := make([]*object, size/2/64)
	for i := range objects {
		objects[i] = &object{next: objects[rand.IntN(i+1)]}
	}
	plain := make([]byte, size/2)
	for i := range plain {
		plain[i] = 1
	}
	return []any{objects, plain}
}
