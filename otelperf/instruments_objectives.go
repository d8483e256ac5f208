// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/otelperf/otelperf-go/otelperf/engine"
)

// Names of the instruments of objectives. In Prometheus the first four are what Sloth has as slo:objective:ratio, slo:time_period:days,
// slo:period_error_budget_remaining:ratio and slo:current_burn_rate:ratio; of the counters, Sloth and Pyrra make their own.
const (
	metricObjective   = "otelperf.slo.objective"              // gauge, 1
	metricPeriod      = "otelperf.slo.period"                 // gauge, d
	metricBudgetLeft  = "otelperf.slo.error_budget.remaining" // gauge, 1
	metricBurnRate    = "otelperf.slo.burn_rate"              // gauge by window, 1
	metricSLOAlert    = "otelperf.slo.alert"                  // gauge: 0 none, 1 warning, 2 critical
	metricSLORequests = "otelperf.slo.requests"               // counter, {request}
	metricSLOBad      = "otelperf.slo.bad"                    // counter, {request}
)

// Attributes of their points.
const (
	sloNameKey   = attribute.Key("otelperf.slo.name")
	sloKindKey   = attribute.Key("otelperf.slo.kind")   // success or latency
	sloWindowKey = attribute.Key("otelperf.slo.window") // 5m, 30m, 1h, 6h or 3d
)

// sloGauges have a point for each budget, burn rates five.
type sloGauges struct {
	objective, period, left, burn metric.Float64Observable
	alert, requests, bad          metric.Int64Observable
}

func newSLOGauges(meter metric.Meter) (g sloGauges, all []metric.Observable, errs []error) {
	gauge := func(name, unit, text string) metric.Float64Observable {
		o, err := meter.Float64ObservableGauge(name, metric.WithUnit(unit), metric.WithDescription(text))
		all, errs = append(all, o), append(errs, err)
		return o
	}
	counter := func(name, text string) metric.Int64Observable {
		o, err := meter.Int64ObservableCounter(name, metric.WithUnit("{request}"), metric.WithDescription(text))
		all, errs = append(all, o), append(errs, err)
		return o
	}
	g.objective = gauge(metricObjective, "1", "Share of requests that is to be good.")
	g.period = gauge(metricPeriod, "d", "Period of the objective.")
	g.left = gauge(metricBudgetLeft, "1", "Share of the error budget that is left; below 0 it is overdrawn.")
	g.burn = gauge(metricBurnRate, "1", "Times as fast as lasts the period that the error budget burns, by window.")
	g.requests = counter(metricSLORequests, "Requests that an objective is for.")
	g.bad = counter(metricSLOBad, "Requests of an objective that were bad.")
	alert, err := meter.Int64ObservableGauge(metricSLOAlert, metric.WithDescription("0 none, 1 warning, 2 critical."))
	g.alert = alert
	return g, append(all, alert), append(errs, err)
}

func (m *Monitor) observeObjectives(g *sloGauges, o metric.Observer, named func(...attribute.KeyValue) metric.MeasurementOption) {
	for _, st := range m.engine.Objectives() {
		of := []attribute.KeyValue{sloNameKey.String(st.Name), sloKindKey.String(objectiveKind(&st))}
		set := named(of...)
		o.ObserveFloat64(g.objective, st.Target, set)
		o.ObserveFloat64(g.period, st.Budget.Period.Hours()/24, set)
		o.ObserveInt64(g.requests, int64(st.Requests), set)
		o.ObserveInt64(g.bad, int64(st.Bad), set)
		o.ObserveInt64(g.alert, alertLevel(&st), set)
		if st.Budget.Total > 0 {
			o.ObserveFloat64(g.left, st.Budget.Left, set)
		}
		seen := map[time.Duration]bool{}
		burn := func(window time.Duration, requests uint64, rate float64) {
			if !seen[window] && requests > 0 {
				o.ObserveFloat64(g.burn, rate, named(append(of[:2:2], sloWindowKey.String(windowLabel(window)))...))
			}
			seen[window] = true
		}
		for _, b := range st.Budget.Burns {
			burn(b.Short, b.ShortTotal, b.ShortRate)
			burn(b.Long, b.Total, b.LongRate)
		}
	}
}

// alertLevel is 2 if a critical alert is open, 1 if one is that is a warning.
func alertLevel(st *engine.ObjectiveState) (level int64) {
	for _, b := range st.Budget.Burns {
		switch {
		case b.Open && b.Page:
			return 2
		case b.Open:
			level = 1
		}
	}
	return level
}

// windowLabel is how SLO generators write a window.
func windowLabel(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%dd", d/(24*time.Hour))
	case d >= time.Hour:
		return fmt.Sprintf("%dh", d/time.Hour)
	}
	return fmt.Sprintf("%dm", d/time.Minute)
}
