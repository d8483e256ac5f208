// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"log/slog"
	"net/http"

	"go.opentelemetry.io/contrib/zpages"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/events"
	"github.com/otelperf/otelperf-go/spikeprocessor"
)

// Names of the ways in which the service is run.
const (
	sWithout    = "without otelperf"
	sZpages     = "with contrib zpages instead"
	sProcessor  = "processor and reader"
	sNoAnatomy  = "processor and reader, WithAnatomy(false)"
	sMiddleware = "processor, reader, Middleware"
	sEvents     = "processor, reader, Middleware, an event for each request"
	sViewers    = "processor, reader, Middleware, 10 viewers of the stream"
	sWithout1   = "1 % sampled, without otelperf"
	sRoots      = "1 % sampled, Sampler, RecordRoots"
	sSuspects   = "1 % sampled, Sampler, RecordSuspects"
	sAll        = "1 % sampled, Sampler, RecordAll"
	sFailing    = "1 % sampled, Sampler, RecordAll, some requests fail, WithRescue(0)"
	sRescue     = "1 % sampled, Sampler, RecordAll, some requests fail, rescue"
)

// setup is one way of running the service.
type setup struct {
	name       string
	otelperf   bool
	zpages     bool // beside the BatchSpanProcessor
	middleware bool
	sampler    sdktrace.Sampler // nil: all
	failing    bool             // 1 order in 25 does
	events     bool             // one for each request
	viewers    int              // that read the stream
	options    []otelperf.Option
}

func setups() []setup {
	one := sdktrace.ParentBased(sdktrace.TraceIDRatioBased(0.01))
	spans := func(opts ...spikeprocessor.Option) []otelperf.Option {
		return []otelperf.Option{otelperf.WithProcessorOptions(opts...)}
	}
	mode := func(m spikeprocessor.SamplerMode) []otelperf.Option { return spans(spikeprocessor.WithSamplerMode(m)) }
	return []setup{
		{name: sWithout},
		{name: sZpages, zpages: true},
		{name: sProcessor, otelperf: true},
		{name: sNoAnatomy, otelperf: true, options: spans(spikeprocessor.WithAnatomy(false))},
		{name: sMiddleware, otelperf: true, middleware: true},
		{name: sEvents, otelperf: true, middleware: true, events: true},
		{name: sViewers, otelperf: true, middleware: true, viewers: 10},
		{name: sWithout1, sampler: one},
		{name: sRoots, otelperf: true, sampler: one, options: mode(spikeprocessor.RecordRoots)},
		{name: sSuspects, otelperf: true, sampler: one, options: mode(spikeprocessor.RecordSuspects)},
		{name: sAll, otelperf: true, sampler: one},
		{name: sFailing, otelperf: true, sampler: one, failing: true, options: spans(spikeprocessor.WithRescue(0, 1))},
		{name: sRescue, otelperf: true, sampler: one, failing: true},
	}
}

// handler puts the pipeline together. The process ends without shutting it down.
func (s setup) handler() http.Handler {
	sampler, next := s.sampler, batcher()
	if sampler == nil {
		sampler = sdktrace.AlwaysSample()
	}
	if !s.otelperf {
		options := []sdktrace.TracerProviderOption{sdktrace.WithSampler(sampler), sdktrace.WithSpanProcessor(next)}
		if s.zpages {
			options = append(options, sdktrace.WithSpanProcessor(zpages.NewSpanProcessor()))
		}
		tp := sdktrace.NewTracerProvider(options...)
		mux := http.NewServeMux() // as the others have one
		mux.Handle("/", handler(demo(tp.Tracer("demo"), s.failing), tp, meters()))
		return mux
	}
	options := append(s.options, otelperf.WithLogger(slog.New(slog.DiscardHandler)))
	if s.events {
		logs := sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewBatchProcessor(discardLogs{})))
		options = append(options, otelperf.WithLoggerProvider(logs),
			otelperf.WithEvents(events.WithSampling(events.Sampling{Events: 1, Requests: 0.1, Exceptions: 1})))
	}
	mon, err := otelperf.New(options...)
	if err != nil {
		panic(err)
	}
	if s.sampler != nil {
		sampler = mon.Sampler(sampler)
	}
	tp := sdktrace.NewTracerProvider(sdktrace.WithSampler(sampler), sdktrace.WithSpanProcessor(mon.SpanProcessor(next)))
	h := demo(tp.Tracer("demo"), s.failing)
	if s.middleware {
		h = mon.Middleware(h)
	}
	mux := http.NewServeMux()
	mux.Handle(mounted, http.StripPrefix("/debug/otelperf", mon.Handler()))
	mux.Handle("/", handler(h, tp, meters(sdkmetric.WithReader(mon.Reader()))))
	return mux
}

// mounted is where the companion endpoint is.
const mounted = "/debug/otelperf/"

// discardLogs is a log exporter that exports nothing.
type discardLogs struct{}

// Export implements sdklog.Exporter.
func (discardLogs) Export(context.Context, []sdklog.Record) error { return nil }

// Shutdown implements sdklog.Exporter.
func (discardLogs) Shutdown(context.Context) error { return nil }

// ForceFlush implements sdklog.Exporter.
func (discardLogs) ForceFlush(context.Context) error { return nil }
