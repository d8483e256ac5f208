// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// Names of the instruments that show the runtime's signals; what OpenTelemetry's own go.* and process.* metrics have is not among them.
const (
	metricGC             = "otelperf.runtime.gc.cpu.utilization"    // gauge, 1
	metricAssist         = "otelperf.runtime.gc.assist.utilization" // gauge, 1
	metricPause          = "otelperf.runtime.pause"                 // gauge, s
	metricRunnable       = "otelperf.runtime.goroutine.runnable"    // gauge, {goroutine}
	metricMutexWaiting   = "otelperf.runtime.mutex.waiting"         // gauge, {goroutine}
	metricThrottled      = "otelperf.runtime.cpu.throttled"         // gauge, 1
	metricMemoryPressure = "otelperf.runtime.memory.pressure"       // gauge, 1
	metricQuota          = "otelperf.runtime.cpu.quota"             // gauge, {cpu}
	metricUnusual        = "otelperf.runtime.unusual"               // gauge by signal: 1 beyond its normal, else 0
	metricPoolWaiting    = "otelperf.pool.waiting"                  // gauge by pool, {request}
	metricPoolInUse      = "otelperf.pool.in_use"                   // gauge by pool, {connection}
	metricPoolMax        = "otelperf.pool.max"                      // gauge by pool, {connection}
)

// Attributes of their points.
const (
	signalKey = attribute.Key("otelperf.runtime.signal")
	poolKey   = attribute.Key("otelperf.pool.name")
)

// signalGauges are the instruments that show one signal each, by its name. What is milliseconds there is seconds here.
var signalGauges = []struct{ signal, name, unit, text string }{
	{"gc_cpu", metricGC, "1", "Share of the CPU time available to Go that GC took."},
	{"gc_assist", metricAssist, "1", "Share of the CPU time available to Go that goroutines took to help GC."},
	{"pause", metricPause, "s", "Longest time that the world was stopped."},
	{"runnable", metricRunnable, "{goroutine}", "Goroutines that waited for a CPU."},
	{"mutex_wait", metricMutexWaiting, "{goroutine}", "Goroutines that waited for locks, on average."},
	{"cpu_throttled", metricThrottled, "1", "Share of the control group's CPU periods in which it was throttled."},
	{"memory_pressure", metricMemoryPressure, "1", "Share of the time in which some work waited for memory."},
	{"pool_waiting", metricPoolWaiting, "{request}", "Requests that waited for a connection, on average."},
	{"pool_in_use", metricPoolInUse, "{connection}", "Connections that are in use."},
}

// runtimeGauges are the runtime's signals as metrics. Those that are not known have no point: at most 13 and 5 for each pool.
type runtimeGauges struct {
	signals        map[string]metric.Float64Observable // by name
	quota, poolMax metric.Float64Observable
	unusual        metric.Int64Observable
}

func newRuntimeGauges(meter metric.Meter) (g runtimeGauges, all []metric.Observable, errs []error) {
	gauge := func(name, unit, text string) metric.Float64Observable {
		o, err := meter.Float64ObservableGauge(name, metric.WithUnit(unit), metric.WithDescription(text))
		all, errs = append(all, o), append(errs, err)
		return o
	}
	g.signals = map[string]metric.Float64Observable{}
	for _, s := range signalGauges {
		g.signals[s.signal] = gauge(s.name, s.unit, s.text+" Over the last ten seconds.")
	}
	g.quota = gauge(metricQuota, "{cpu}", "CPUs that the control group allows.")
	g.poolMax = gauge(metricPoolMax, "{connection}", "Connections that the pool may have.")
	unusual, err := meter.Int64ObservableGauge(metricUnusual, metric.WithDescription("1 for signals beyond their normal, 0 for those within."))
	g.unusual = unusual
	return g, append(all, unusual), append(errs, err)
}

// observeRuntime reports the last ten seconds.
func (m *Monitor) observeRuntime(g *runtimeGauges, o metric.Observer, named func(...attribute.KeyValue) metric.MeasurementOption) {
	rep := m.runtimeReport(time.Now())
	for _, s := range rep.Signals {
		if s.Now == nil {
			continue
		}
		var of []attribute.KeyValue
		if s.Pool != "" {
			of = append(of, poolKey.String(s.Pool))
		}
		if gauge := g.signals[s.Name]; gauge != nil {
			x := *s.Now
			if s.Unit == "ms" {
				x /= 1e3
			}
			o.ObserveFloat64(gauge, x, named(of...))
		}
		if s.Limit != nil {
			beyond := int64(0)
			if *s.Now > *s.Limit {
				beyond = 1
			}
			o.ObserveInt64(g.unusual, beyond, named(append(of, signalKey.String(s.Name))...))
		}
	}
	for _, p := range rep.Pools {
		if p.Max > 0 {
			o.ObserveFloat64(g.poolMax, float64(p.Max), named(poolKey.String(p.Name)))
		}
	}
	if rep.CPUQuota != nil {
		o.ObserveFloat64(g.quota, *rep.CPUQuota, named())
	}
}
