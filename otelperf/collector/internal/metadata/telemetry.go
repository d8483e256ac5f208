// SPDX-License-Identifier: Apache-2.0

package metadata

import (
	"context"
	"errors"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/otel/metric"
)

// Instrument is one of those by which the connector says how it is.
type Instrument struct {
	Name, Unit, Description string
	Gauge                   bool // what is now; else a count since the start
}

// Instruments are all of them.
var Instruments = []Instrument{
	{"otelcol_connector_otelperf_spans", "{span}", "Spans that were looked at.", false},
	{"otelcol_connector_otelperf_requests", "{request}", "Requests, calls and jobs that were counted.", false},
	{"otelcol_connector_otelperf_spans_invalid", "{span}", "Spans of requests and calls that were left out, since their times cannot be, such as an end before the start.", false},
	{"otelcol_connector_otelperf_requests_late", "{request}", "Requests that came when their second had been judged, and counted in the oldest that was open.", false},
	{"otelcol_connector_otelperf_requests_ahead", "{request}", "Requests that ended ahead of the collector's clock, and counted in the running second.", false},
	{"otelcol_connector_otelperf_requests_dropped", "{request}", "Requests that were left out, since too many waited for their second to be judged.", false},
	{"otelcol_connector_otelperf_requests_other_service", "{resource}", "Resources that were counted in the service (other), since there were too many.", false},
	{"otelcol_connector_otelperf_requests_other_endpoint", "{request}", "Requests that were counted in a row (other), since their service had too many.", false},
	{"otelcol_connector_otelperf_spans_not_held", "{span}", "Spans that were not held for an anatomy, for want of room.", false},
	{"otelcol_connector_otelperf_spans_astray", "{span}", "Spans that were not held for an anatomy, since their times cannot be, or are far from those of others.", false},
	{"otelcol_connector_otelperf_slow_dropped", "{request}", "Slow requests that are not in the slow log, since there were too many.", false},
	{"otelcol_connector_otelperf_events_dropped", "{event}", "Events of incidents that were not delivered.", false},
	{"otelcol_connector_otelperf_metrics_dropped", "{point}", "Metric points that were not delivered; the next ones have what they had.", false},
	{"otelcol_connector_otelperf_services", "{service}", "Services that there are.", true},
	{"otelcol_connector_otelperf_endpoints", "{endpoint}", "Endpoints, dependencies and jobs that they have.", true},
	{"otelcol_connector_otelperf_span_memory", "By", "Memory of spans that are held.", true},
	{"otelcol_connector_otelperf_requests_pending", "{request}", "Requests that wait for their second to be judged.", true},
	{"otelcol_connector_otelperf_requests_metered", "{request}", "Requests that came as metrics, and were counted.", false},
	{"otelcol_connector_otelperf_requests_twice", "{request}", "Requests that were not counted, since another input of their service tells of them.", false},
	{"otelcol_connector_otelperf_points", "{point}", "Points of duration histograms that were read.", false},
	{"otelcol_connector_otelperf_points_first", "{point}", "Points of series that were new, of which it is not known what came before.", false},
	{"otelcol_connector_otelperf_points_stale", "{point}", "Points that had come before, or were older than the last of their series.", false},
	{"otelcol_connector_otelperf_points_shared", "{point}", "Points of processes whose resources do not tell them apart.", false},
	{"otelcol_connector_otelperf_points_invalid", "{point}", "Points that cannot be.", false},
	{"otelcol_connector_otelperf_points_sumless", "{point}", "Points without a sum that their buckets can have.", false},
	{"otelcol_connector_otelperf_points_not_remembered", "{point}", "Points of series for which there was no room.", false},
	{"otelcol_connector_otelperf_instances_not_compared", "{report}", "Reports of instances for which there was no room.", false},
	{"otelcol_connector_otelperf_series", "{series}", "Series of metrics that are remembered.", true},
	{"otelcol_connector_otelperf_series_memory", "By", "Memory of series of metrics.", true},
	{"otelcol_connector_otelperf_spans_moved", "{span}", "Spans that were not looked at, since another collector has their service.", false},
	{"otelcol_connector_otelperf_services_taken_over", "{service}", "Services that began with what was known of them.", false},
	{"otelcol_connector_otelperf_services_handed_over", "{service}", "Services that another collector has taken over.", false},
	{"otelcol_connector_otelperf_state_failures", "{failure}", "Reads and writes of the state that failed.", false},
	{"otelcol_connector_otelperf_history_services", "{service}", "Services whose history is being stored.", true},
	{"otelcol_connector_otelperf_history_services_without", "{service}", "Services that have no history, since there is no room for one, or its file cannot be opened.", true},
	{"otelcol_connector_otelperf_history_minutes", "{minute}", "Minutes of services that were stored.", false},
	{"otelcol_connector_otelperf_history_failures", "{failure}", "Attempts to store a minute that failed.", false},
	{"otelcol_connector_otelperf_history_minutes_lost", "{minute}", "Minutes of services that were not stored, since that could not be done for an hour.", false},
}

// Observe registers them; read returns their values in the order of Instruments. The function that it returns takes them out.
func Observe(set component.TelemetrySettings, read func() []int64) (func() error, error) {
	meter := set.MeterProvider.Meter(ScopeName)
	var errs []error
	observables := make([]metric.Int64Observable, len(Instruments))
	all := make([]metric.Observable, len(Instruments))
	for i, in := range Instruments {
		var err error
		if in.Gauge {
			observables[i], err = meter.Int64ObservableGauge(in.Name, metric.WithUnit(in.Unit), metric.WithDescription(in.Description))
		} else {
			observables[i], err = meter.Int64ObservableCounter(in.Name, metric.WithUnit(in.Unit), metric.WithDescription(in.Description))
		}
		errs = append(errs, err)
		all[i] = observables[i]
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	r, err := meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		for i, v := range read() {
			o.ObserveInt64(observables[i], v)
		}
		return nil
	}, all...)
	if err != nil {
		return nil, err
	}
	return r.Unregister, nil
}
