// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"log/slog"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"
	otellog "go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
)

// WithLogger sets where slow requests, request lines and alerts are logged. The default is slog.Default() at the time of each
// line.
func WithLogger(l *slog.Logger) Option {
	return needed("logger", l == nil, func(c *config) { c.logger = l })
}

// WithOnSpike has f called when a spike starts, within 5 s of its detection, when it has become worse, when its cause has become known,
// and when it ends; Spike.State tells. It runs in a goroutine for alerts alone: it may be slow (64 alerts wait, then they are dropped and counted), and a
// panic in it is counted. It may be given more than once.
func WithOnSpike(f func(Spike)) Option {
	return needed("OnSpike function", f == nil, func(c *config) { c.onSpike = append(c.onSpike, f) })
}

// WithLoggerProvider sets where alerts go as OpenTelemetry events. The default is the global provider.
func WithLoggerProvider(p otellog.LoggerProvider) Option {
	return needed("logger provider", p == nil, func(c *config) { c.loggerProvider = p })
}

// maxName bounds a Monitor's name, in bytes.
const maxName = 64

// WithName tells a Monitor from others of the same process: its name is the attribute otelperf.monitor.name of its own metrics, those
// of its Producer among them, and of its OpenTelemetry events, and monitor of the lines about spikes. Without it, two Monitors on one
// MeterProvider overwrite each other's metrics: that is logged, and in diagnostics. It has 1 to 64 bytes of UTF-8. The default is no
// name, and no attribute.
//
// Two servers in one process that have the same route share its row in one Monitor. A Monitor for each, with a name and a
// TracerProvider of its own, keeps them apart; spikeprocessor.WithDimensions("server.address", "server.port") leaves them in one row, and
// says what is different about the slow requests of either.
func WithName(name string) Option {
	return optionFunc(func(c *config) {
		if name == "" || len(name) > maxName || !utf8.ValidString(name) {
			c.refuse("name is %.80q, accepted are 1 to %d bytes of UTF-8", name, maxName)
			return
		}
		c.name = name
	})
}

// nameAttributes are what metrics and events of a Monitor with a name have besides.
func (c *config) nameAttributes() []attribute.KeyValue {
	if c.name == "" {
		return nil
	}
	return []attribute.KeyValue{attribute.String("otelperf.monitor.name", c.name)}
}

// WithMeterProvider sets where otelperf's own instruments live. The default is the global provider, which may be set later: a
// provider whose reader has Monitor.Producer can only be made after the Monitor.
func WithMeterProvider(p metric.MeterProvider) Option {
	return needed("meter provider", p == nil, func(c *config) { c.meterProvider = p })
}
