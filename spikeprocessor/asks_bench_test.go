// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"context"
	"sync/atomic"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/slowlog"
)

// started keeps the last live span that the SDK made.
type started struct {
	grab
	span sdktrace.ReadWriteSpan
}

func (s *started) OnStart(_ context.Context, span sdktrace.ReadWriteSpan) { s.span = span }

// BenchmarkAskOutcomes is what OnStart and OnEnd of a local root take when nobody is to be asked, and when somebody is who has nothing
// to say of any request, as a rule, or of each one. The table of running requests is off.
func BenchmarkAskOutcomes(b *testing.B) {
	live := &started{}
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(live), sdktrace.WithSampler(sdktrace.AlwaysSample())).Tracer("")
	ctx, _ := tracer.Start(b.Context(), "GET /", trace.WithSpanKind(trace.SpanKindServer))
	ended := snapshots(1, true)[0]
	var held atomic.Int64 // what such a one reads first
	for _, bm := range []struct {
		name string
		ask  func(trace.SpanID) (slowlog.Outcome, bool) // nil: nobody
	}{
		{"nobody", nil},
		{"nothing-known", func(trace.SpanID) (slowlog.Outcome, bool) { return 0, held.Load() != 0 }},
		{"known", func(trace.SpanID) (slowlog.Outcome, bool) { return slowlog.OutcomeCanceled, held.Load() == 0 }},
	} {
		processor := func(b *testing.B) *Processor {
			p, err := New(nil, WithInFlight(false))
			if err != nil {
				b.Fatal(err)
			}
			p.Link().TakeDeltas(func(*Delta) {})
			if bm.ask != nil {
				p.Link().AskOutcomes(func(context.Context, sdktrace.ReadWriteSpan) { held.Load() }, bm.ask)
			}
			b.ReportAllocs()
			return p
		}
		b.Run("start/"+bm.name, func(b *testing.B) {
			p := processor(b)
			for b.Loop() {
				p.OnStart(ctx, live.span)
			}
		})
		b.Run("end/"+bm.name, func(b *testing.B) {
			p := processor(b)
			for b.Loop() {
				p.OnEnd(ended)
			}
		})
	}
}
