// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"cmp"
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/companion"
	"github.com/otelperf/otelperf-go/otelperf/internal/marks"
	"github.com/otelperf/otelperf-go/otelperf/internal/past"
	"github.com/otelperf/otelperf-go/otelperf/internal/units"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

const summarySlow = 20 // slow requests in a summary

// Summary returns the numbers of window w up to now; "" is Window5m, and an unknown window counts as that, as do Window24h and Window7d
// without a history. With one numbers, incidents, marks and slow requests take up to 6 s each to be read; what cannot be read is of what is in
// memory alone, which Stored says, and is not asked for again for half a minute if it took that long.
func (m *Monitor) Summary(w Window) *Summary {
	w = w.known()
	if w.long() > 0 && m.past == nil {
		w = Window5m
	}
	s, _ := m.summary(companion.Period{Window: string(w)}) // of what is now there is always something to say
	return s
}

// view is what a summary is of.
type view struct {
	snapshot *engine.Snapshot
	stored   *past.Stored // nil if memory had all
	spikes   []Spike
	slow     []*slowlog.Entry
	marks    []marks.Mark
	lacks    string // why incidents may be missing; "" mostly
}

// widened is a time that was asked for, with what was counted beyond it because it is stored in longer steps: what stands beside numbers is of the
// time that they are of.
func widened(from, to time.Time, c engine.Covered) (_, _ time.Time) {
	if c.Length() > 0 && c.From.Before(from) {
		from = c.From
	}
	if c.Length() > 0 && c.To.After(to) {
		to = c.To
	}
	return from, to
}

// summary is that of a window or of a fixed time, in which the rows and totals are of that time. The error is why a fixed time before what is in
// memory could not be read.
func (m *Monitor) summary(p companion.Period) (*Summary, error) {
	m.evaluate()
	v := &view{}
	var err error
	if v.snapshot, v.stored, err = m.snapshot(p, false); err != nil {
		return nil, err
	}
	c, fixed := v.snapshot.Covered, p.Window == ""
	read := v.stored.Read()
	switch {
	case fixed:
		var incidents []engine.Incident
		incidents, v.spikes, v.lacks = m.happened(c, read)
		v.stored.Add(v.lacks)
		judgeThen(v.snapshot.Rows, incidents, v.spikes)
		from := c.From
		if p.From.Before(from) { // of what is stored it may be less
			from = p.From
		}
		v.slow = begunIn(m.slow.Recent(0), from, c.To)
		first, last := widened(p.From, p.To, c)
		if v.marks, _ = marks.Within(m.marks.All(), nil, first, last); read {
			m.besides(p, v, from, c.To)
		}
	case v.stored != nil:
		from, to, _ := m.beyond(p)
		v.spikes, v.slow = m.spikes(), begunIn(m.slow.Recent(0), from, to)
		first, last := widened(from, to, c)
		if v.marks, _ = marks.Within(m.marks.All(), nil, first, last); read {
			var note string
			v.spikes, _, note, err = m.spikesWithin(c.From, c.To)
			v.addUnread("Incidents", note, err)
			m.besides(p, v, from, to)
		}
	default:
		v.spikes, v.slow, v.marks = m.spikes(), m.recentSlow(), m.marks.All()
	}
	v.spikes = v.spikes[:min(len(v.spikes), engine.MaxIncidents)]
	return m.summaryOf(p, v), nil
}

// besides reads what there is beside numbers and incidents: marks, and the slow requests of a time. What cannot be read is missing, which
// v.stored says.
func (m *Monitor) besides(p companion.Period, v *view, from, to time.Time) {
	first, last, _ := m.beyond(p)
	first, last = widened(first, last, v.snapshot.Covered)
	all, _, note, err := m.marksWithin(first, last, true)
	v.marks = all
	v.addUnread("Marks", note, err)
	slow := v.slow
	if p.Window == "" {
		v.slow, _, note, err = m.slowBefore(from, to)
		v.slow = onlySlow(v.slow)
	} else {
		v.slow, note, err = m.slowLately(from, to)
	}
	if err != nil {
		v.slow = slow
	}
	v.addUnread("Slow requests", note, err)
}

// addUnread adds a note, or says what is missing.
func (v *view) addUnread(what, note string, err error) {
	if err != nil {
		note = what + " may be missing. " + err.Error()
	}
	v.stored.Add(note)
}

func (m *Monitor) recentSlow() []*slowlog.Entry { return slices.Collect(m.slow.Recent(summarySlow)) }

func (m *Monitor) summaryOf(p companion.Period, v *view) *Summary {
	snap := v.snapshot
	now, id, spikes, fixed := time.Now(), m.identity(), v.spikes, p.Window == ""
	of := m.fixedTimeOf(p, snap.Covered)
	s := &Summary{
		Service: id.service, Instance: id.instance, Version: id.version, Time: now.UTC(), UptimeSeconds: now.Sub(m.began).Seconds(),
		Window: Window(p.Window), From: of.From, To: of.To, StoredFrom: of.StoredFrom, WindowSeconds: snap.Totals.Seconds, Stored: cmp.Or(v.stored, m.ownStored(p, snap.Covered)), TotalRequests: snap.Requests, Totals: totalsOf(&snap.Totals),
		SlowQueriesCount: m.slowCount(), SlowQueries: []SlowRequest{}, Spikes: spikes, Mutes: m.book.Mutes(now), Objectives: m.objectives(), Marks: some(v.marks),
		Runtime: m.runtimeReport(now), Diagnostics: m.Diagnostics(),
	}
	s.Coarse, s.OutcomesUnknown = snap.Coarse, snap.OutcomesUnknown
	s.AvgResponseTime, s.P50, s.P95, s.P99 = s.AvgMs, s.P50Ms, s.P95Ms, s.P99Ms
	rows := make([]EndpointRow, len(snap.Rows))
	for i := range rows {
		if rows[i] = m.row(&snap.Rows[i]); fixed {
			rows[i].ofThen()
		}
	}
	s.setRows(rows)
	f := facts{now: now, from: snap.From, disabled: m.disabled, stalled: s.Diagnostics.Stalled, endpoints: s.Endpoints, spikes: s.Spikes, budgets: s.Objectives, unseen: m.engine.Unseen()}
	if s.Verdict = f.verdict(); fixed {
		if v.stored != nil && v.stored.Error != "" {
			v.lacks = v.stored.Note
		}
		s.Runtime = m.runtimeOfThen(p, v.stored)
		s.Verdict = f.verdictThen(of, snap.Length() > 0, v.lacks)
	}
	if fixed || v.stored != nil {
		s.SlowQueriesCount = snap.Slow()
	}
	for _, e := range v.slow[:min(len(v.slow), summarySlow)] {
		s.SlowQueries = append(s.SlowQueries, m.slowRequestOf(e))
	}
	return s
}

// setRows puts each row into its list.
func (s *Summary) setRows(rows []EndpointRow) {
	s.Endpoints, s.Dependencies, s.Jobs, s.EndpointBreakdown = []EndpointRow{}, []EndpointRow{}, []EndpointRow{}, map[string]Breakdown{}
	for _, row := range rows {
		switch row.Kind {
		case conventions.KindDependency.String():
			s.Dependencies = append(s.Dependencies, row)
		case conventions.KindJob.String():
			s.Jobs = append(s.Jobs, row)
		default:
			s.Endpoints = append(s.Endpoints, row)
			s.EndpointBreakdown[row.Name()] = Breakdown{Avg: row.AvgMs, Count: row.Count, Min: row.MinMs, Max: row.MaxMs}
		}
	}
}

// evaluate brings the engine up to now, with the span source; with the metric source, to the last collection.
func (m *Monitor) evaluate() {
	if m.disabled == "" {
		m.reader.refresh()
	}
}

// slowCount is the number of slow requests since the start or the last reset.
func (m *Monitor) slowCount() uint64 {
	n := m.everSlow()
	return n - min(n, m.slowBase.Load())
}

// everSlow is the number of slow requests since the start.
func (m *Monitor) everSlow() uint64 {
	if m.cfg.feed != nil {
		return m.cfg.feed.Slow()
	}
	return m.processor.Stats().Slow
}

// slowRequestOf is slowRequest of an entry that may be another instance's.
func (m *Monitor) slowRequestOf(e *slowlog.Entry) SlowRequest {
	r := slowRequest(e)
	if m.past != nil {
		r.Instance = m.past.Of(e.Dimensions["service.instance.id"])
	}
	return r
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
