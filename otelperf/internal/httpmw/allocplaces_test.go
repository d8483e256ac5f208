// SPDX-License-Identifier: Apache-2.0

//go:build !race

package httpmw

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// telling is a span processor that tells Spans of local roots.
type telling struct {
	sdktrace.SpanProcessor
	spans *Spans
}

func (p telling) OnStart(ctx context.Context, s sdktrace.ReadWriteSpan) { p.spans.Started(ctx, s) }
func (p telling) OnEnd(s sdktrace.ReadOnlySpan)                         { _, _ = p.spans.Ended(s.SpanContext().SpanID()) }

// cost is what a request allocates more with Middleware than without.
type cost struct{ allocations, bytes float64 }

var (
	alone    = cost{1, 768}  // the exchange, with all that is in it
	labelled = cost{3, 1088} // and what otelhttp does with the route in its Labeler
)

// A request costs so much wherever Middleware stands, with the configuration that a Monitor gives it. Where otelhttp wraps our writer,
// httpsnoop makes a function of 16 bytes for WriteString, and one of 128 for FlushError beside Flush, if only ours has them.
func TestAllocationsByPlace(t *testing.T) {
	var spans Spans
	otel := otelhttp.NewMiddleware("shop", otelhttp.WithTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(telling{spans: &spans}))),
		otelhttp.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader()))))
	mw := New(Config{
		Headers: true, OutcomeKey: outcomeKey, Goroutines: NewGoroutines(), Spans: &spans,
		Logger: slog.Default, RequestLogRate: func() float64 { return 0 },
		Ignore: func(*http.Request) bool { return false }, Stopped: func() bool { return false },
	})
	mux := func(pattern string) http.Handler { return muxOf(pattern, hello) }
	strip := func(h http.Handler) http.Handler { return http.StripPrefix("/users", h) }
	below := func(h http.Handler) http.Handler { return muxOf("/users/", h) }
	tenants := func(h http.Handler) http.Handler { return muxOf("/{tenant}/", h) }
	copied := func(h http.Handler) http.Handler { return http.MaxBytesHandler(h, 1<<10) }
	type wrap = func(http.Handler) http.Handler
	tests := []struct {
		name  string
		want  cost
		chain func(otel, mw wrap) http.Handler
	}{
		{"alone, method and wildcard", alone, func(_, mw wrap) http.Handler { return mw(mux("GET /users/{id}")) }},
		{"alone, wildcard", alone, func(_, mw wrap) http.Handler { return mw(mux("/users/{id}")) }},
		{"alone, method", alone, func(_, mw wrap) http.Handler { return mw(mux("GET /users/7")) }},
		{"alone, path", alone, func(_, mw wrap) http.Handler { return mw(mux("/users/7")) }},
		{"alone, subtree", alone, func(_, mw wrap) http.Handler { return mw(mux("/")) }},
		{"alone, host", alone, func(_, mw wrap) http.Handler { return mw(mux("GET example.com/users/{id}")) }},
		{"alone, nothing matches", alone, func(_, mw wrap) http.Handler { return mw(mux("/other")) }},
		{"alone, handler", alone, func(_, mw wrap) http.Handler { return mw(hello) }},
		{"alone, twice", alone, func(_, mw wrap) http.Handler { return mw(mw(mux("GET /users/{id}"))) }},
		{"alone, below the mux", alone, func(_, mw wrap) http.Handler { return muxOf("GET /users/{id}", mw(hello)) }},
		{"alone, below StripPrefix", alone, func(_, mw wrap) http.Handler { return strip(mw(mux("GET /{id}"))) }},
		{"alone, above StripPrefix", alone, func(_, mw wrap) http.Handler { return mw(strip(mux("GET /{id}"))) }},
		{"alone, below mux and StripPrefix", alone, func(_, mw wrap) http.Handler { return below(strip(mw(mux("GET /{id}")))) }},
		{"alone, below mux with a wildcard and StripPrefix", alone, func(_, mw wrap) http.Handler { return tenants(strip(mw(mux("GET /{id}")))) }},
		{"below otelhttp, method and wildcard", alone, func(otel, mw wrap) http.Handler { return otel(mw(mux("GET /users/{id}"))) }},
		{"below otelhttp, wildcard", alone, func(otel, mw wrap) http.Handler { return otel(mw(mux("/users/{id}"))) }},
		{"below otelhttp, method", alone, func(otel, mw wrap) http.Handler { return otel(mw(mux("GET /users/7"))) }},
		{"below otelhttp, path", alone, func(otel, mw wrap) http.Handler { return otel(mw(mux("/users/7"))) }},
		{"below otelhttp, subtree", alone, func(otel, mw wrap) http.Handler { return otel(mw(mux("/"))) }},
		{"below otelhttp, nothing matches", alone, func(otel, mw wrap) http.Handler { return otel(mw(mux("/other"))) }},
		{"below otelhttp, handler", alone, func(otel, mw wrap) http.Handler { return otel(mw(hello)) }},
		{"below otelhttp, twice", labelled, func(otel, mw wrap) http.Handler { return otel(mw(mw(mux("GET /users/{id}")))) }},
		{"below otelhttp of each route", alone, func(otel, mw wrap) http.Handler { return muxOf("GET /users/{id}", otel(mw(hello))) }},
		{"below otelhttp of each route, wildcard", alone, func(otel, mw wrap) http.Handler { return muxOf("/users/{id}", otel(mw(hello))) }},
		{"below otelhttp, copied below", alone, func(otel, mw wrap) http.Handler { return otel(mw(copied(mux("GET /users/{id}")))) }},
		{"below otelhttp, StripPrefix above", alone, func(otel, mw wrap) http.Handler { return strip(otel(mw(mux("GET /{id}")))) }},
		{"below otelhttp, StripPrefix below", alone, func(otel, mw wrap) http.Handler { return otel(mw(strip(mux("GET /{id}")))) }},
		{"below otelhttp, mux and StripPrefix below", alone, func(otel, mw wrap) http.Handler { return otel(mw(below(strip(mux("GET /{id}"))))) }},
		{"below otelhttp and mux", labelled, func(otel, mw wrap) http.Handler { return otel(muxOf("GET /users/{id}", mw(hello))) }},
		{"below otelhttp and mux, wildcard", labelled, func(otel, mw wrap) http.Handler { return otel(muxOf("/users/{id}", mw(hello))) }},
		{"below otelhttp and a copy, method and wildcard", labelled, func(otel, mw wrap) http.Handler { return otel(copied(mw(mux("GET /users/{id}")))) }},
		{"below otelhttp and a copy, wildcard", labelled, func(otel, mw wrap) http.Handler { return otel(copied(mw(mux("/users/{id}")))) }},
		{"below otelhttp and a copy, handler", alone, func(otel, mw wrap) http.Handler { return otel(copied(mw(hello))) }},
		{"below otelhttp and StripPrefix, method and wildcard", labelled, func(otel, mw wrap) http.Handler { return otel(strip(mw(mux("GET /{id}")))) }},
		{"below otelhttp and StripPrefix, wildcard", labelled, func(otel, mw wrap) http.Handler { return otel(strip(mw(mux("/{id}")))) }},
		{"below otelhttp, mux and StripPrefix", labelled, func(otel, mw wrap) http.Handler { return otel(below(strip(mw(mux("GET /{id}"))))) }},
		{"below otelhttp, mux with a wildcard and StripPrefix", labelled, func(otel, mw wrap) http.Handler { return otel(tenants(strip(mw(mux("GET /{id}"))))) }},
		{"below otelhttp, and below mux and StripPrefix", labelled, func(otel, mw wrap) http.Handler { return otel(mw(below(strip(mw(mux("GET /{id}")))))) }},
		{"above otelhttp, method and wildcard", alone, func(otel, mw wrap) http.Handler { return mw(otel(mux("GET /users/{id}"))) }},
		{"above otelhttp, wildcard", alone, func(otel, mw wrap) http.Handler { return mw(otel(mux("/users/{id}"))) }},
		{"above otelhttp, method", alone, func(otel, mw wrap) http.Handler { return mw(otel(mux("GET /users/7"))) }},
		{"above otelhttp, handler", alone, func(otel, mw wrap) http.Handler { return mw(otel(hello)) }},
		{"above otelhttp of each route", alone, func(otel, mw wrap) http.Handler { return mw(muxOf("/users/{id}", otel(hello))) }},
		{"between mux and otelhttp", alone, func(otel, mw wrap) http.Handler { return muxOf("/users/{id}", mw(otel(hello))) }},
		{"above and below otelhttp, method and wildcard", alone, func(otel, mw wrap) http.Handler { return mw(otel(mw(mux("GET /users/{id}")))) }},
		{"above and below otelhttp, wildcard", alone, func(otel, mw wrap) http.Handler { return mw(otel(mw(mux("/users/{id}")))) }},
		{"above and below otelhttp, handler", alone, func(otel, mw wrap) http.Handler { return mw(otel(mw(hello))) }},
	}
	writers := []struct {
		name  string
		make  func(*calls) http.ResponseWriter
		snoop cost // of httpsnoop around ours
	}{
		{"net/http's", netLike, cost{}},
		{"plain", func(c *calls) http.ResponseWriter { return plain{c} }, cost{1, 16}},
		{"Flusher", func(c *calls) http.ResponseWriter {
			return struct {
				plain
				flush
			}{plain{c}, flush{c}}
		}, cost{2, 144}},
	}
	none := func(h http.Handler) http.Handler { return h }
	for _, tt := range tests {
		without, with := tt.chain(otel, none), tt.chain(otel, mw)
		for _, w := range writers {
			want := tt.want
			if strings.HasPrefix(tt.name, "below otelhttp") && otelhttpCall() == 0 {
				want = labelled
			}
			if strings.Contains(tt.name, "above otelhttp") || strings.Contains(tt.name, "above and") || strings.HasPrefix(tt.name, "between") {
				want = cost{want.allocations + w.snoop.allocations, want.bytes + w.snoop.bytes}
			}
			without, with := requestTo(w.make, without), requestTo(w.make, with)
			got := cost{testing.AllocsPerRun(200, with) - testing.AllocsPerRun(200, without), bytesPerRun(with) - bytesPerRun(without)}
			if got != want {
				t.Errorf("%s, %s writer: %v allocations and %v bytes more, want %v and %v", tt.name, w.name, got.allocations, got.bytes, want.allocations, want.bytes)
			}
		}
	}
}

var hello = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })
