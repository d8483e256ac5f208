// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// Kinds that only the table knows: dependencies by category, so that the two parts of their names are looked up as they come and put
// together once.
const (
	depHTTP conventions.Kind = conventions.NumKinds + iota
	depDB
	depRPC
	depMessaging
	depOther
	numTableKinds
)

var categoryOf = map[conventions.Kind]string{depHTTP: "http", depDB: "db", depRPC: "rpc", depMessaging: "messaging", depOther: "client"}

// publicKind is the kind that others see.
func publicKind(k conventions.Kind) conventions.Kind { return min(k, conventions.KindDependency) }

// endpointOf puts the parts of a key together.
func endpointOf(k conventions.Kind, method, route string) conventions.Endpoint {
	category, dependency := categoryOf[k]
	if !dependency {
		return conventions.Endpoint{Kind: k, Method: method, Route: route}
	}
	if method != "" {
		route = method + " " + route
	}
	return conventions.Endpoint{Kind: conventions.KindDependency, Method: category, Route: route}
}

// dependency records a client or producer span under what it called. It allocates only for a statement that it has not seen before.
func (c *core) dependency(s sdktrace.ReadOnlySpan) {
	kind := s.SpanKind()
	if kind != trace.SpanKindClient && kind != trace.SpanKindProducer {
		return
	}
	k, a, b := c.target(s, kind, s.Attributes())
	d := max(0, s.EndTime().Sub(s.StartTime()))
	outcome := slowlog.OutcomeOK
	if s.Status().Code == codes.Error {
		outcome = slowlog.OutcomeServerError
	}
	c.rec.Record(packWord(c.table.lookup(k, a, b).id, outcome, d))
}

// target names what a client or producer span called: "GET" and the server, the database system and a summary of the
// statement, or the span's name.
func (c *core) target(s sdktrace.ReadOnlySpan, kind trace.SpanKind, attrs []attribute.KeyValue) (k conventions.Kind, a, b string) {
	var method, server, dbSystem, dbSummary, dbText, rpc, messaging string
	for i := range attrs {
		kv := &attrs[i]
		switch kv.Key {
		case keyHTTPMethod, keyOldHTTPMethod:
			method = kv.Value.AsString()
		case keyServer, keyOldServer, keyOlderServer:
			server = kv.Value.AsString()
		case keyDBSystem, keyOldDBSystem:
			dbSystem = kv.Value.AsString()
		case keyDBSummary:
			dbSummary = kv.Value.AsString()
		case keyDBText, keyOldDBText:
			dbText = kv.Value.AsString()
		case keyRPCSystem, keyOldRPCSystem:
			rpc = kv.Value.AsString()
		case keyMessaging:
			messaging = kv.Value.AsString()
		}
	}
	switch {
	case dbSystem != "" || dbText != "":
		if dbSummary == "" {
			dbSummary = c.queries.summary(dbText, dbSystem, s.EndTime())
		}
		if dbSummary == "" {
			dbSummary = s.Name()
		}
		return depDB, dbSystem, dbSummary
	case rpc != "":
		return depRPC, rpc, s.Name()
	case messaging != "" || kind == trace.SpanKindProducer:
		return depMessaging, messaging, s.Name()
	case method != "" && server != "":
		return depHTTP, method, server
	case method != "":
		return depHTTP, "", s.Name()
	default:
		return depOther, "", s.Name()
	}
}
