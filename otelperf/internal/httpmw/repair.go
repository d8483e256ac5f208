// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"context"

	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// repair gives the server span in this instance's context the route, the name and the
// outcome that it could not have, and the metric its route. Where otelhttp itself is going to take name and
// metric from the pattern that we have handed up, they are left to it.
func (v *visit) repair(pattern string, o told) {
	route := templateOf(pattern)
	taken := v.direct && v.returned
	if route != "" && !taken {
		v.e.labelRoute(v.got.Context(), route, pattern)
	}
	sc := v.span.SpanContext()
	if !sc.IsValid() || !isServer(v.span) {
		return
	}
	key := v.e.m.cfg.OutcomeKey
	o.needed = o.needed && key != ""
	needRoute, needOutcome, before := v.e.claim(sc.SpanID(), route, o)
	switch {
	case needRoute && needOutcome:
		v.span.SetAttributes(semconv.HTTPRoute(route), key.String(o.outcome.String()))
	case needRoute:
		v.span.SetAttributes(v.e.m.labels.of(pattern)...)
	case needOutcome:
		v.span.SetAttributes(key.String(o.outcome.String()))
	}
	if needRoute && !taken {
		v.rename(v.span, route, before)
	}
}

// isServer says whether a span is a server's. One of another kind was started between instrumentation and us, and is
// somebody's own. Spans of other SDKs, and those that are dropped, do not tell their kind and are taken.
func isServer(span trace.Span) bool {
	s, ok := span.(interface{ SpanKind() trace.SpanKind })
	return !ok || s.SpanKind() == trace.SpanKindServer
}

// rename gives the span the name "METHOD route", unless it has a name that somebody
// chose. otelhttp names it again when it can see the pattern, by its formatter.
func (v *visit) rename(span trace.Span, route, before string) {
	method := v.e.method
	if method == "_OTHER" {
		method = "HTTP" // so that the name agrees with otelhttp's
	}
	if s, ok := span.(interface{ Name() string }); ok && !isDefaultName(s.Name(), method, templateOf(v.patternBefore), before) {
		return
	}
	if p := v.got.Pattern; len(p) == len(method)+1+len(route) && p[:len(method)] == method && p[len(method)] == ' ' {
		span.SetName(p)
		return
	}
	var buf [maxJoined]byte
	span.SetName(v.e.m.joined.text(append(append(append(buf[:0], method...), ' '), route...)))
}

// isDefaultName says whether instrumentation, not a person, named the span: by the method
// alone, or by the method and the pattern of a mux above, or the route that we knew before.
func isDefaultName(name, method, outer, before string) bool {
	if len(name) < len(method) || name[:len(method)] != method {
		return false
	}
	rest := name[len(method):]
	return rest == "" || rest[0] == ' ' && len(rest) > 1 && (rest[1:] == outer || rest[1:] == before)
}

// labelRoute gives otelhttp's metric the route, which it takes if the request has no
// pattern. A route that the program put there itself stays.
func (e *exchange) labelRoute(ctx context.Context, route, pattern string) {
	labeler := labelerIn(ctx)
	if labeler == nil {
		return
	}
	e.mu.Lock()
	before := e.labeled
	e.mu.Unlock()
	for _, kv := range labeler.Get() {
		if v := kv.Value; kv.Key == semconv.HTTPRouteKey && (before == "" || before == route || v.AsString() != before) {
			return
		}
	}
	labeler.Add(e.m.labels.of(pattern)...) // of several values the last counts
	e.mu.Lock()
	e.labeled = route
	e.mu.Unlock()
}
