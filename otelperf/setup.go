// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// Setup is for a program that has no OpenTelemetry pipeline yet: it makes the Monitor, a TracerProvider and a
// MeterProvider around it, and installs both, with trace context and baggage propagation, as the global ones. The
// function it returns shuts the three down in the right order; it is idempotent and honours its context. With
// OTEL_SDK_DISABLED set to true it builds and installs no providers.
//
// Nothing is exported but by the exporters and readers of the options: the page and the JSON need none. The SDK reads
// OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES, OTEL_TRACES_SAMPLER, OTEL_BSP_*, OTEL_METRIC_EXPORT_* and the limits of
// spans; exporters read OTEL_EXPORTER_*. What other variables ask for, such as OTEL_TRACES_EXPORTER, is not done:
// one log line each, a warning, says what does it.
//
// The error joins all that is wrong with the options, each wrapping ErrConfig; then, or when ctx is over, nothing was installed. ctx
// has no part in what was built.
func Setup(ctx context.Context, opts ...SetupOption) (*Monitor, func(context.Context) error, error) {
	c, err := newSetupConfig(opts)
	if err != nil {
		return nil, nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, nil, fmt.Errorf("otelperf: setup: %w", err)
	}
	m, err := New(c.options...)
	if err != nil {
		return nil, nil, err
	}
	if m.disabled == sdkDisabled {
		var once sync.Once
		return m, func(ctx context.Context) (err error) {
			once.Do(func() { err = c.shutdownUnused(ctx) })
			return errors.Join(m.Shutdown(ctx), err)
		}, nil
	}
	for _, line := range c.unanswered() {
		m.cfg.logger.Warn(line)
	}
	tp := sdktrace.NewTracerProvider(sdktrace.WithResource(c.resource), sdktrace.WithSampler(m.Sampler(c.sampler)),
		sdktrace.WithSpanProcessor(m.SpanProcessor(c.batchers())))
	mp := sdkmetric.NewMeterProvider(append(c.readers(m), sdkmetric.WithResource(c.resource), sdkmetric.WithReader(m.Reader()))...)
	otel.SetTracerProvider(tp)
	otel.SetMeterProvider(mp)
	otel.SetTextMapPropagator(propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}))
	return m, func(ctx context.Context) error {
		return errors.Join(m.Shutdown(ctx), notTwice(tp.Shutdown(ctx)), notTwice(mp.Shutdown(ctx)))
	}, nil
}

// shutdownUnused shuts down what was given to Setup and has no provider to do it.
func (c *setupConfig) shutdownUnused(ctx context.Context) (err error) {
	for _, e := range c.spanExporters {
		err = errors.Join(err, e.Shutdown(ctx))
	}
	for _, e := range c.metricExporters {
		err = errors.Join(err, e.Shutdown(ctx))
	}
	return err
}

// newSetupConfig applies the options and reports all that is wrong with them at once, those of the Monitor included.
func newSetupConfig(opts []SetupOption) (*setupConfig, error) {
	c := &setupConfig{}
	for i, o := range opts {
		if o == nil {
			c.refuse(fmt.Sprintf("option %d is nil", i+1))
			continue
		}
		o.applySetup(c)
	}
	monitor, _ := newConfig(c.options)
	c.errs = append(c.errs, monitor.errs...)
	c.resource = merged(resource.Default(), c.resource)
	if !resource.Environment().Set().HasValue(semconv.ServiceNameKey) {
		c.resource = merged(c.resource, c.service)
	}
	return c, errors.Join(c.errs...)
}

// merged is a with what b says, which may be nil. Two versions of the semantic conventions are no reason to do without either.
func merged(a, b *resource.Resource) *resource.Resource {
	both, _ := resource.Merge(a, b) // the error is about the versions alone
	return both
}

// notTwice lets a second shutdown pass.
func notTwice(err error) error {
	if errors.Is(err, sdkmetric.ErrReaderShutdown) {
		return nil
	}
	return err
}

// readers export the metrics of the program, and the endpoints' histograms of m.
func (c *setupConfig) readers(m *Monitor) (opts []sdkmetric.Option) {
	for _, e := range c.metricExporters {
		opts = append(opts, sdkmetric.WithReader(sdkmetric.NewPeriodicReader(e, sdkmetric.WithProducer(m.Producer()))))
	}
	for _, r := range c.metricReaders {
		opts = append(opts, sdkmetric.WithReader(r))
	}
	return opts
}

// batchers returns one processor for all span exporters, nil for none.
func (c *setupConfig) batchers() sdktrace.SpanProcessor {
	switch len(c.spanExporters) {
	case 0:
		return nil
	case 1:
		return sdktrace.NewBatchSpanProcessor(c.spanExporters[0])
	}
	all := make(fanOut, len(c.spanExporters))
	for i, e := range c.spanExporters {
		all[i] = sdktrace.NewBatchSpanProcessor(e)
	}
	return all
}

// fanOut hands spans to several processors.
type fanOut []sdktrace.SpanProcessor

func (f fanOut) OnStart(ctx context.Context, s sdktrace.ReadWriteSpan) {
	for _, p := range f {
		p.OnStart(ctx, s)
	}
}

func (f fanOut) OnEnd(s sdktrace.ReadOnlySpan) {
	for _, p := range f {
		p.OnEnd(s)
	}
}

func (f fanOut) ForceFlush(ctx context.Context) (err error) {
	for _, p := range f {
		err = errors.Join(err, p.ForceFlush(ctx))
	}
	return err
}

func (f fanOut) Shutdown(ctx context.Context) (err error) {
	for _, p := range f {
		err = errors.Join(err, p.Shutdown(ctx))
	}
	return err
}
