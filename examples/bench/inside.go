// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"io"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// stopwatch takes the time of a processor where it is called.
type stopwatch struct {
	sdktrace.SpanProcessor
	spent time.Duration
}

// OnStart implements sdktrace.SpanProcessor.
func (w *stopwatch) OnStart(ctx context.Context, s sdktrace.ReadWriteSpan) {
	began := time.Now()
	w.SpanProcessor.OnStart(ctx, s)
	w.spent += time.Since(began)
}

// OnEnd implements sdktrace.SpanProcessor.
func (w *stopwatch) OnEnd(s sdktrace.ReadOnlySpan) {
	began := time.Now()
	w.SpanProcessor.OnEnd(s)
	w.spent += time.Since(began)
}

// inside is what OnStart and OnEnd take in the middle of an otelhttp request, by the clock.
func inside(v variant) subject {
	w := &stopwatch{SpanProcessor: v.make()}
	ask := serving(handler(shop(), provider(w), meters()))
	return subject{v.name, func(n int) time.Duration {
		w.spent = 0
		ask(n)
		return w.spent
	}}
}

// insideTable shows what becomes of the hot numbers where code and data of the processor have been put out of the caches by a request.
func insideTable(w io.Writer, quick bool) {
	g := against(subjectsOf(inside, named(vNoop, vZpages, vClassic, vFloor, vOurs, vLean, vBare)), plan{rounds(quick, 61, 301), time.Millisecond / 2}).
		grid("OnStart + OnEnd inside an otelhttp request, 100 endpoints, by the clock")
	g.note = "The clock itself is in the no-op. What a processor leaves to others, garbage or caches that it has filled, is not in this table, and is in the next two."
	g.print(w)
}
