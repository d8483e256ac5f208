// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"context"
	"net/http"
	"net/url"
	"runtime"
	"sync"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
)

// otelhttp names its span, and gives its metric the route, by the pattern of the request that it passed on. It has that from us if we
// got this very request, not a copy of it (http.StripPrefix and http.MaxBytesHandler make one): then its Labeler, and naming the
// span, which cost a third of what we do for a request, can be left out. Nothing of a request tells that. But if the function that
// has called us is otelhttp's, at the place where it passes requests on, no other handler is in between.
//
// That place is learned by a request to an otelhttp of our own, which also shows that it does what is said here. A place that is not
// known, as on a processor of another kind, or a call that a compiler has copied to another one, is none: then the Labeler is used.

// otelhttpCall is where otelhttp passes a request on, as callerPC gives it; 0 if that is not known.
var otelhttpCall = sync.OnceValue(func() (pc uintptr) {
	defer func() {
		if recover() != nil {
			pc = 0
		}
	}()
	var p probe
	h := otelhttp.NewHandler(&p, "", otelhttp.WithTracerProvider(probeTracers{named: &p.named}),
		otelhttp.WithMeterProvider(probeMeters{routed: &p.routed}), otelhttp.WithPropagators(propagation.NewCompositeTextMapPropagator()))
	h.ServeHTTP(probeWriter{}, &http.Request{Method: http.MethodGet, URL: &url.URL{Path: probeRoute}, Header: http.Header{}})
	if p.routed && p.named {
		return p.from
	}
	return 0
})

const probeRoute = "/otelperf"

// probe is the handler next to otelhttp. It sets a pattern on the request that it gets, as a mux does.
type probe struct {
	from          uintptr // 0 if the runtime does not agree with callerPC
	named, routed bool    // span and metric had the route
}

//go:noinline
func (p *probe) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	var callers [1]uintptr
	if runtime.Callers(2, callers[:]) == 1 && callers[0] == callerPC() {
		p.from = callers[0]
	}
	r.Pattern = http.MethodGet + " " + probeRoute
}

// What the probe's otelhttp reports to.
type (
	probeTracers struct {
		tracenoop.TracerProvider
		named *bool
	}
	probeTracer struct {
		tracenoop.Tracer
		named *bool
	}
	probeSpan struct {
		tracenoop.Span
		named *bool
	}
	probeMeters struct {
		metricnoop.MeterProvider
		routed *bool
	}
	probeMeter struct {
		metricnoop.Meter
		routed *bool
	}
	probeHistogram struct {
		metricnoop.Float64Histogram
		routed *bool
	}
)

func (t probeTracers) Tracer(string, ...trace.TracerOption) trace.Tracer {
	return probeTracer{named: t.named}
}

func (t probeTracer) Start(ctx context.Context, _ string, _ ...trace.SpanStartOption) (context.Context, trace.Span) {
	return ctx, probeSpan{named: t.named}
}

func (s probeSpan) SetName(name string) {
	if name == http.MethodGet+" "+probeRoute {
		*s.named = true
	}
}

func (m probeMeters) Meter(string, ...metric.MeterOption) metric.Meter {
	return probeMeter{routed: m.routed}
}

func (m probeMeter) Float64Histogram(string, ...metric.Float64HistogramOption) (metric.Float64Histogram, error) {
	return probeHistogram{routed: m.routed}, nil
}

func (h probeHistogram) Record(_ context.Context, _ float64, opts ...metric.RecordOption) {
	attrs := metric.NewRecordConfig(opts).Attributes()
	if route, ok := attrs.Value(semconv.HTTPRouteKey); ok && route.AsString() == probeRoute {
		*h.routed = true
	}
}

// probeWriter is written to by nobody.
type probeWriter struct{ http.ResponseWriter }
