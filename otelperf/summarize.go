// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/companion"
	"github.com/otelperf/otelperf-go/otelperf/internal/units"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

const summarySlow = 20 // slow requests in a summary

// Summary returns the numbers of window w up to now; "" is Window5m, and an unknown window counts as that.
func (m *Monitor) Summary(w Window) *Summary {
	return m.summary(companion.Period{Window: string(w.known())})
}

// summary is that of a window or of a fixed time, in which the rows and totals are of that time.
func (m *Monitor) summary(p companion.Period) *Summary {
	m.evaluate()
	snap := m.engine.SnapshotOf(periodOf(p))
	now, id, spikes, fixed := time.Now(), m.identity(), m.spikes(), p.Window == ""
	if fixed {
		spikes = then(spikes, p)
		judgeThen(snap.Rows, spikes)
	}
	s := &Summary{
		Service: id.service, Instance: id.instance, Version: id.version, Time: now.UTC(), UptimeSeconds: now.Sub(m.began).Seconds(),
		Window: Window(p.Window), From: p.From.UTC(), To: p.To.UTC(), WindowSeconds: snap.Totals.Seconds, TotalRequests: snap.Requests, Totals: totalsOf(&snap.Totals),
		SlowQueriesCount: m.slowCount(), SlowQueries: []SlowRequest{}, EndpointBreakdown: map[string]Breakdown{},
		Endpoints: []EndpointRow{}, Dependencies: []EndpointRow{}, Jobs: []EndpointRow{}, Spikes: spikes, Mutes: m.book.Mutes(now), Objectives: m.objectives(), Marks: m.marks.All(),
		Runtime: m.runtime.Report(now), Diagnostics: m.Diagnostics(),
	}
	s.Coarse, s.OutcomesUnknown = snap.Coarse, snap.OutcomesUnknown
	s.AvgResponseTime, s.P50, s.P95, s.P99 = s.AvgMs, s.P50Ms, s.P95Ms, s.P99Ms
	for i := range snap.Rows {
		r := &snap.Rows[i]
		row := m.row(r)
		switch {
		case r.Endpoint.Kind == conventions.KindDependency:
			s.Dependencies = append(s.Dependencies, row)
		case !r.Endpoint.Kind.Request():
			s.Jobs = append(s.Jobs, row)
		default:
			s.Endpoints = append(s.Endpoints, row)
			s.EndpointBreakdown[row.Name()] = Breakdown{Avg: row.AvgMs, Count: row.Count, Min: row.MinMs, Max: row.MaxMs}
		}
	}
	f := facts{now: now, disabled: m.disabled, stalled: s.Diagnostics.Stalled, endpoints: s.Endpoints, spikes: s.Spikes, budgets: s.Objectives, unseen: m.engine.Unseen()}
	recent := slices.Collect(m.slow.Recent(summarySlow))
	if s.Verdict = f.verdict(); fixed {
		recent = slowThen(m.slow, p)
		s.Verdict, s.SlowQueriesCount = f.verdictThen(), uint64(len(recent))
	}
	for _, e := range recent[:min(len(recent), summarySlow)] {
		s.SlowQueries = append(s.SlowQueries, slowRequest(e))
	}
	return s
}

// evaluate brings the engine up to now, with the span source; with the metric source, to the last collection.
func (m *Monitor) evaluate() {
	if m.disabled == "" {
		m.reader.refresh()
	}
}

// slowCount is the number of slow requests since the start or the last reset.
func (m *Monitor) slowCount() uint64 {
	n := m.processor.Stats().Slow
	return n - min(n, m.slowBase.Load())
}

// slowRequest is the summary's form of an entry.
func slowRequest(e *slowlog.Entry) SlowRequest {
	r := SlowRequest{
		TraceID: e.TraceID.String(), SpanID: e.SpanID.String(), Method: e.Method, Route: e.Route, Kind: e.Kind, Path: e.Path,
		Outcome: e.Outcome.String(), Time: e.Start.UTC(), DurationMs: units.Milliseconds(e.Duration), Reason: e.Reason, SpikeID: e.SpikeID,
		ErrorType: e.Error.Type, ErrorMessage: e.Error.Message, Sampled: e.Sampled, Rescued: e.Rescued, HasAnatomy: e.Anatomy != nil,
	}
	if e.Status != 0 {
		r.Status = &e.Status
	}
	if e.Threshold > 0 {
		r.ThresholdMs = units.Ms(e.Threshold)
	}
	if e.BaselineP99 > 0 {
		r.BaselineP99Ms, r.Ratio = units.Ms(e.BaselineP99), units.Number(e.Ratio)
	}
	return r
}
