// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

const summarySlow = 20 // slow requests in a summary

// complete adds to a summary what the engine does not know.
func (m *Monitor) complete(s *Summary) {
	now := time.Now()
	id := m.identity()
	s.Service, s.Instance, s.Version = id.service, id.instance, id.version
	s.Time, s.UptimeSeconds = now.UTC(), now.Sub(m.began).Seconds()
	for _, rows := range [][]EndpointRow{s.Endpoints, s.Dependencies, s.Jobs} {
		for i := range rows {
			rows[i].ThresholdMs = milliseconds(m.link.SlowThreshold(rows[i].endpoint))
		}
	}
	s.SlowQueriesCount = m.slowCount()
	for e := range m.slow.Recent(summarySlow) {
		s.SlowQueries = append(s.SlowQueries, slowRequest(e))
	}
	s.Diagnostics = m.Diagnostics()
}

// slowCount is the number of slow requests since the start or the last reset.
func (m *Monitor) slowCount() uint64 {
	n := m.processor.Stats().Slow
	return n - min(n, m.slowBase.Load())
}

// Diagnostics returns what is known of the wiring and of what was lost.
func (m *Monitor) Diagnostics() Diagnostics {
	d := Diagnostics{
		Disabled: m.disabled, Source: "spans", Processor: m.processor.Stats(), Engine: m.engine.Stats(), SlowLog: m.slow.Stats(),
		SlowLinesSuppressed: m.lines.suppressed.Load(), LogLinesDropped: m.lines.dropped.Load(), LogFaults: m.lines.faults.Load(),
		AlertsDropped: m.alerts.dropped.Load(), AlertFaults: m.alerts.faults.Load(), AccessDenied: m.guard.Denied(),
		Panics: m.panics.Load(), MiddlewareFaults: m.counters.Faults.Load(),
		Mounts: m.mounts.all(),
	}
	d.Engine.TickSeconds = time.Duration(m.reader.spent.Load()).Seconds()
	d.ReaderRegistered = m.reader.registered()
	if m.state != nil {
		d.StateFileFailures, d.StateFileConflict = m.state.failed.Load(), m.state.conflict.Load()
	}
	if m.metrics != nil {
		d.Source, d.CoarseMetrics = "metrics", m.metrics.coarse.Load()
	}
	d.Streams, d.Own, d.Versions = m.streams.stats(), m.own(&d), m.versions()
	d.Hints = d.hints()
	return d
}

// hints says what looks wrong and how to mend it.
func (d *Diagnostics) hints() []string {
	hints := []string{}
	add := func(when bool, format string, args ...any) {
		if when {
			hints = append(hints, fmt.Sprintf(format, args...))
		}
	}
	if d.Disabled != "" {
		return append(hints, d.Disabled+" is set: nothing is measured.")
	}
	add(d.Source == "metrics" && !d.ReaderRegistered,
		"The metric source needs Monitor.Reader in the MeterProvider: sdkmetric.WithReader(mon.Reader()).")
	add(d.CoarseMetrics, "A View gives a duration metric buckets wider than ours: quantiles are as coarse as they are.")
	add(d.Processor.Overflowed > 0, "%d requests are in the row (other): raise WithMaxEndpoints, or look for span names with ids in them.", d.Processor.Overflowed)
	add(d.Source == "spans" && !d.Processor.SamplerUsed,
		"Without Monitor.Sampler only sampled requests are counted. It costs nothing where all are sampled.")
	add(d.StateFileConflict, "Another process writes the state file: give each a file of its own (WithStateFile).")
	add(d.Processor.NegativeDurations > 0, "%d spans ended before they began and count as 0 ms.", d.Processor.NegativeDurations)
	return hints
}

// slowRequest is the summary's form of an entry.
func slowRequest(e *slowlog.Entry) SlowRequest {
	r := SlowRequest{
		TraceID: e.TraceID.String(), SpanID: e.SpanID.String(), Method: e.Method, Route: e.Route, Kind: e.Kind, Path: e.Path,
		Outcome: e.Outcome.String(), Time: e.Start.UTC(), DurationMs: milliseconds(e.Duration), Reason: e.Reason, SpikeID: e.SpikeID,
		ErrorType: e.Error.Type, ErrorMessage: e.Error.Message, Sampled: e.Sampled, Rescued: e.Rescued, HasAnatomy: e.Anatomy != nil,
	}
	if e.Status != 0 {
		r.Status = &e.Status
	}
	if e.Threshold > 0 {
		r.ThresholdMs = msPointer(e.Threshold)
	}
	if e.BaselineP99 > 0 {
		r.BaselineP99Ms, r.Ratio = msPointer(e.BaselineP99), number(e.Ratio)
	}
	return r
}

// identity is who this process is.
type identity struct{ service, instance, version string }

// identity comes from the resource of the first span, or of the metric pipeline; before there is one, from the
// environment.
func (m *Monitor) identity() identity {
	res := m.link.Resource()
	if res == nil && m.metrics != nil {
		res = m.metrics.resource.Load()
	}
	if res == nil {
		res = resource.Environment()
	}
	get := func(k attribute.Key, otherwise string) string {
		if v, ok := res.Set().Value(k); ok && v.String() != "" {
			return v.String()
		}
		return otherwise
	}
	return identity{
		service:  get(semconv.ServiceNameKey, "unknown_service:"+filepath.Base(os.Args[0])),
		instance: get(semconv.ServiceInstanceIDKey, hostAndPID()),
		version:  get(semconv.ServiceVersionKey, ""),
	}
}

func hostAndPID() string {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	return fmt.Sprintf("%s:%d", host, os.Getpid())
}

// endpointName is the key of an endpoint in JSON.
func endpointName(method, route string) string {
	return conventions.Endpoint{Method: method, Route: route}.String()
}
