// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"context"
	"errors"
	"fmt"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/stdout/stdoutmetric"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// setupConfig is what only Setup uses.
type setupConfig struct {
	spanExporters   []sdktrace.SpanExporter
	metricExporters []sdkmetric.Exporter
	metricReaders   []sdkmetric.Reader
	noMetrics       bool
	resource        *resource.Resource
	sampler         sdktrace.Sampler
}

// WithSpanExporter has Setup export sampled spans through a BatchSpanProcessor. It may be given more than once. New
// ignores it.
func WithSpanExporter(e sdktrace.SpanExporter) Option {
	return optionFunc(func(c *config) {
		if e == nil {
			c.refuse("span exporter is nil")
			return
		}
		c.setup.spanExporters = append(c.setup.spanExporters, e)
	})
}

// WithMetricExporter has Setup export metrics through a PeriodicReader, the endpoints' histograms included. It may be
// given more than once. Without a metric exporter or reader, Setup exports to standard output. New ignores it.
func WithMetricExporter(e sdkmetric.Exporter) Option {
	return optionFunc(func(c *config) {
		if e == nil {
			c.refuse("metric exporter is nil")
			return
		}
		c.setup.metricExporters = append(c.setup.metricExporters, e)
	})
}

// WithMetricReader adds a reader, such as a Prometheus exporter, to what Setup builds. The endpoints' histograms
// reach it only if it was made with a Producer of its own. New ignores it.
func WithMetricReader(r sdkmetric.Reader) Option {
	return optionFunc(func(c *config) {
		if r == nil {
			c.refuse("metric reader is nil")
			return
		}
		c.setup.metricReaders = append(c.setup.metricReaders, r)
	})
}

// WithoutMetricExport keeps Setup from exporting metrics to standard output for want of another exporter.
func WithoutMetricExport() Option {
	return optionFunc(func(c *config) { c.setup.noMetrics = true })
}

// WithResource sets the resource of what Setup builds. It is merged over the SDK's default, which reads
// OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME. New ignores it.
func WithResource(r *resource.Resource) Option {
	return optionFunc(func(c *config) { c.setup.resource = r })
}

// WithSampler sets the sampler of exported traces that Setup uses below Monitor.Sampler. The default is what
// OTEL_TRACES_SAMPLER says. New ignores it.
func WithSampler(s sdktrace.Sampler) Option {
	return optionFunc(func(c *config) { c.setup.sampler = s })
}

// Setup is for a program that has no OpenTelemetry pipeline yet: it makes the Monitor, a TracerProvider and a
// MeterProvider around it, and installs both, with trace context and baggage propagation, as the global ones. The
// function it returns shuts the three down in the right order; it is idempotent and honours its context. With
// OTEL_SDK_DISABLED set to true it builds and installs no providers.
func Setup(_ context.Context, opts ...Option) (*Monitor, func(context.Context) error, error) {
	m, err := New(opts...)
	if err != nil {
		return nil, nil, err
	}
	if m.disabled == sdkDisabled {
		return m, m.Shutdown, nil
	}
	c := &m.cfg.setup
	res := resource.Default()
	if c.resource != nil {
		if res, err = resource.Merge(res, c.resource); err != nil {
			return nil, nil, errors.Join(fmt.Errorf("%w: resource: %w", ErrConfig, err), m.Shutdown(context.Background()))
		}
	}
	readers, err := m.setupReaders()
	if err != nil {
		return nil, nil, errors.Join(err, m.Shutdown(context.Background()))
	}
	tp := sdktrace.NewTracerProvider(sdktrace.WithResource(res), sdktrace.WithSampler(m.Sampler(c.sampler)),
		sdktrace.WithSpanProcessor(m.SpanProcessor(c.batchers())))
	mp := sdkmetric.NewMeterProvider(append(readers, sdkmetric.WithResource(res), sdkmetric.WithReader(m.Reader()))...)
	otel.SetTracerProvider(tp)
	otel.SetMeterProvider(mp)
	otel.SetTextMapPropagator(propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}))
	return m, func(ctx context.Context) error {
		return errors.Join(m.Shutdown(ctx), notTwice(tp.Shutdown(ctx)), notTwice(mp.Shutdown(ctx)))
	}, nil
}

// notTwice lets a second shutdown pass.
func notTwice(err error) error {
	if errors.Is(err, sdkmetric.ErrReaderShutdown) {
		return nil
	}
	return err
}

func (m *Monitor) setupReaders() (opts []sdkmetric.Option, err error) {
	c := &m.cfg.setup
	exporters := c.metricExporters
	if len(exporters)+len(c.metricReaders) == 0 && !c.noMetrics {
		e, err := stdoutmetric.New()
		if err != nil {
			return nil, fmt.Errorf("otelperf: making the stdout metric exporter: %w", err)
		}
		exporters = append(exporters, e)
	}
	for _, e := range exporters {
		opts = append(opts, sdkmetric.WithReader(sdkmetric.NewPeriodicReader(e, sdkmetric.WithProducer(m.Producer()))))
	}
	for _, r := range c.metricReaders {
		opts = append(opts, sdkmetric.WithReader(r))
	}
	return opts, nil
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
