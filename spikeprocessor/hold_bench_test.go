// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"context"
	"fmt"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// BenchmarkHold is what the processor takes for the end of a request and its children, with the SDK's own snapshots.
func BenchmarkHold(b *testing.B) {
	for name, attrs := range map[string][]attribute.KeyValue{
		"internal": nil,
		"db": {
			attribute.String("db.system.name", "postgresql"), attribute.String("db.namespace", "shop"), attribute.String("db.query.summary", "SELECT users"),
			attribute.String("db.query.text", "SELECT name FROM users WHERE id = $1"), attribute.String("server.address", "db1"), attribute.Int("server.port", 5432)},
	} {
		for _, children := range []int{5, 200} {
			b.Run(fmt.Sprintf("%s/%d", name, children), func(b *testing.B) {
				p, err := New(nil)
				if err != nil {
					b.Fatal(err)
				}
				g := &grab{}
				tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(g), sdktrace.WithSampler(sdktrace.AlwaysSample())).Tracer("")
				ctx, root := tracer.Start(context.Background(), "GET", trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(serverAttrs(1, true)...))
				spans := make([]sdktrace.ReadOnlySpan, 0, children+1)
				kind := trace.SpanKindInternal
				if attrs != nil {
					kind = trace.SpanKindClient
				}
				for range children {
					_, c := tracer.Start(ctx, "child", trace.WithSpanKind(kind), trace.WithAttributes(attrs...))
					c.End()
					spans = append(spans, g.span)
				}
				root.End()
				spans = append(spans, g.span)
				b.ReportAllocs()
				for b.Loop() {
					for _, s := range spans {
						p.OnEnd(s)
					}
				}
			})
		}
	}
}
