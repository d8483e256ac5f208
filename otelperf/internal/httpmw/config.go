// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"context"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/slowlog/fault"
)

// StatusCanceled is shown for a canceled request, as nginx does. It is never sent.
const StatusCanceled = 499

// Config is what [New] needs. Every field may be left zero. The functions are called
// at the same time by many requests; one that panics is recovered and counted in
// Counters.Faults. They run before the reply leaves net/http's buffers, so a slow
// one makes requests slow.
type Config struct {
	// OutcomeKey is the span attribute for outcomes that a status cannot say.
	// Empty: spans get no outcome.
	OutcomeKey attribute.Key

	// Logger gives the logger of the request line. Nil, or giving nil: no line.
	Logger func() *slog.Logger

	// RequestLogRate is the share of requests that get a line, 0 (none) to 1 (all).
	// It is asked for each request. Requests of one trace are logged all or none.
	// Nil: 0.
	RequestLogRate func() float64

	// Ignore says which requests are not ours to see. They are passed through
	// untouched. It is asked by the outermost instance only, with the request as it
	// arrived there.
	Ignore func(*http.Request) bool

	// Headers sets X-Response-Time (unless the handler did) and adds to
	// Server-Timing. Both say the time from the request's arrival here to the first
	// byte of the reply.
	Headers bool

	// Traceparent also adds the span's identity to Server-Timing.
	Traceparent bool

	// OnPanic is called with a panic once, by the instance nearest to where it came
	// from; the panic goes on with the same value. http.ErrAbortHandler is none.
	OnPanic func(context.Context, Panic)

	// OnDone is called with each request once, when its outermost instance returns.
	OnDone func(context.Context, Done)

	// Stopped says that nothing is to be logged or reported any more. Requests are
	// served as before, with their headers and repairs.
	Stopped func() bool

	// Spans is where a span processor asks for the outcome of requests whose span is below. Nil: nobody asks.
	Spans *Spans

	// Goroutines labels the goroutines of requests. Nil: they are not labelled.
	Goroutines *Goroutines

	// Counters receives what happened aside. Nil: not counted.
	Counters *Counters
}

// Counters are for diagnostics.
type Counters struct {
	Suppressed  atomic.Uint64 // request lines left out by RequestLogRate, when that is above 0
	Faults      fault.Log     // panics of Config's functions, recovered
	LogPanics   atomic.Uint64 // panics of log handlers, recovered
	Subtrees    atomic.Uint64 // requests for whose route a router below a pattern like /api/ seems to decide
	SubtreeRows Subtrees      // the first of their rows
	Routed      atomic.Bool   // there was a request whose route we know: Subtrees has all that there is to say
	SpanKinds   SpanKinds     // of requests
	Unrouted    atomic.Uint64 // requests that a handler served, or panicked at, though neither we nor their span know a route
}

// Panic describes a panic of a handler.
type Panic struct {
	TraceID trace.TraceID // invalid if no span was seen
	SpanID  trace.SpanID
	Method  string // known HTTP method or _OTHER
	Route   string // empty if unmatched
	Type    string // Go type of the value, at most 256 bytes
	Message string // at most 1 KiB
	Stack   []byte // from the panic on, at most 16 KiB
}

// Done describes a request that was served.
type Done struct {
	Method   string // known HTTP method or _OTHER
	Route    string // empty if unmatched
	Status   int    // as in the request line, see Outcome; 0 if aborted before a status
	Outcome  slowlog.Outcome
	Duration time.Duration // until the outermost handler returned
	Bytes    int64         // of the reply's body, as accepted by the ResponseWriter
	TraceID  trace.TraceID // invalid if no span was seen
	SpanID   trace.SpanID
	Sampled  bool
}
