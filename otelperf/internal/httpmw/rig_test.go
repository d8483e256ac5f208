// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"context"
	"testing"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

const outcomeKey attribute.Key = "otelperf.outcome"

// rig is a server with the middleware and otelhttp, and all that came out of them.
type rig struct {
	*testrig.Rig
	counters Counters
	done     chan Done
	panics   chan Panic
	mw, otel testrig.Wrapper
}

func newRig(adjust func(*Config), opts ...otelhttp.Option) *rig {
	rg := &rig{Rig: testrig.New(), done: make(chan Done, 64), panics: make(chan Panic, 64)}
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(rg.Spans))
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(rg.Metrics))
	cfg := Config{
		OutcomeKey:     outcomeKey,
		Headers:        true,
		Logger:         rg.Log.Logger,
		RequestLogRate: func() float64 { return 1 },
		OnPanic:        func(_ context.Context, p Panic) { rg.panics <- p },
		OnDone:         func(_ context.Context, d Done) { rg.done <- d },
		Counters:       &rg.counters,
	}
	if adjust != nil {
		adjust(&cfg)
	}
	rg.mw = New(cfg)
	rg.otel = otelhttp.NewMiddleware("shop", append([]otelhttp.Option{
		otelhttp.WithTracerProvider(tp), otelhttp.WithMeterProvider(mp)}, opts...)...)
	return rg
}

func (rg *rig) nextDone(t *testing.T) Done {
	t.Helper()
	return testrig.Receive(t, "a request is reported", rg.done)
}
