// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// facts is what the attributes of one span say about its endpoint and outcome.
type facts struct {
	method, route string
	status        int64
	outcome       slowlog.Outcome
	hasOutcome    bool
}

// scan reads the attributes backwards, since instrumentations append the status last, and stops as soon as
// method, route and status are known. Its results are not a facts, because they stay in registers that way:
// a struct of more than four fields goes through memory, and each copy of it costs as much as half the scan.
func scan(attrs []attribute.KeyValue) (method, route string, status int64, outcome slowlog.Outcome, hasOutcome bool) {
	for i := len(attrs) - 1; i >= 0; i-- {
		kv := &attrs[i]
		switch kv.Key {
		case keyHTTPStatus:
			status = kv.Value.AsInt64()
		case keyHTTPRoute:
			route = kv.Value.AsString()
		case keyHTTPMethod:
			method = kv.Value.AsString()
			if status != 0 && route != "" {
				return method, route, status, outcome, hasOutcome
			}
		case conventions.OutcomeKey:
			outcome, hasOutcome = slowlog.ParseOutcome(kv.Value.AsString())
		}
	}
	return method, route, status, outcome, hasOutcome
}

// resolved is the endpoint and outcome of one local root.
type resolved struct {
	kind          conventions.Kind
	method, route string
	outcome       slowlog.Outcome
	status        int64
}

// resolve finds out what a local root was of which scan found f. It allocates nothing.
func (c *core) resolve(s sdktrace.ReadOnlySpan, attrs []attribute.KeyValue, f facts) resolved {
	r := resolved{method: f.method, route: f.route, status: f.status, outcome: f.outcome}
	kind := s.SpanKind()
	switch kind {
	case trace.SpanKindServer:
		r.serverEndpoint(s.Name(), attrs)
	case trace.SpanKindConsumer:
		r.kind, r.method, r.route = conventions.KindConsumer, "consumer", s.Name()
	case trace.SpanKindClient, trace.SpanKindProducer:
		r.kind = conventions.KindDependency
	default:
		// otelhttp lets its users set another kind: what has a route and a status is still a request.
		if f.method != "" && f.route != "" {
			r.kind = conventions.KindHTTP
		} else {
			r.kind, r.method, r.route = conventions.KindJob, "job", s.Name()
		}
	}
	if !f.hasOutcome {
		r.outcome = r.tellOutcome(s, attrs)
	}
	if r.kind == conventions.KindDependency {
		r.kind, r.method, r.route = c.target(s, kind, attrs)
	}
	return r
}

func (r *resolved) serverEndpoint(name string, attrs []attribute.KeyValue) {
	if r.method == "" {
		r.oldHTTP(attrs)
	}
	if r.method != "" {
		r.kind = conventions.KindHTTP
		if r.route == "" {
			r.route = routeOfName(r.method, name)
		}
		return
	}
	if system := stringAttr(attrs, keyRPCSystem, keyOldRPCSystem); system != "" {
		r.kind, r.method, r.route = conventions.KindRPC, system, name
		return
	}
	r.kind, r.method = conventions.KindServer, "server"
	if r.route == "" {
		r.route = name
	}
}

// oldHTTP reads the names that HTTP attributes had before the conventions became stable.
func (r *resolved) oldHTTP(attrs []attribute.KeyValue) {
	for i := len(attrs) - 1; i >= 0; i-- {
		switch kv := &attrs[i]; kv.Key {
		case keyOldHTTPMethod:
			r.method = kv.Value.AsString()
		case keyOldHTTPStatus:
			r.status = kv.Value.AsInt64()
		}
	}
}

// routeOfName finds the route in a span name of the form "METHOD route", as otelhttp writes it around a
// ServeMux. A name that is the method alone (or "HTTP" for an unknown one) means that no route matched.
func routeOfName(method, name string) string {
	if name == "" || name == method || name == "HTTP" || strings.HasPrefix(name, "HTTP ") && strings.HasSuffix(name, " route not found") {
		return conventions.UnmatchedRoute // the last is otelmux's, with the client's own method in it
	}
	if len(name) > len(method) && name[len(method)] == ' ' && name[:len(method)] == method {
		return orUnmatched(name[len(method)+1:])
	}
	if rest, ok := strings.CutPrefix(name, "HTTP "); ok {
		return orUnmatched(rest)
	}
	return name
}

func orUnmatched(route string) string {
	if route == "" {
		return conventions.UnmatchedRoute
	}
	return route
}

// tellOutcome derives the outcome where neither an otelperf.outcome attribute nor an HTTP server's status settled it.
func (r *resolved) tellOutcome(s sdktrace.ReadOnlySpan, attrs []attribute.KeyValue) slowlog.Outcome {
	if r.kind == conventions.KindHTTP {
		if r.status != 0 {
			return slowlog.OutcomeOfStatus(int(r.status))
		}
		if exceptions(s.Events()) {
			return panicOutcome(s.Events())
		}
	}
	if r.kind == conventions.KindRPC {
		if o, ok := rpcOutcome(attrs); ok {
			return o
		}
	}
	if s.Status().Code == codes.Error {
		return slowlog.OutcomeServerError
	}
	return slowlog.OutcomeOK
}

// OutcomeOf derives the outcome from the attributes of a server's metric point: its HTTP or RPC status.
func OutcomeOf(attrs []attribute.KeyValue) slowlog.Outcome {
	for i := range attrs {
		if attrs[i].Key == keyHTTPStatus {
			return slowlog.OutcomeOfStatus(int(attrs[i].Value.AsInt64()))
		}
	}
	o, _ := rpcOutcome(attrs)
	return o
}

func rpcOutcome(attrs []attribute.KeyValue) (slowlog.Outcome, bool) {
	for i := len(attrs) - 1; i >= 0; i-- {
		kv := &attrs[i]
		if kv.Key != keyRPCStatus && kv.Key != keyOldRPCStatus {
			continue
		}
		if kv.Value.Type() == attribute.INT64 {
			return conventions.OutcomeOfGRPC(kv.Value.AsInt64()), true
		}
		if o, ok := conventions.OutcomeOfGRPCName(kv.Value.AsString()); ok {
			return o, true
		}
	}
	return slowlog.OutcomeOK, false
}

func exceptions(events []sdktrace.Event) bool {
	for i := range events {
		if events[i].Name == "exception" {
			return true
		}
	}
	return false
}

// panicOutcome tells http.ErrAbortHandler, which a handler throws on purpose, from any other panic.
func panicOutcome(events []sdktrace.Event) slowlog.Outcome {
	for i := len(events) - 1; i >= 0; i-- {
		if events[i].Name == "exception" && stringAttr(events[i].Attributes, keyExceptionMessage) == "net/http: abort Handler" {
			return slowlog.OutcomeAborted
		}
	}
	return slowlog.OutcomePanic
}

// stringAttr returns the string value of the last attribute with one of the keys, or "".
func stringAttr(attrs []attribute.KeyValue, keys ...attribute.Key) string {
	for i := len(attrs) - 1; i >= 0; i-- {
		if slices.Contains(keys, attrs[i].Key) {
			return attrs[i].Value.AsString()
		}
	}
	return ""
}
