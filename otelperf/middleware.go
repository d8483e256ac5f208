// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf/internal/httpmw"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// Middleware adds to an HTTP handler what a span processor cannot do: the headers X-Response-Time and Server-Timing, the
// request line (WithRequestLog), and repairs. It may stand next to the mux, inside otelhttp.NewHandler, where it learns
// the route that really matched and mends the span's and the metric's, and tells canceled requests, streams and
// panics apart; or outside otelhttp, where it times, logs and tells outcomes; or in both places, and does everything once.
//
// X-Response-Time and Server-Timing are in every reply that is not ignored (WithIgnoredPaths), so replies are not byte for byte
// what they were; WithHeaders(false) leaves them out.
//
// Where a router's own instrumentation makes the span below Middleware (gin, echo), the processor still hears of streams and clients that
// left. Streams are server-sent events, multipart/x-mixed-replace, Connect's streams, gRPC replies of more than one message, JSON lines that
// are flushed, and hijacked connections; others say so with the span attribute otelperf.outcome=stream. What http.TimeoutHandler cuts off has its
// route if Middleware is next to the mux, inside of it, around it, or both. Any other handler between Middleware and the mux that passes on a
// request of its own hides the route: then Middleware has to stand next to the mux, too. Diagnostics.UnroutedRequests counts what has none.
// A gRPC status decides the outcome of a gRPC request. With otelgrpc inside otelhttp each call has two server spans, and counts twice where
// the client is traced: leave one of them out, by otelhttp.WithFilter for requests of Content-Type application/grpc.
//
// A request is canceled if net/http says that its client left, or a write failed with a broken or reset connection or stream. A reply that the
// server's WriteTimeout, or a deadline of the handler's, broke off is aborted, unless its status is a server error; no other error of a write
// decides anything, and none for HEAD.
//
// Its ResponseWriter has Flusher, CloseNotifier, Hijacker, ReaderFrom and Pusher if the one below itself has them, and io.StringWriter and FlushError
// always. All that http.ResponseController can do works as on the one below: deadlines and full duplex by it alone. A panic of the handler
// goes on with the same value.
//
// A request takes one allocation of 768 bytes where Middleware is next to otelhttp, inside it. Three, of 1088, where a handler in between passes
// on a copy of it, two, of 800, around a mux without otelhttp, and four where it stands outside otelhttp.
func (m *Monitor) Middleware(h http.Handler) http.Handler {
	if m.disabled != "" {
		return h
	}
	m.wired.middleware.Store(true)
	m.wired.around.Or(1 << slices.Index(handlerKinds, handlerKind(h)))
	if m.cfg.countryHeader != "" {
		h = m.countries(h)
	}
	return m.wrap(h)
}

// countries notes on the span the country that a CDN has found out.
func (m *Monitor) countries(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c := r.Header.Get(m.cfg.countryHeader); isCountry(c) {
			trace.SpanFromContext(r.Context()).SetAttributes(semconv.GeoCountryISOCode(c))
		}
		h.ServeHTTP(w, r)
	})
}

// isCountry reports whether s has the form of an ISO 3166-1 alpha-2 code.
func isCountry(s string) bool {
	return len(s) == 2 && 'A' <= s[0] && s[0] <= 'Z' && 'A' <= s[1] && s[1] <= 'Z'
}

func (m *Monitor) middlewareConfig() httpmw.Config {
	c := httpmw.Config{
		OutcomeKey:     conventions.OutcomeKey,
		Logger:         m.requestLogger,
		RequestLogRate: func() float64 { return m.settings.now.Load().requestLog },
		Ignore:         m.ignored,
		Headers:        m.cfg.headers,
		Traceparent:    m.tracker != nil,
		OnPanic:        m.sawPanic,
		Stopped:        m.closed.Load,
		Counters:       &m.counters,
		Spans:          &m.spans,
		Goroutines:     m.goroutines,
	}
	if m.tracker != nil {
		c.OnDone = m.trackRequest
	}
	return c
}

// sawPanic keeps what the span may not have: the stack.
func (m *Monitor) sawPanic(ctx context.Context, p httpmw.Panic) {
	m.panics.Add(1)
	m.link.NotePanic(p.SpanID, p.Type, p.Message, string(p.Stack))
	if m.tracker != nil {
		m.trackPanic(ctx, p)
	}
}

// requestLogger is nil where nothing is to be logged.
func (m *Monitor) requestLogger() *slog.Logger {
	if m.cfg.logger != nil {
		return m.cfg.logger
	}
	return slog.Default()
}

// Filter reports whether a request is to be measured, for otelhttp.WithFilter: not our own endpoint, wherever it is
// mounted, nor /healthz, /livez, /readyz, nor what WithIgnoredPaths names.
func (m *Monitor) Filter(r *http.Request) bool {
	return !m.ignored(r)
}

func (m *Monitor) ignored(r *http.Request) bool {
	path := r.URL.Path
	for _, p := range m.cfg.ignored {
		if path == p || strings.HasSuffix(p, "/") && strings.HasPrefix(path, p) {
			return true
		}
	}
	return m.companion.Serves(path)
}
