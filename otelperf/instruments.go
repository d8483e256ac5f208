// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"

	"github.com/otelperf/otelperf-go/spikeprocessor"
)

// scopeName is the instrumentation scope of instruments and events.
const scopeName = "github.com/otelperf/otelperf-go/otelperf"

// Version is the version of this module.
const Version = spikeprocessor.Version

// Names of our instruments on the program's MeterProvider. The README lists them; a test compares the two.
const (
	MetricP50      = "otelperf.endpoint.p50"          // gauge, s
	MetricP95      = "otelperf.endpoint.p95"          // gauge, s
	MetricP99      = "otelperf.endpoint.p99"          // gauge, s
	MetricBaseline = "otelperf.endpoint.baseline.p99" // gauge, s
	MetricState    = "otelperf.endpoint.state"        // gauge: 0 learning, 1 normal, 2 spiking
	MetricSpikes   = "otelperf.spikes"                // counter of spikes by endpoint
	MetricOpen     = "otelperf.spikes.open"           // gauge of open spikes
	MetricSlow     = "otelperf.slow_requests"         // counter
	MetricRescued  = "otelperf.rescued"               // counter of unsampled requests that were exported, by reason
	MetricDropped  = "otelperf.dropped"               // counter by what was dropped
	MetricTickTime = "otelperf.engine.time"           // counter, s: time spent in evaluations
)

// instruments are what a backend can alert on.
type instruments struct {
	p50, p95, p99, baseline, tick metric.Float64Observable
	state, open, slow, dropped    metric.Int64Observable
	rescued                       metric.Int64Observable
	spikes                        metric.Int64Counter
	registration                  metric.Registration
}

// newInstruments registers them with the provider of the options, else the global one. The endpoint's gauges cover the
// last minute and exist for endpoints that had requests in it: at most max endpoints and one overflow row each.
func (m *Monitor) newInstruments() (*instruments, error) {
	provider := m.cfg.meterProvider
	if provider == nil {
		provider = otel.GetMeterProvider()
	}
	meter := provider.Meter(scopeName, metric.WithInstrumentationVersion(Version))
	in := &instruments{}
	var errs []error
	gauge := func(name, text string) metric.Float64Observable {
		g, err := meter.Float64ObservableGauge(name, metric.WithUnit("s"), metric.WithDescription(text))
		errs = append(errs, err)
		return g
	}
	in.p50 = gauge(MetricP50, "Median request duration of the last minute.")
	in.p95 = gauge(MetricP95, "95th percentile of request duration of the last minute.")
	in.p99 = gauge(MetricP99, "99th percentile of request duration of the last minute.")
	in.baseline = gauge(MetricBaseline, "What the 99th percentile normally is.")
	count := func(o metric.Int64Observable, err error) metric.Int64Observable {
		errs = append(errs, err)
		return o
	}
	in.state = count(meter.Int64ObservableGauge(MetricState, metric.WithDescription("0 learning, 1 normal, 2 spiking.")))
	in.open = count(meter.Int64ObservableGauge(MetricOpen, metric.WithUnit("{spike}"), metric.WithDescription("Spikes that are open.")))
	in.slow = count(meter.Int64ObservableCounter(MetricSlow, metric.WithUnit("{request}"), metric.WithDescription("Requests above their slow threshold.")))
	in.rescued = count(meter.Int64ObservableCounter(MetricRescued, metric.WithUnit("{request}"), metric.WithDescription("Unsampled requests that were exported, by reason.")))
	in.dropped = count(meter.Int64ObservableCounter(MetricDropped, metric.WithDescription("What a bound left out, by kind.")))
	var err error
	in.tick, err = meter.Float64ObservableCounter(MetricTickTime, metric.WithUnit("s"), metric.WithDescription("Time spent evaluating."))
	errs = append(errs, err)
	in.spikes, err = meter.Int64Counter(MetricSpikes, metric.WithUnit("{spike}"), metric.WithDescription("Spikes that started, by endpoint."))
	errs = append(errs, err)
	in.registration, err = meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		m.observe(in, o)
		return nil
	}, in.p50, in.p95, in.p99, in.baseline, in.state, in.open, in.slow, in.dropped, in.rescued, in.tick)
	return in, errors.Join(append(errs, err)...)
}
