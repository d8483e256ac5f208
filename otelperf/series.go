// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"cmp"
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/companion"
	"github.com/otelperf/otelperf-go/otelperf/internal/past"
	"github.com/otelperf/otelperf-go/otelperf/internal/units"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// seriesAnswer is one endpoint over time.
type seriesAnswer struct {
	origin
	of            conventions.Endpoint
	Method        string    `json:"method"`
	Route         string    `json:"route"`
	Kind          string    `json:"kind"`
	Window        Window    `json:"window,omitzero"` // missing for a fixed time
	From          time.Time `json:"from"`            // that is covered, as of a distribution
	To            time.Time `json:"to"`
	WindowSeconds float64   `json:"window_seconds"` // as in a Summary
	State         string    `json:"state"`
	BaselineP99Ms *float64  `json:"baseline_p99_ms"`
	ThresholdMs   float64   `json:"threshold_ms"`
	StepSeconds   float64   `json:"step_seconds"` // of a point that is not the running one
	// Points are the whole minutes of the window and the running one, the oldest first; for the window 1m, and for a fixed time within
	// the last minute, steps of ten seconds: at most 61. Where a history is read they are ten minutes for 24h, an hour for 7d, and of a
	// fixed time a minute of up to 4 hours, ten minutes of up to 32, an hour of up to 14 days, six hours of up to 60, and else a day, or
	// longer where only longer ones are stored: at most 400.
	Points []seriesPoint `json:"points"`
	Stored *past.Stored  `json:"stored,omitzero"`     // what of the time is there, where a history was read
	Usual  *usualSeries  `json:"usual,omitzero"`      // with ?usual=true
	Note   string        `json:"usual_note,omitzero"` // why Usual could not be read
	Spikes []Spike       `json:"spikes"`              // those that the endpoint has a part in, newest first
}

// seriesPoint is what an endpoint did in a minute, or in ten seconds.
type seriesPoint struct {
	Time       time.Time `json:"t"`       // of its beginning
	Seconds    float64   `json:"seconds"` // its length; the running one is shorter
	Count      uint64    `json:"count"`
	ErrorCount uint64    `json:"error_count"`
	Rate       *float64  `json:"rate"` // of the time of it that is stored; nil: none of it is
	P50Ms      *float64  `json:"p50_ms"`
	P95Ms      *float64  `json:"p95_ms"`
	P99Ms      *float64  `json:"p99_ms"`
}

func (m *Monitor) series(e companion.EndpointQuery, p companion.Period) (out seriesAnswer, ok bool, err error) {
	m.evaluate()
	from, to, long := m.beyond(p)
	var s engine.Series
	var said *past.Stored
	var points []seriesPoint
	step := time.Minute
	if long {
		var line past.Line
		if s, line, ok, err = m.longSeries(e, from, to); err == nil {
			points, step, said = longPoints(&line), line.Step, saidOf(p, &line.Coverage)
		}
	} else {
		s, ok = m.engine.Series(e.Method, e.Route, e.Kind, periodOf(p))
		points = seriesPoints(s.Points)
	}
	if !ok || err != nil {
		return out, ok, err
	}
	if len(points) > 0 && !long && points[0].Seconds <= 10 && Window(p.Window) != Window1h && Window(p.Window) != WindowAll {
		step = 10 * time.Second
	}
	out = seriesAnswer{
		of: s.Endpoint, origin: m.origin(), Method: e.Method, Route: e.Route, Kind: s.Endpoint.Kind.String(), Window: Window(p.Window), From: s.From.UTC(), To: s.To.UTC(), WindowSeconds: s.Length().Seconds(), State: s.Phase.String(),
		BaselineP99Ms: units.KnownMs(s.BaselineP99), ThresholdMs: units.Milliseconds(m.slowFrom(s.Endpoint)),
		StepSeconds: step.Seconds(), Points: points, Stored: cmp.Or(said, m.ownStored(p, s.Covered)),
	}
	var note string
	switch {
	case p.Window == "":
		_, out.Spikes, note = m.happened(s.Covered, said.Read())
		out.Spikes = spikesAt(out.Spikes, s.Endpoint)
	case long:
		out.Spikes, _, note, err = m.spikesWithin(from, to)
		out.Spikes = spikesAt(out.Spikes, s.Endpoint)
	default:
		out.Spikes = m.spikesOf(s.Incidents)
	}
	said.Add(note)
	return out, err == nil, err
}

func seriesPoints(points []engine.Point) []seriesPoint {
	out := []seriesPoint{}
	for i := range points {
		out = append(out, seriesPointOf(&points[i]))
	}
	return out
}

func seriesPointOf(p *engine.Point) seriesPoint {
	t := totalsOf(&p.Numbers)
	return seriesPoint{
		Time: p.Time.UTC(), Seconds: p.Seconds, Count: t.Count, ErrorCount: t.ErrorCount, Rate: t.Rate, P50Ms: t.P50Ms, P95Ms: t.P95Ms, P99Ms: t.P99Ms,
	}
}

// spikesAt are those that an endpoint has a part in.
func spikesAt(all []Spike, e conventions.Endpoint) []Spike {
	out := []Spike{}
	for i := range all {
		if slices.ContainsFunc(all[i].Endpoints, func(p SpikeEndpoint) bool {
			return p.Method == e.Method && p.Route == e.Route && p.Kind == e.Kind.String()
		}) {
			out = append(out, all[i])
		}
	}
	return out
}

// fixedTime is what an answer is of that was asked for with ?from= and ?to=; without them there is none.
type fixedTime struct {
	From       time.Time `json:"from,omitzero"`        // as in a Summary
	To         time.Time `json:"to,omitzero"`          // as in a Summary
	StoredFrom time.Time `json:"stored_from,omitzero"` // as in a Summary
}

func (m *Monitor) fixedTimeOf(p companion.Period, c engine.Covered) (f fixedTime) {
	if p.Window != "" {
		return f
	}
	f.From, f.To = c.From.UTC(), c.To.UTC()
	if m.past == nil {
		stored, _ := m.engine.Stored()
		f.StoredFrom = stored.UTC()
	}
	return f
}

// upToNow is a time, or now, if that is to come.
func upToNow(t time.Time) time.Time {
	if now := time.Now(); t.After(now) {
		return now
	}
	return t
}

func periodOf(p companion.Period) engine.Period {
	return engine.Period{Window: Window(p.Window).of(), From: p.From, To: p.To}
}
