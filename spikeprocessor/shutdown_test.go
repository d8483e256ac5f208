// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Without a Monitor, too, a provider's Shutdown ends no counting. It lets the spans go that were held for requests of its own, whose
// end will not be heard, and holding goes on as before.
func TestProcessorAloneAcrossReloads(t *testing.T) {
	p, err := New(nil)
	if err != nil {
		t.Fatal(err)
	}
	p.Link().TakeDeltas(func(*Delta) {})
	const reloads = 100
	for range reloads {
		tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(p.With(nil)))
		tracer := tp.Tracer("test")
		open, _ := tracer.Start(t.Context(), "never ends", trace.WithSpanKind(trace.SpanKindServer))
		ctx, request := tracer.Start(t.Context(), "request", trace.WithSpanKind(trace.SpanKindServer))
		for range 200 {
			_, s := tracer.Start(open, "held")
			s.End()
		}
		_, step := tracer.Start(ctx, "step")
		step.End()
		request.End()
		if n := held(p.core); n < 200 {
			t.Fatalf("%d spans are held while a request runs, want its 200", n)
		}
		if err := tp.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := held(p.core); n != 0 {
			t.Fatalf("%d spans are held after Shutdown, want none", n)
		}
	}
	st := p.Stats()
	if st.HeldFull != 0 || st.Stopped {
		t.Errorf("%d spans found no room, stopped %v", st.HeldFull, st.Stopped)
	}
	var counted uint64
	p.Link().TakeDeltas(func(d *Delta) { counted += d.Outcomes.Total() })
	if counted != reloads {
		t.Errorf("%d requests counted, want %d", counted, reloads)
	}
}
