// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/spikeprocessor"
)

const (
	vSecondReader = "no-op, second reader with exponential histograms"
	vMiddleware   = "otelperf, WithInFlight(false), + Middleware"
)

// shop is a mux with 100 routes.
func shop() http.Handler {
	mux := http.NewServeMux()
	for i := range endpoints {
		mux.HandleFunc("GET "+fmt.Sprintf("/api/v1/items%d/{id}", i), func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusOK)
			_, _ = w.Write(answer)
		})
	}
	return mux
}

var answer = []byte("{\"ok\":true}\n")

// meters is what a service that exports metrics has: one reader, with the SDK's default histograms.
func meters(more ...sdkmetric.Option) *sdkmetric.MeterProvider {
	return sdkmetric.NewMeterProvider(append(more, sdkmetric.WithReader(sdkmetric.NewManualReader()))...)
}

func exponentialReader() sdkmetric.Reader {
	return sdkmetric.NewManualReader(sdkmetric.WithAggregationSelector(func(k sdkmetric.InstrumentKind) sdkmetric.Aggregation {
		if k == sdkmetric.InstrumentKindHistogram {
			return sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 2048, MaxScale: 20}
		}
		return sdkmetric.DefaultAggregationSelector(k)
	}))
}

// handler is otelhttp around h.
func handler(h http.Handler, tp *sdktrace.TracerProvider, mp *sdkmetric.MeterProvider) http.Handler {
	return otelhttp.NewHandler(h, "shop", otelhttp.WithTracerProvider(tp), otelhttp.WithMeterProvider(mp),
		otelhttp.WithPropagators(propagation.TraceContext{}))
}

// serve is a whole request to a handler, without a network.
func serve(name string, h http.Handler) subject { return timed(name, serving(h)) }

func serving(h http.Handler) func(n int) {
	w := &discardWriter{header: http.Header{}}
	return servingTo(w, w.header, h)
}

// servingTo replies to a writer with a header of its own.
func servingTo(w http.ResponseWriter, header http.Header, h http.Handler) func(n int) {
	requests := make([]*http.Request, endpoints)
	for i := range requests {
		requests[i] = httptest.NewRequest(http.MethodGet, fmt.Sprintf("/api/v1/items%d/17", i), nil)
		requests[i].Header.Set("User-Agent", "bench")
	}
	i := 0
	return func(n int) {
		for range n {
			clear(header)
			h.ServeHTTP(w, requests[i])
			i = (i + 1) % endpoints
		}
	}
}

// discardWriter has the optional interfaces of net/http's writer for HTTP/1: what wraps it takes it for that.
type discardWriter struct {
	http.Flusher
	http.Hijacker
	http.CloseNotifier //nolint:staticcheck // net/http's writer still has it
	io.ReaderFrom
	header http.Header
}

// Header implements http.ResponseWriter.
func (w *discardWriter) Header() http.Header { return w.header }

// WriteHeader implements http.ResponseWriter.
func (w *discardWriter) WriteHeader(int) {}

// Write implements http.ResponseWriter.
func (w *discardWriter) Write(b []byte) (int, error) { return len(b), nil }

// WriteString implements io.StringWriter.
func (w *discardWriter) WriteString(s string) (int, error) { return len(s), nil }

// FlushError is what http.ResponseController looks for, as are the other three.
func (w *discardWriter) FlushError() error { return nil }

// SetReadDeadline does nothing.
func (w *discardWriter) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing.
func (w *discardWriter) SetWriteDeadline(time.Time) error { return nil }

// EnableFullDuplex does nothing.
func (w *discardWriter) EnableFullDuplex() error { return nil }

func requestSubjects(vs []variant) (out []subject) {
	for _, v := range vs {
		out = append(out, serve(v.name, handler(shop(), provider(v.make()), meters())))
	}
	return out
}

// extras are those that exist at the level of requests alone.
func extras() []subject {
	h, _ := withMiddleware() // runs to the end of the process
	return []subject{
		serve(vSecondReader, handler(shop(), provider(noop{}), meters(sdkmetric.WithReader(exponentialReader())))),
		serve(vMiddleware, h),
	}
}

// withMiddleware is a whole Monitor.
func withMiddleware() (h http.Handler, stop func()) {
	mon, err := otelperf.New(otelperf.WithProcessorOptions(spikeprocessor.WithInFlight(false)))
	if err != nil {
		panic(err)
	}
	return handler(mon.Middleware(shop()), provider(mon.SpanProcessor(nil)), meters()), func() { _ = mon.Shutdown(context.Background()) }
}

func requestTable(w io.Writer, quick bool) {
	against(append(requestSubjects(variants()), extras()...), plan{rounds(quick, 31, 201), 15 * time.Millisecond}).
		grid("A whole otelhttp request around a ServeMux, 100 endpoints").print(w)
}

// overLoopback is a request from a client to a server of this process.
func overLoopback(name string, h http.Handler) subject {
	srv := httptest.NewServer(h)
	client := srv.Client()
	i := 0
	return timed(name, func(n int) {
		for range n {
			r, err := client.Get(fmt.Sprintf("%s/api/v1/items%d/17", srv.URL, i))
			if err != nil {
				panic(err)
			}
			_, _ = io.Copy(io.Discard, r.Body)
			_ = r.Body.Close()
			i = (i + 1) % endpoints
		}
	})
}

func loopbackTable(w io.Writer, quick bool) {
	var subjects []subject
	for _, v := range named(vNone, vNoop, vZpages, vClassic, vOurs, vLean) {
		subjects = append(subjects, overLoopback(v.name, handler(shop(), provider(v.make()), meters())))
	}
	g := against(subjects, plan{rounds(quick, 31, 201), 20 * time.Millisecond}).grid("The same over loopback, client and server in one process")
	g.note = "CPU time of client, server and kernel together: what a processor adds is a few percent of it, hardly more than this can resolve."
	g.print(w)
}
