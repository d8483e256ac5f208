// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"time"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/companion"
	"github.com/otelperf/otelperf-go/otelperf/internal/units"
)

// seriesAnswer is one endpoint over time.
type seriesAnswer struct {
	origin
	Method        string   `json:"method"`
	Route         string   `json:"route"`
	Kind          string   `json:"kind"`
	Window        Window   `json:"window,omitzero"` // missing for a fixed time
	State         string   `json:"state"`
	BaselineP99Ms *float64 `json:"baseline_p99_ms"`
	ThresholdMs   float64  `json:"threshold_ms"`
	// Points are the whole minutes of the window and the running one, the oldest first; for the window 1m, and for a fixed time within
	// the last minute, steps of ten seconds. At most 61.
	Points []seriesPoint `json:"points"`
	Spikes []Spike       `json:"spikes"` // those that the endpoint has a part in, newest first
}

// seriesPoint is what an endpoint did in a minute, or in ten seconds.
type seriesPoint struct {
	Time       time.Time `json:"t"`       // of its beginning
	Seconds    float64   `json:"seconds"` // its length; the running one is shorter
	Count      uint64    `json:"count"`
	ErrorCount uint64    `json:"error_count"`
	Rate       *float64  `json:"rate"`
	P50Ms      *float64  `json:"p50_ms"`
	P95Ms      *float64  `json:"p95_ms"`
	P99Ms      *float64  `json:"p99_ms"`
}

func (m *Monitor) series(e companion.EndpointQuery, p companion.Period) (seriesAnswer, bool) {
	m.evaluate()
	s, ok := m.engine.Series(e.Method, e.Route, e.Kind, periodOf(p))
	if !ok {
		return seriesAnswer{}, false
	}
	out := seriesAnswer{
		origin: m.origin(), Method: e.Method, Route: e.Route, Kind: s.Endpoint.Kind.String(), Window: Window(p.Window), State: s.Phase.String(),
		BaselineP99Ms: units.KnownMs(s.BaselineP99), ThresholdMs: units.Milliseconds(m.link.SlowThreshold(s.Endpoint)),
		Points: []seriesPoint{}, Spikes: m.withSignals(spikesOf(s.Incidents)),
	}
	for _, p := range s.Points {
		t := totalsOf(&p.Numbers)
		out.Points = append(out.Points, seriesPoint{
			Time: p.Time.UTC(), Seconds: p.Seconds, Count: t.Count, ErrorCount: t.ErrorCount, Rate: t.Rate,
			P50Ms: t.P50Ms, P95Ms: t.P95Ms, P99Ms: t.P99Ms,
		})
	}
	return out, true
}

// fixedTime is what ?from= and ?to= asked for; without them there is none.
type fixedTime struct {
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
}

func fixedTimeOf(p companion.Period) fixedTime { return fixedTime{p.From.UTC(), p.To.UTC()} }

func periodOf(p companion.Period) engine.Period {
	return engine.Period{Window: Window(p.Window).of(), From: p.From, To: p.To}
}
