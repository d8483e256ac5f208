// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/worker"
	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// scopeName is the instrumentation scope of instruments and events.
const scopeName = "github.com/otelperf/otelperf-go/otelperf"

// Version is the version of this module.
const Version = spikeprocessor.Version

// Names of our instruments on the program's MeterProvider. The README lists them; a test compares the two.
const (
	metricP50      = "otelperf.endpoint.p50"          // gauge, s
	metricP95      = "otelperf.endpoint.p95"          // gauge, s
	metricP99      = "otelperf.endpoint.p99"          // gauge, s
	metricBaseline = "otelperf.endpoint.baseline.p99" // gauge, s
	metricState    = "otelperf.endpoint.state"        // gauge: 0 learning, 1 normal, 2 spiking
	metricSpikes   = "otelperf.spike.started"         // counter of spikes by endpoint
	metricOpen     = "otelperf.spike.open"            // up-down counter of open spikes
	metricSlow     = "otelperf.request.slow"          // counter
	metricRescued  = "otelperf.request.rescued"       // counter of unsampled requests that were exported, by reason
	metricTickTime = "otelperf.engine.time"           // counter, s: time spent in evaluations

	// Counters of what a bound left out.
	metricSlowDropped   = "otelperf.slow_log.dropped"   // not in the slow log
	metricRescueDropped = "otelperf.rescue.dropped"     // requests above the rate of rescues
	metricSpanDropped   = "otelperf.child_span.dropped" // not in an anatomy
	metricTreeDropped   = "otelperf.anatomy.dropped"    // not built
	metricLineDropped   = "otelperf.slow_line.dropped"  // not logged
	metricAlertDropped  = "otelperf.alert.dropped"      // not reported
)

// instruments are what a backend can alert on.
type instruments struct {
	p50, p95, p99, baseline, tick metric.Float64Observable
	state, open, slow, rescued    metric.Int64Observable
	dropped                       []dropCounter
	spikes                        metric.Int64Counter
	runtime                       runtimeGauges
	slo                           sloGauges
	name                          []attribute.KeyValue // of the Monitor, if it has one
	registration                  metric.Registration
	observed                      atomic.Bool // somebody reads them

	unregister sync.Once
	closing    *worker.Worker
	closeErr   error // of the unregistration, once closing has ended
}

// Close takes our callback out, within ctx: while another callback runs, the SDK lets nobody in.
func (in *instruments) Close(ctx context.Context) error {
	in.unregister.Do(func() {
		in.closing.Run(func() {
			if in.registration != nil {
				in.closeErr = in.registration.Unregister()
			}
		})
	})
	if err := in.closing.Close(ctx); err != nil {
		return err
	}
	return in.closeErr
}

// dropCounter counts one kind of what a bound left out.
type dropCounter struct {
	metric.Int64Observable
	read func(*Monitor, *spikeprocessor.Stats) uint64
}

// newInstruments registers them with the provider of the options, else the global one. The endpoint's gauges cover the
// last minute and exist for endpoints that had requests in it: at most max endpoints and one overflow row each.
func (m *Monitor) newInstruments() (*instruments, error) {
	meter := m.meters().Meter(scopeName, metric.WithInstrumentationVersion(Version))
	in := &instruments{closing: worker.New(), name: m.cfg.nameAttributes()}
	var errs []error
	gauge := func(name, text string) metric.Float64Observable {
		g, err := meter.Float64ObservableGauge(name, metric.WithUnit("s"), metric.WithDescription(text))
		errs = append(errs, err)
		return g
	}
	in.p50 = gauge(metricP50, "Median request duration of the last minute.")
	in.p95 = gauge(metricP95, "95th percentile of request duration of the last minute.")
	in.p99 = gauge(metricP99, "99th percentile of request duration of the last minute.")
	in.baseline = gauge(metricBaseline, "What the 99th percentile normally is.")
	count := func(o metric.Int64Observable, err error) metric.Int64Observable {
		errs = append(errs, err)
		return o
	}
	in.state = count(meter.Int64ObservableGauge(metricState, metric.WithDescription("0 learning, 1 normal, 2 spiking.")))
	in.open = count(meter.Int64ObservableUpDownCounter(metricOpen, metric.WithUnit("{spike}"), metric.WithDescription("Spikes that are open.")))
	in.slow = count(meter.Int64ObservableCounter(metricSlow, metric.WithUnit("{request}"), metric.WithDescription("Requests above their slow threshold.")))
	in.rescued = count(meter.Int64ObservableCounter(metricRescued, metric.WithUnit("{request}"), metric.WithDescription("Unsampled requests that were exported, by reason.")))
	var err error
	in.tick, err = meter.Float64ObservableCounter(metricTickTime, metric.WithUnit("s"), metric.WithDescription("Time spent evaluating."))
	errs = append(errs, err)
	in.spikes, err = meter.Int64Counter(metricSpikes, metric.WithUnit("{spike}"), metric.WithDescription("Spikes that started, by endpoint and what they are about."))
	errs = append(errs, err)
	for _, d := range drops {
		o, err := meter.Int64ObservableCounter(d.name, metric.WithUnit(d.unit), metric.WithDescription(d.text))
		errs = append(errs, err)
		in.dropped = append(in.dropped, dropCounter{o, d.read})
	}
	observed := []metric.Observable{in.p50, in.p95, in.p99, in.baseline, in.state, in.open, in.slow, in.rescued, in.tick}
	for _, d := range in.dropped {
		observed = append(observed, d.Int64Observable)
	}
	gauges, more, faults := newRuntimeGauges(meter)
	in.runtime, observed, errs = gauges, append(observed, more...), append(errs, faults...)
	budgets, more, faults := newSLOGauges(meter)
	in.slo, observed, errs = budgets, append(observed, more...), append(errs, faults...)
	in.registration, err = meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		m.observe(in, o)
		return nil
	}, observed...)
	return in, errors.Join(append(errs, err)...)
}

// drops are the counters of what a bound left out.
var drops = []struct {
	name, unit, text string
	read             func(*Monitor, *spikeprocessor.Stats) uint64
}{
	{metricSlowDropped, "{request}", "Slow requests that the slow log had no room for.", func(_ *Monitor, p *spikeprocessor.Stats) uint64 { return p.NotKept }},
	{metricRescueDropped, "{request}", "Unsampled requests that were not exported since the rate of rescues was reached.",
		func(_ *Monitor, p *spikeprocessor.Stats) uint64 { return p.RescueRefused }},
	{metricSpanDropped, "{span}", "Child spans that were not held until their request ended.",
		func(_ *Monitor, p *spikeprocessor.Stats) uint64 {
			return p.HeldFull + p.HeldEvicted + p.HeldLong + p.HeldStale
		}},
	{metricTreeDropped, "{request}", "Requests in the slow log without an anatomy, for want of room.",
		func(_ *Monitor, p *spikeprocessor.Stats) uint64 { return p.AnatomiesDropped }},
	{metricLineDropped, "{line}", "Log lines about slow requests that were not written: beyond 10 a second of one endpoint, or the logger was too slow.",
		func(m *Monitor, _ *spikeprocessor.Stats) uint64 {
			return m.lines.suppressed.Load() + m.lines.dropped.Load()
		}},
	{metricAlertDropped, "{alert}", "Alerts that were not reported since a receiver was too slow.", func(m *Monitor, _ *spikeprocessor.Stats) uint64 { return m.alerts.dropped.Load() }},
}

// observe reports the state as of the last evaluation. It evaluates nothing itself: with the metric source it runs inside an
// evaluation.
func (m *Monitor) observe(in *instruments, o metric.Observer) {
	if m.closed.Load() {
		return
	}
	m.observed(in)
	named := func(attrs ...attribute.KeyValue) metric.MeasurementOption {
		return metric.WithAttributes(append(attrs, in.name...)...)
	}
	rows, _ := m.engine.Rows(engine.Query{Window: engine.Minute, Once: true})
	for i := range rows {
		r := &rows[i]
		set := named(r.Endpoint.Attributes()...)
		observe := func(g metric.Float64Observable, d time.Duration) {
			if r.Timed > 0 && r.Known(d) {
				o.ObserveFloat64(g, d.Seconds(), set)
			}
		}
		observe(in.p50, r.P50)
		observe(in.p95, r.P95)
		observe(in.p99, r.P99)
		if r.BaselineP99 > 0 {
			o.ObserveFloat64(in.baseline, r.BaselineP99.Seconds(), set)
		}
		o.ObserveInt64(in.state, int64(r.Phase), set)
	}
	m.observeRuntime(&in.runtime, o, named)
	m.observeObjectives(&in.slo, o, named)
	o.ObserveInt64(in.open, int64(m.engine.OpenIncidents()), named())
	p := m.processor.Stats()
	o.ObserveInt64(in.slow, int64(p.Slow), named())
	o.ObserveFloat64(in.tick, time.Duration(m.reader.spent.Load()).Seconds(), named())
	for reason, n := range p.Rescued {
		o.ObserveInt64(in.rescued, int64(n), named(conventions.RescueReasonKey.String(reason)))
	}
	for _, d := range in.dropped {
		o.ObserveInt64(d.Int64Observable, int64(d.read(m, &p)), named())
	}
}

// spikeStarted counts a start in the metrics.
func (in *instruments) spikeStarted(p *engine.Part) {
	attrs := append(p.Endpoint.Attributes(), attribute.String("otelperf.spike.matter", string(p.Matter)))
	in.spikes.Add(context.Background(), 1, metric.WithAttributes(append(attrs, in.name...)...))
}
