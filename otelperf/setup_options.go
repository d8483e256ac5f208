// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"fmt"
	"strings"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// SetupOption configures Setup. Every [Option] is one; those that are not are for what Setup builds around the Monitor.
type SetupOption interface{ applySetup(*setupConfig) }

type setupFunc func(*setupConfig)

func (f setupFunc) applySetup(c *setupConfig) { f(c) }

// setupConfig is what Setup's options add up to.
type setupConfig struct {
	options         []Option // of the Monitor
	spanExporters   []sdktrace.SpanExporter
	metricExporters []sdkmetric.Exporter
	metricReaders   []sdkmetric.Reader
	resource        *resource.Resource
	service         *resource.Resource // its name
	sampler         sdktrace.Sampler
	errs            []error
}

func (c *setupConfig) refuse(what string) {
	c.errs = append(c.errs, fmt.Errorf("%w: %s", ErrConfig, what))
}

// neededForSetup is an option of Setup alone whose value may not be nil.
func neededForSetup(what string, isNil bool, set func(*setupConfig)) SetupOption {
	return setupFunc(func(c *setupConfig) {
		if isNil {
			c.refuse(what + " is nil")
			return
		}
		set(c)
	})
}

// WithSpanExporter has Setup export sampled spans through a BatchSpanProcessor. It may be given more than once.
func WithSpanExporter(e sdktrace.SpanExporter) SetupOption {
	return neededForSetup("span exporter", e == nil, func(c *setupConfig) { c.spanExporters = append(c.spanExporters, e) })
}

// WithMetricExporter has Setup export metrics through a PeriodicReader, the endpoints' histograms included. It may be
// given more than once.
func WithMetricExporter(e sdkmetric.Exporter) SetupOption {
	return neededForSetup("metric exporter", e == nil, func(c *setupConfig) { c.metricExporters = append(c.metricExporters, e) })
}

// WithMetricReader adds a reader, such as a Prometheus exporter, to what Setup builds. The endpoints' histograms
// reach it only if it was made with a Producer of its own.
func WithMetricReader(r sdkmetric.Reader) SetupOption {
	return neededForSetup("metric reader", r == nil, func(c *setupConfig) { c.metricReaders = append(c.metricReaders, r) })
}

// WithServiceName names the service in what Setup builds: service.name, which backends group by. OTEL_SERVICE_NAME
// and OTEL_RESOURCE_ATTRIBUTES win over it, so that one program may run under several names; it wins over WithResource. Without any of
// them, the name is "unknown_service:" and the program's. It may not be empty.
func WithServiceName(name string) SetupOption {
	return setupFunc(func(c *setupConfig) {
		if strings.TrimSpace(name) == "" {
			c.refuse("service name is empty, accepted is any other text")
			return
		}
		c.service = resource.NewSchemaless(semconv.ServiceName(name))
	})
}

// WithResource sets the resource of what Setup builds. It is merged over the SDK's default, which reads
// OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME.
func WithResource(r *resource.Resource) SetupOption {
	return neededForSetup("resource", r == nil, func(c *setupConfig) { c.resource = r })
}

// WithSampler sets the sampler of exported traces that Setup uses below Monitor.Sampler. The default is what
// OTEL_TRACES_SAMPLER says.
func WithSampler(s sdktrace.Sampler) SetupOption {
	return neededForSetup("sampler", s == nil, func(c *setupConfig) { c.sampler = s })
}
