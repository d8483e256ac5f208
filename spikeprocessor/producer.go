// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// scopeName is the instrumentation scope of what Produce returns.
const scopeName = "github.com/otelperf/otelperf-go/spikeprocessor"

// Names of the metrics that Produce returns; the unit of each is s.
const (
	requestDuration    = "otelperf.request.duration"
	dependencyDuration = "otelperf.dependency.duration"
	jobDuration        = "otelperf.job.duration"
)

var metricOf = [conventions.NumKinds]string{
	conventions.KindHTTP: requestDuration, conventions.KindRPC: requestDuration, conventions.KindServer: requestDuration, conventions.KindConsumer: requestDuration,
	conventions.KindJob: jobDuration, conventions.KindDependency: dependencyDuration,
}

var metricTexts = map[string]string{
	requestDuration:    "Duration of requests by endpoint, sampled or not.",
	dependencyDuration: "Duration of calls to dependencies.",
	jobDuration:        "Duration of parentless internal spans.",
}

// Produce implements sdkmetric.Producer: the cells as cumulative exponential histograms at scale 6 (failed requests,
// marked with error.type, at scale 3), ready for sdkmetric.WithProducer of any reader. It keeps no state, so any
// number of readers may share it. There are at most two points per endpoint, each with at most four exemplars: slow, failed
// or spiking requests of the last five minutes whose trace was really exported. Streams are not in it. The points of an endpoint that
// has made room for others end, and are in those of the overflow endpoint from then on; should it come back, they start anew.
func (p *Processor) Produce(ctx context.Context) ([]metricdata.ScopeMetrics, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	points := map[string][]metricdata.ExponentialHistogramDataPoint[float64]{}
	c := p.core
	c.counted(func() {
		now := time.Now()
		timed, failed := new(latency.Histogram), latency.NewCoarse()
		entries := c.table.entries()
		for id, cl := range c.cells.byID {
			if cl == nil {
				continue
			}
			e, name := entries[id], metricOf[entries[id].endpoint.Kind]
			timed.Reset()
			failed.Reset()
			cl.sumTo(timed, failed)
			start := c.start
			if !e.start.IsZero() {
				start = e.start
			}
			if timed.Count() > 0 {
				points[name] = append(points[name], point(timed, e, false, start, now))
			}
			if failed.Count() > 0 {
				points[name] = append(points[name], point(failed, e, true, start, now))
			}
		}
	})
	return scopeMetrics(points), nil
}

func scopeMetrics(points map[string][]metricdata.ExponentialHistogramDataPoint[float64]) []metricdata.ScopeMetrics {
	sm := metricdata.ScopeMetrics{Scope: instrumentation.Scope{Name: scopeName, Version: Version}}
	for _, name := range []string{requestDuration, dependencyDuration, jobDuration} {
		if len(points[name]) == 0 {
			continue
		}
		sm.Metrics = append(sm.Metrics, metricdata.Metrics{
			Name: name, Description: metricTexts[name], Unit: "s",
			Data: metricdata.ExponentialHistogram[float64]{Temporality: metricdata.CumulativeTemporality, DataPoints: points[name]},
		})
	}
	if len(sm.Metrics) == 0 {
		return nil
	}
	return []metricdata.ScopeMetrics{sm}
}

func point(h *latency.Histogram, e *entry, failed bool, start, now time.Time) metricdata.ExponentialHistogramDataPoint[float64] {
	offset, counts := h.AppendCounts(nil)
	set := e.set
	if failed {
		set = e.failedSet
	}
	return metricdata.ExponentialHistogramDataPoint[float64]{
		Attributes: set, StartTime: start, Time: now,
		Count: h.Count(), Sum: h.SumSeconds(),
		Min: metricdata.NewExtrema(h.Min().Seconds()), Max: metricdata.NewExtrema(h.Max().Seconds()),
		Scale: int32(h.Scale()), PositiveBucket: metricdata.ExponentialBucket{Offset: offset, Counts: counts},
		Exemplars: e.exemplars.of(failed, now),
	}
}

// pointAttributes are those of an endpoint's point, and of the point of its failed requests.
func pointAttributes(e conventions.Endpoint) (set, failed attribute.Set) {
	kvs := e.Attributes()
	return attribute.NewSet(kvs...), attribute.NewSet(append(kvs, semconv.ErrorTypeOther)...)
}
