// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"runtime"
	"runtime/metrics"
	"slices"
	"sync"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/spikeprocessor"
)

// setup builds one way of running the service. stop ends what it started.
type setup struct {
	name string
	make func() (h http.Handler, stop func())
}

const sWithout = "without otelperf"

// setups are the service without us, and with one more of our features in each line.
func setups() []setup {
	with := func(middleware bool, root sdktrace.Sampler, viewers int, opts ...spikeprocessor.Option) func() (http.Handler, func()) {
		return func() (http.Handler, func()) {
			mon, err := otelperf.New(otelperf.WithSpans(opts...), otelperf.WithLogger(slog.New(slog.DiscardHandler)))
			if err != nil {
				panic(err)
			}
			sampler := sdktrace.AlwaysSample()
			if root != nil {
				sampler = mon.Sampler(root)
			}
			tp := sdktrace.NewTracerProvider(sdktrace.WithSampler(sampler), sdktrace.WithSpanProcessor(mon.SpanProcessor(sdktrace.NewBatchSpanProcessor(discard{}))))
			h := calls(tp.Tracer(""))
			if middleware {
				h = mon.Middleware(h)
			}
			end := watch(mon, viewers)
			return handler(h, tp, meters(sdkmetric.WithReader(mon.Reader()))), func() {
				end()
				shutdown(tp)
				_ = mon.Shutdown(context.Background())
			}
		}
	}
	one := sdktrace.ParentBased(sdktrace.TraceIDRatioBased(0.01))
	return []setup{
		{sWithout, func() (http.Handler, func()) { return without(sdktrace.AlwaysSample()) }},
		{"1 % sampled, without otelperf", func() (http.Handler, func()) { return without(one) }},
		{"processor and reader", with(false, nil, 0)},
		{"the same, without enrichment", with(false, nil, 0, spikeprocessor.WithoutEnrichment())},
		{"the same, without anatomy", with(false, nil, 0, spikeprocessor.WithAnatomy(false))},
		{"processor, reader, Middleware", with(true, nil, 0)},
		{"all of it, Sampler over 1 %, RecordAll", with(true, one, 0)},
		{"all of it, Sampler over 1 %, RecordRoots", with(true, one, 0, spikeprocessor.WithSamplerMode(spikeprocessor.RecordRoots))},
		{"all of it, 10 viewers of the summary", with(true, nil, 10)},
	}
}

func without(s sdktrace.Sampler) (http.Handler, func()) {
	tp := sdktrace.NewTracerProvider(sdktrace.WithSampler(s), sdktrace.WithSpanProcessor(sdktrace.NewBatchSpanProcessor(discard{})))
	return handler(calls(tp.Tracer("")), tp, meters()), func() { shutdown(tp) }
}

func shutdown(tp *sdktrace.TracerProvider) { _ = tp.Shutdown(context.Background()) }

// calls is the shop with two calls below each request.
func calls(tracer trace.Tracer) http.Handler {
	mux := shop()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, name := range []string{"SELECT users", "SELECT items"} {
			_, s := tracer.Start(r.Context(), name, trace.WithSpanKind(trace.SpanKindClient))
			s.End()
		}
		mux.ServeHTTP(w, r)
	})
}

// watch has so many viewers ask for the summary each second, as the live page's stream does.
func watch(mon *otelperf.Monitor, viewers int) (end func()) {
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range viewers {
		wg.Go(func() {
			ticker := time.NewTicker(time.Second)
			defer ticker.Stop()
			for {
				select {
				case <-done:
					return
				case <-ticker.C:
					mon.Summary(otelperf.Window5m)
				}
			}
		})
	}
	return func() {
		close(done)
		wg.Wait()
	}
}

// load is what one turn of a service came to.
type load struct {
	perSecond, p50, p99, cpu, heap, gc float64 // 1/s, µs, µs, µs a request, MiB, share of the CPU time in percent
}

// wholeService runs each setup once in each round, under a load of eight connections over loopback.
func wholeService(w io.Writer, quick bool) {
	all := setups()
	turns := make([][]load, len(all))
	for range rounds(quick, 5, 20) {
		for _, i := range rand.Perm(len(all)) {
			h, stop := all[i].make()
			turns[i] = append(turns[i], drive(h, time.Duration(rounds(quick, 700, 2000))*time.Millisecond))
			stop()
		}
	}
	g := &grid{
		title: "A whole service under load: otelhttp, a mux, two calls, 8 connections over loopback",
		head:  []string{"", "requests a second", "p50, µs", "p99, µs", "CPU a request, µs", "more than without, µs", "heap, MiB", "GC, %"},
	}
	for i, s := range all {
		of := func(f func(load) float64) []float64 { return column(turns[i], f) }
		cpu := func(l load) float64 { return l.cpu }
		g.row(s.name, fmt.Sprintf("%.0f", middle(of(func(l load) float64 { return l.perSecond }))),
			fmt.Sprintf("%.0f", middle(of(func(l load) float64 { return l.p50 }))), fmt.Sprintf("%.0f", middle(of(func(l load) float64 { return l.p99 }))),
			fmt.Sprintf("%.1f", middle(of(cpu))), median(differences(of(cpu), column(turns[0], cpu))).speed(),
			fmt.Sprintf("%.1f", middle(of(func(l load) float64 { return l.heap }))), fmt.Sprintf("%.1f", middle(of(func(l load) float64 { return l.gc }))))
	}
	g.note = "The clients run in the same process, and their CPU time is in the numbers of all lines. The difference is that of rounds."
	g.print(w)
}

func column(turns []load, f func(load) float64) (out []float64) {
	for _, l := range turns {
		out = append(out, f(l))
	}
	return out
}

// drive loads h for so long.
func drive(h http.Handler, d time.Duration) load {
	const connections = 8
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	go func() { _ = srv.Serve(l) }()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections}}
	base := "http://" + l.Addr().String()
	_ = hammer(client, base, connections, d/4)
	runtime.GC()
	gc, used, began := gcTime(), cpuTime(), time.Now()
	took := hammer(client, base, connections, d)
	seconds, cpu := time.Since(began).Seconds(), cpuTime()-used
	gc = gcTime() - gc
	client.CloseIdleConnections()
	_ = srv.Close()
	slices.Sort(took)
	n := float64(len(took))
	at := func(q float64) float64 { return float64(took[int(q*(n-1))]) / 1e3 }
	return load{n / seconds, at(0.5), at(0.99), float64(cpu) / n / 1e3, float64(heap()) / (1 << 20), gc / cpu.Seconds() * 100}
}

// hammer asks for one endpoint after the other on each connection, and returns how long each answer took.
func hammer(client *http.Client, base string, connections int, d time.Duration) (all []time.Duration) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	end := time.Now().Add(d)
	for c := range connections {
		wg.Go(func() {
			var took []time.Duration
			for i := c; ; i++ {
				began := time.Now()
				if began.After(end) {
					break
				}
				r, err := client.Get(fmt.Sprintf("%s/api/v1/items%d/17", base, i%endpoints))
				if err != nil {
					panic(err)
				}
				_, _ = io.Copy(io.Discard, r.Body)
				_ = r.Body.Close()
				took = append(took, time.Since(began))
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, took...)
		})
	}
	wg.Wait()
	return all
}

// gcTime is the CPU time of all collections so far, in seconds, as the runtime estimates it.
func gcTime() float64 {
	s := []metrics.Sample{{Name: "/cpu/classes/gc/total:cpu-seconds"}}
	metrics.Read(s)
	return s[0].Value.Float64()
}
