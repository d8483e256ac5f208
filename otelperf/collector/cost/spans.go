// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// traces is a batch of services: of each so many requests with three calls of a database and one of another service, with the attributes
// that the instrumentations of Node.js give them.
func traces(r *rand.Rand, services, requests int, at time.Time) ptrace.Traces {
	td := ptrace.NewTraces()
	for s := range services {
		rs := td.ResourceSpans().AppendEmpty()
		put(rs.Resource().Attributes(), "service.name", fmt.Sprintf("service-%d", s), "service.instance.id", fmt.Sprintf("i-%d", r.IntN(20)), "host.name", "h",
			"telemetry.sdk.language", "nodejs", "telemetry.sdk.name", "opentelemetry", "telemetry.sdk.version", "2.8.0", "process.pid", 77)
		spans := rs.ScopeSpans().AppendEmpty().Spans()
		for range requests {
			request(r, spans, at)
		}
	}
	return td
}

// renumber gives all traces other ids, so that no span comes twice.
func renumber(td ptrace.Traces, by uint64) {
	for _, rs := range td.ResourceSpans().All() {
		spans := rs.ScopeSpans().At(0).Spans()
		for i := range spans.Len() {
			id := spans.At(i).TraceID()
			binary.LittleEndian.PutUint64(id[8:], binary.LittleEndian.Uint64(id[8:])^by)
			spans.At(i).SetTraceID(id)
		}
	}
}

func request(r *rand.Rand, spans ptrace.SpanSlice, at time.Time) {
	var trace pcommon.TraceID
	binary.LittleEndian.PutUint64(trace[:], r.Uint64())
	binary.LittleEndian.PutUint64(trace[8:], r.Uint64())
	root := spanID(r)
	d := time.Duration(float64(30*time.Millisecond) * math.Exp(0.4*r.NormFloat64()))
	end := at.Add(-time.Duration(r.IntN(4000)) * time.Millisecond)
	for c := range 4 {
		sp := span(spans, trace, spanID(r), ptrace.SpanKindClient, end.Add(-d/2), end.Add(-d/4))
		sp.SetParentSpanID(root)
		sp.SetFlags(0x101)
		if c == 3 {
			sp.SetName("GET")
			put(sp.Attributes(), "http.request.method", "GET", "url.full", "http://inventory:8080/stock/17", "server.address", "inventory", "server.port", 8080,
				"network.protocol.version", "1.1", "http.response.status_code", 200)
			continue
		}
		sp.SetName("pg.query:SELECT shop")
		put(sp.Attributes(), "db.system", "postgresql", "db.name", "shop", "db.statement", "SELECT * FROM items WHERE id = $1", "db.user", "app",
			"net.peer.name", "pg", "net.peer.port", 5432)
	}
	sp := span(spans, trace, root, ptrace.SpanKindServer, end.Add(-d), end)
	sp.SetFlags(0x101)
	if r.IntN(2) == 0 {
		sp.SetParentSpanID(spanID(r))
		sp.SetFlags(0x301)
	}
	route := fmt.Sprintf("/r%d/{id}", r.IntN(30))
	sp.SetName("GET " + route)
	put(sp.Attributes(), "http.request.method", "GET", "url.scheme", "http", "server.address", "shop", "server.port", 3000, "network.peer.address", "10.0.0.9",
		"network.peer.port", 41234, "client.address", "10.0.0.9", "url.path", "/r/17", "user_agent.original", "curl/8.0", "network.protocol.version", "1.1",
		"http.response.status_code", 200, "http.route", route)
}

func spanID(r *rand.Rand) (id pcommon.SpanID) {
	binary.LittleEndian.PutUint64(id[:], r.Uint64())
	return id
}

func span(spans ptrace.SpanSlice, trace pcommon.TraceID, id pcommon.SpanID, kind ptrace.SpanKind, start, end time.Time) ptrace.Span {
	sp := spans.AppendEmpty()
	sp.SetTraceID(trace)
	sp.SetSpanID(id)
	sp.SetKind(kind)
	sp.SetStartTimestamp(pcommon.NewTimestampFromTime(start))
	sp.SetEndTimestamp(pcommon.NewTimestampFromTime(end))
	return sp
}

// put puts keys and values in turn.
func put(m pcommon.Map, pairs ...any) {
	for i := 0; i < len(pairs); i += 2 {
		switch v := pairs[i+1].(type) {
		case string:
			m.PutStr(pairs[i].(string), v)
		case int:
			m.PutInt(pairs[i].(string), int64(v))
		}
	}
}
