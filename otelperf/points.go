// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"net/http"
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// Series is the answer of GET endpoints/series: one endpoint over time.
type Series struct {
	Origin
	Method        string   `json:"method"`
	Route         string   `json:"route"`
	Kind          string   `json:"kind"`
	Window        Window   `json:"window"`
	State         string   `json:"state"`
	BaselineP99Ms *float64 `json:"baseline_p99_ms"`
	ThresholdMs   float64  `json:"threshold_ms"`
	// Points are the whole minutes of the window and the running one, the oldest first; for the window 1m, steps of ten
	// seconds. At most 61.
	Points []SeriesPoint `json:"points"`
	Spikes []Spike       `json:"spikes"` // those that the endpoint has a part in, newest first
}

// SeriesPoint is what an endpoint did in a minute, or in ten seconds.
type SeriesPoint struct {
	Time       time.Time `json:"t"`       // of its beginning
	Seconds    float64   `json:"seconds"` // its length; the running one is shorter
	Count      uint64    `json:"count"`
	ErrorCount uint64    `json:"error_count"`
	Rate       *float64  `json:"rate"`
	P50Ms      *float64  `json:"p50_ms"`
	P95Ms      *float64  `json:"p95_ms"`
	P99Ms      *float64  `json:"p99_ms"`
}

func (m *Monitor) serveSeries(w http.ResponseWriter, r *http.Request) {
	q := queryOf(r)
	method, route, kind, window := q.values.Get("method"), q.required("route"), q.values.Get("kind"), q.window()
	if q.refused(w) {
		return
	}
	m.evaluate()
	s, ok := m.engine.seriesOf(method, route, kind, window)
	if !ok {
		notFound(w, "route", "There is no endpoint %.100q. GET endpoints and GET dependencies list those there are.", endpointName(method, route))
		return
	}
	s.Origin = m.origin()
	s.ThresholdMs = milliseconds(m.link.SlowThreshold(conventions.Endpoint{Method: method, Route: route}))
	writeJSON(w, r, s)
}

// seriesOf finds an endpoint by its names; kind tells those apart that share them, and may be "".
func (e *Engine) seriesOf(method, route, kind string, w Window) (Series, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	i := slices.IndexFunc(e.series, func(s *series) bool {
		return s != nil && s.endpoint.Method == method && s.endpoint.Route == route && (kind == "" || s.endpoint.Kind.String() == kind)
	})
	if i < 0 {
		return Series{}, false
	}
	s := e.series[i]
	out := Series{
		Method: method, Route: route, Kind: s.endpoint.Kind.String(), Window: w, State: s.detector.State().Phase.String(),
		Points: e.points(s, w), Spikes: []Spike{},
	}
	if p99, ok := s.baselineP99(); ok {
		out.BaselineP99Ms = msPointer(p99)
	}
	for _, sp := range e.spikes.list() {
		if slices.ContainsFunc(sp.Endpoints, func(p SpikeEndpoint) bool { return p.endpoint == s.endpoint }) {
			out.Spikes = append(out.Spikes, sp)
		}
	}
	return out, true
}

// points returns the spans of time that w is made of, since the start or the last reset.
func (e *Engine) points(s *series, w Window) []SeriesPoint {
	ring, length, now := &s.steps, int64(tenSeconds), e.step
	first := now - keptSteps
	if w != Window1m {
		ring, length, now = &s.minutes, 60, e.step/stepsPerMin
		first = now - keptMinutes
		if w == Window5m {
			first = now - 5
		}
	}
	first = max(first, e.began.Unix()/length)
	points := make([]SeriesPoint, 0, max(now-first, 0)+1)
	t := &e.scratch.tally
	for n := first; n <= now; n++ {
		t.reset()
		ring.get(n).addTo(t)
		if n == now {
			s.addRunning(w, e.step, t)
		}
		points = append(points, e.point(t, n*length, length))
	}
	return points
}

// addRunning adds what the unit of w that is not over yet has so far.
func (s *series) addRunning(w Window, step int64, t *tally) {
	if w != Window1m {
		s.steps.addRange(step/stepsPerMin*stepsPerMin, step, t)
	}
	t.merge(&s.running)
}

// point is one unit of time, cut to what lies between the start and now.
func (e *Engine) point(t *tally, begin, length int64) SeriesPoint {
	from, to := time.Unix(begin, 0), time.Unix(begin+length, 0)
	if from.Before(e.began) {
		from = e.began
	}
	if to.After(e.now) {
		to = e.now
	}
	seconds := max(0, to.Sub(from).Seconds())
	totals := totalsOf(t, seconds)
	return SeriesPoint{
		Time: from.UTC(), Seconds: seconds, Count: totals.Count, ErrorCount: totals.ErrorCount, Rate: totals.Rate,
		P50Ms: totals.P50Ms, P95Ms: totals.P95Ms, P99Ms: totals.P99Ms,
	}
}
