// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"context"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// BenchmarkChildren is a whole request with five internal spans below it: sampled, and recorded by our sampler alone.
func BenchmarkChildren(b *testing.B) {
	for name, root := range map[string]sdktrace.Sampler{"sampled": sdktrace.AlwaysSample(), "unsampled": sdktrace.NeverSample()} {
		b.Run(name, func(b *testing.B) {
			p, err := New(&grab{})
			if err != nil {
				b.Fatal(err)
			}
			tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(p), sdktrace.WithSampler(p.Sampler(root))).Tracer("")
			b.ReportAllocs()
			for b.Loop() {
				ctx, s := tracer.Start(context.Background(), "GET /users/{id}", trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(serverAttrs(0, true)...))
				for range 5 {
					_, child := tracer.Start(ctx, "step")
					child.End()
				}
				s.End()
			}
		})
	}
}
