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
	owner         bool          // the outermost instance
	got           *http.Request // as it came from above
	passed        *http.Request // as it went below; the mux wrote its pattern there
	patternBefore string        // of a mux above this instance
	returned      bool          // false: a panic or Goexit is unwinding us
}

// leave is deferred around the handler below. It has to be the deferred function
// itself, or recover would see nothing.
func (v *visit) leave() {
	thrown := recover()
	e := v.e
	end := e.ending() // first of all: net/http cancels the context of a client that leaves later, too
	end.panicked = end.panicked || thrown != nil && thrown != http.ErrAbortHandler
	end.aborted = !v.returned && !end.panicked
	outcome := end.outcome()

	route := v.learnRoute()
	v.repair(route, outcome)
	if thrown != nil && thrown != http.ErrAbortHandler {
		e.reportPanic(v.got.Context(), thrown)
	}
	if v.owner {
		v.got.MultipartForm = v.passed.MultipartForm // net/http removes its files
		e.finish(end, outcome)
	}
	if thrown != nil {
		panic(thrown)
	}
}

// learnRoute finds the route, and writes it where those above look for it.
func (v *visit) learnRoute() string {
	route := templateOf(v.passed.Pattern)
	pattern := v.passed.Pattern
	if joined := v.joinStripped(route); joined != route {
		route, pattern = joined, joined
	}
	route, pattern = v.e.learn(route, pattern)
	if v.got.Pattern != pattern {
		v.got.Pattern = pattern
	}
	return route
}

// joinStripped puts back what was cut from the path between the client and the mux.
func (v *visit) joinStripped(route string) string {
	if route == "" || v.passed.URL == nil || v.passed.Pattern == v.patternBefore {
		return route // no mux below us: the pattern is that of a mux above
	}
	prefix := strippedPrefix(v.e.requestPath, v.e.uri, v.got.URL)
	if prefix == "" {
		return route
	}
	return v.e.m.prefixes.template(prefix, templateOf(v.patternBefore)) + route
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
