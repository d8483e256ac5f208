// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// netLike is a ResponseWriter with the interfaces of net/http's for HTTP/1.
func netLike(c *calls) http.ResponseWriter {
	return struct {
		plain
		flush
		flushE
		notify
		hijack
		from
		dead
		duplex
		str
	}{plain{c}, flush{c}, flushE{c}, notify{c}, hijack{c}, from{c}, dead{c}, duplex{c}, str{c}}
}

func userMux() *http.ServeMux {
	return muxOf("GET /users/{id}", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "hello")
	}))
}

// request serves one GET, with as little of its own as can be.
func request(h http.Handler) func() { return requestTo(netLike, h) }

// requestTo does it with another writer.
func requestTo(writer func(*calls) http.ResponseWriter, h http.Handler) func() {
	c := &calls{header: http.Header{}}
	w, r := writer(c), httptest.NewRequest(http.MethodGet, "/users/7", nil)
	return func() {
		clear(c.header)
		c.seen = c.seen[:0]
		r.Pattern = ""
		h.ServeHTTP(w, r)
	}
}

func BenchmarkMiddleware(b *testing.B) {
	tp := sdktrace.NewTracerProvider()
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader()))
	otel := otelhttp.NewMiddleware("shop", otelhttp.WithTracerProvider(tp), otelhttp.WithMeterProvider(mp))
	mw := New(Config{Headers: true, OutcomeKey: outcomeKey})
	labels := New(Config{Headers: true, OutcomeKey: outcomeKey, Goroutines: NewGoroutines()})
	for _, bb := range []struct {
		name string
		h    http.Handler
	}{
		{"mux", userMux()},
		{"mux+middleware", mw(userMux())},
		{"mux+middleware+labels", labels(userMux())},
		{"otelhttp+mux", otel(userMux())},
		{"otelhttp+middleware+mux", otel(mw(userMux()))},
		{"otelhttp+middleware+labels+mux", otel(labels(userMux()))},
		{"middleware+otelhttp+middleware+mux", mw(otel(mw(userMux())))},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			run := request(bb.h)
			for b.Loop() {
				run()
			}
		})
	}
}

// BenchmarkGoroutines is what labels add to a request, and to each look for a value that its context has not.
func BenchmarkGoroutines(b *testing.B) {
	type absent struct{}
	g, m := NewGoroutines(), &middleware{}
	r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
	ctx := context.WithValue(context.WithValue(r.Context(), http.ServerContextKey, b), http.LocalAddrContextKey, b)
	r = r.WithContext(trace.ContextWithSpanContext(ctx, trace.SpanContext{}))
	b.Run("label and unlabel", func(b *testing.B) {
		b.ReportAllocs()
		e := newExchange(m, nil, r)
		for b.Loop() {
			g.label(e)
			e.unlabel()
		}
	})
	for name, labelled := range map[string]bool{"value, unlabelled": false, "value, labelled": true} {
		b.Run(name, func(b *testing.B) {
			e := newExchange(m, nil, r)
			if labelled {
				g.label(e)
				defer e.unlabel()
			}
			for b.Loop() {
				_ = e.Value(absent{})
			}
		})
	}
}
