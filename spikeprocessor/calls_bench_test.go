// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"context"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// BenchmarkKinds is what the processor takes for spans of every kind that is not an HTTP request, with the SDK's own snapshots.
// Calls are children of a request that never ends; their anatomy is switched off.
func BenchmarkKinds(b *testing.B) {
	str := attribute.String
	for _, bm := range []struct {
		name  string
		span  string
		kind  trace.SpanKind
		attrs []attribute.KeyValue
	}{
		{"call-http", "GET", trace.SpanKindClient, []attribute.KeyValue{
			str("http.request.method", "GET"), str("url.full", "http://inventory:8080/items/17"), str("server.address", "inventory"),
			attribute.Int("server.port", 8080), str("network.protocol.version", "1.1"), attribute.Int("http.response.status_code", 200)}},
		{"call-db", "SELECT users", trace.SpanKindClient, []attribute.KeyValue{
			str("db.system.name", "postgresql"), str("db.namespace", "shop"), str("db.query.summary", "SELECT users"),
			str("db.query.text", "SELECT name FROM users WHERE id = $1"), str("server.address", "db1"), attribute.Int("server.port", 5432)}},
		{"call-db-text", "query", trace.SpanKindClient, []attribute.KeyValue{
			str("db.system", "postgresql"), str("db.statement", "SELECT name FROM users WHERE id = $1"), str("net.peer.name", "db1")}},
		{"call-grpc", "shop.Cart/Add", trace.SpanKindClient, []attribute.KeyValue{
			str("rpc.system.name", "grpc"), str("rpc.method", "shop.Cart/Add"), str("server.address", "cart"), attribute.Int("server.port", 50051)}},
		{"rpc", "shop.Cart/Add", trace.SpanKindServer, []attribute.KeyValue{
			str("rpc.system.name", "grpc"), str("rpc.method", "shop.Cart/Add"), str("network.peer.address", "10.0.0.1"), str("rpc.response.status_code", "OK")}},
		{"consumer", "process orders", trace.SpanKindConsumer, []attribute.KeyValue{
			str("messaging.system", "kafka"), str("messaging.destination.name", "orders"), str("messaging.operation.name", "process")}},
		{"job", "nightly", trace.SpanKindInternal, nil},
	} {
		b.Run(bm.name, func(b *testing.B) {
			p, err := New(nil, WithAnatomy(false))
			if err != nil {
				b.Fatal(err)
			}
			g := &grab{}
			tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(g), sdktrace.WithSampler(sdktrace.AlwaysSample())).Tracer("")
			ctx := context.Background()
			if bm.kind == trace.SpanKindClient {
				ctx, _ = tracer.Start(ctx, "GET /", trace.WithSpanKind(trace.SpanKindServer))
			}
			_, s := tracer.Start(ctx, bm.span, trace.WithSpanKind(bm.kind), trace.WithAttributes(bm.attrs...))
			s.End()
			b.ReportAllocs()
			for b.Loop() {
				p.OnEnd(g.span)
			}
		})
	}
}
