// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"context"
	"net/http"

	"go.opentelemetry.io/otel/trace"
)

// A visit is the passage of a request through one instance.
type visit struct {
	e             *exchange
	h             *handler
	w             http.ResponseWriter // as it came from above
	depth         int                 // how many instances are above
	got           *http.Request       // as it came from above
	passed        *http.Request       // as it went below; the mux wrote its pattern there
	span          trace.Span          // of its context; one that does nothing if there is none
	patternBefore string              // of a mux above this instance
	direct        bool                // otelhttp has called us: it sees the pattern that we hand up
	returned      bool                // false: a panic or Goexit is unwinding us, if the handler runs no longer
}

// leave is deferred around the handler below. It has to be the deferred function
// itself, or recover would see nothing.
func (v *visit) leave() {
	thrown := recover()
	e := v.e
	end := e.ending(v.w) // first of all: net/http cancels the context of a client that leaves later, too
	end.panicked = end.panicked || thrown != nil && thrown != http.ErrAbortHandler
	end.aborted = !v.returned && !end.panicked
	outcome := end.outcome()

	v.repair(v.learnPattern(), end.told(outcome))
	if thrown != nil && thrown != http.ErrAbortHandler {
		e.reportPanic(v.got.Context(), thrown)
	}
	if v.returned {
		e.m.cfg.Counters.SpanKinds.note(v.span)
	}
	if v.depth == 0 {
		handUp(v.got, v.passed)
		e.finish(end, outcome, v.span)
	}
	if thrown != nil {
		panic(thrown)
	}
}

// learnPattern finds the pattern, and writes it where those above look for it.
func (v *visit) learnPattern() string {
	pattern := v.e.learn(v, v.shown(v.passed.Pattern))
	if v.got.Pattern != pattern {
		v.got.Pattern = pattern
	}
	return pattern
}

// shown is what those above are to see as the pattern. It puts back what was cut from the path between the client and the mux.
func (v *visit) shown(pattern string) string {
	route := templateOf(pattern)
	if route == "" || v.passed.URL == nil || pattern == v.patternBefore {
		return pattern // no mux below us: the pattern is that of a mux above
	}
	prefix := strippedPrefix(v.e.requestPath, v.e.got.RequestURI, v.got.URL)
	if prefix == "" {
		return pattern
	}
	var buf [maxJoined]byte
	return v.e.m.joined.text(append(v.e.m.prefixes.append(buf[:0], prefix, templateOf(v.patternBefore)), route...))
}

// contextFor is the context of callbacks: not canceled by the client, and with the
// span even when the instance stands above it.
func (e *exchange) contextFor(ctx context.Context) context.Context {
	ctx = context.WithoutCancel(ctx)
	if sc := e.spanContext(); sc.IsValid() && trace.SpanContextFromContext(ctx).SpanID() != sc.SpanID() {
		ctx = trace.ContextWithSpanContext(ctx, sc)
	}
	return ctx
}
