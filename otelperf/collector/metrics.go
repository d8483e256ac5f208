// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/fleet"
	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// The metrics, under the names that the library gives them. The README lists them; a test compares the two.
const (
	metricP50        = "otelperf.endpoint.p50"
	metricP95        = "otelperf.endpoint.p95"
	metricP99        = "otelperf.endpoint.p99"
	metricBaseline   = "otelperf.endpoint.baseline.p99"
	metricState      = "otelperf.endpoint.state"
	metricSpikes     = "otelperf.spike.started"
	metricOpen       = "otelperf.spike.open"
	metricSlow       = "otelperf.request.slow"
	metricRequest    = "otelperf.request.duration"
	metricDependency = "otelperf.dependency.duration"
	metricJob        = "otelperf.job.duration"
)

// metricsOf are the metrics of all services, each as a resource of its own.
func metricsOf(f *fleet.Fleet, now time.Time) pmetric.Metrics {
	md := pmetric.NewMetrics()
	for _, s := range f.Services() {
		rm := md.ResourceMetrics().AppendEmpty()
		putResource(rm.Resource(), s.Name())
		sm := rm.ScopeMetrics().AppendEmpty()
		putScope(sm.Scope())
		w := &writer{to: sm.Metrics(), by: map[string]pmetric.Metric{}, since: pcommon.NewTimestampFromTime(s.Began()), now: pcommon.NewTimestampFromTime(now)}
		w.gauges(s.Engine())
		w.counts(s)
		w.histograms(s)
	}
	return md
}

// writer writes the metrics of one service.
type writer struct {
	to         pmetric.MetricSlice
	by         map[string]pmetric.Metric
	since, now pcommon.Timestamp
}

// metric is that of a name, which begin makes what it is.
func (w *writer) metric(name, unit, text string, begin func(pmetric.Metric)) pmetric.Metric {
	m, ok := w.by[name]
	if !ok {
		m = w.to.AppendEmpty()
		m.SetName(name)
		m.SetUnit(unit)
		m.SetDescription(text)
		begin(m)
		w.by[name] = m
	}
	return m
}

func (w *writer) gauge(name, unit, text string, of conventions.Endpoint) pmetric.NumberDataPoint {
	m := w.metric(name, unit, text, func(m pmetric.Metric) { m.SetEmptyGauge() })
	p := m.Gauge().DataPoints().AppendEmpty()
	p.SetTimestamp(w.now)
	putAttributes(p.Attributes(), of.Attributes())
	return p
}

// gauges are of endpoints that there are, over the last minute.
func (w *writer) gauges(e *engine.Engine) {
	rows, _ := e.Rows(engine.Query{Window: engine.Minute, Once: true})
	for i := range rows {
		r := &rows[i]
		seconds := func(name, text string, d time.Duration, known bool) {
			if known {
				w.gauge(name, "s", text, r.Endpoint).SetDoubleValue(d.Seconds())
			}
		}
		seconds(metricP50, "Median request duration of the last minute.", r.P50, r.Timed > 0 && r.Known(r.P50))
		seconds(metricP95, "95th percentile of request duration of the last minute.", r.P95, r.Timed > 0 && r.Known(r.P95))
		seconds(metricP99, "99th percentile of request duration of the last minute.", r.P99, r.Timed > 0 && r.Known(r.P99))
		seconds(metricBaseline, "What the 99th percentile normally is.", r.BaselineP99, r.BaselineP99 > 0)
		w.gauge(metricState, "", "0 learning, 1 normal, 2 spiking.", r.Endpoint).SetIntValue(int64(r.Phase))
	}
}

func (w *writer) count(name, unit, text string, n int64, isMonotonic bool) pmetric.NumberDataPoint {
	m := w.metric(name, unit, text, func(m pmetric.Metric) {
		sum := m.SetEmptySum()
		sum.SetIsMonotonic(isMonotonic)
		sum.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
	})
	p := m.Sum().DataPoints().AppendEmpty()
	p.SetStartTimestamp(w.since)
	p.SetTimestamp(w.now)
	p.SetIntValue(n)
	return p
}

func (w *writer) counts(s *fleet.Service) {
	spikes, slow := s.Spikes()
	for i := range spikes {
		p := w.count(metricSpikes, "{spike}", "Spikes that started, by endpoint and what they are about.", int64(spikes[i].N), true)
		putAttributes(p.Attributes(), spikes[i].Endpoint.Attributes())
		p.Attributes().PutStr("otelperf.spike.matter", spikes[i].Matter)
	}
	w.count(metricOpen, "{spike}", "Spikes that are open.", int64(s.Engine().OpenIncidents()), false)
	w.count(metricSlow, "{request}", "Requests above their slow threshold.", int64(slow), true)
}

// histograms are cumulative, at scale 6; those of failed requests are marked with error.type.
func (w *writer) histograms(s *fleet.Service) {
	for t := range s.Totals {
		if t.OK.Count() > 0 {
			w.histogram(t, &t.OK)
		}
		if t.Failed.Count() > 0 {
			w.histogram(t, &t.Failed).Attributes().PutStr("error.type", "_OTHER")
		}
	}
}

func (w *writer) histogram(t *fleet.Total, h *latency.Histogram) pmetric.ExponentialHistogramDataPoint {
	name, text := metricRequest, "Duration of requests by endpoint."
	switch t.Endpoint.Kind {
	case conventions.KindDependency:
		name, text = metricDependency, "Duration of calls to dependencies."
	case conventions.KindJob:
		name, text = metricJob, "Duration of parentless internal spans."
	}
	m := w.metric(name, "s", text, func(m pmetric.Metric) {
		m.SetEmptyExponentialHistogram().SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
	})
	p := m.ExponentialHistogram().DataPoints().AppendEmpty()
	p.SetStartTimestamp(pcommon.NewTimestampFromTime(t.Since))
	p.SetTimestamp(w.now)
	p.SetCount(h.Count())
	p.SetSum(h.SumSeconds())
	if h.Exact() {
		p.SetMin(h.Min().Seconds())
		p.SetMax(h.Max().Seconds())
	}
	p.SetScale(int32(h.Scale()))
	offset, counts := h.AppendCounts(nil)
	p.Positive().SetOffset(offset)
	p.Positive().BucketCounts().FromRaw(counts)
	putAttributes(p.Attributes(), t.Endpoint.Attributes())
	return p
}
