// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// Series is one endpoint over time.
type Series struct {
	Endpoint    conventions.Endpoint // it is of
	Phase       baseline.Phase       // learning, normal or spiking
	BaselineP99 time.Duration        // 0 while it is not known
	// Points are the whole minutes of the window and the running one, the oldest first; for Minute, steps of ten seconds. At most 61.
	Points    []Point
	Incidents []Incident // those that the endpoint has a part in, newest first
}

// Point is what an endpoint did in a minute, or in ten seconds. The first and the running one may be shorter.
type Point struct {
	Time time.Time // of its beginning
	Numbers
}

// Series returns an endpoint over time; ok is false for one that had no request. kind tells those apart that share method and route,
// by the name of a [conventions.Kind], and may be "".
func (e *Engine) Series(method, route, kind string, w Window) (s Series, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for ep := range e.all() {
		if ep.name.Method == method && ep.name.Route == route && (kind == "" || ep.name.Kind.String() == kind) {
			return e.seriesOf(ep, w), true
		}
	}
	return s, false
}

func (e *Engine) seriesOf(ep *endpoint, w Window) Series {
	s := Series{Endpoint: ep.name, Phase: ep.detector.State().Phase, BaselineP99: ep.baselineP99()}
	for p := range ep.line.Points(w.span(), e.step, e.began.Unix(), &e.scratch.Aggregate) {
		from, to := time.Unix(p.Begin, 0), time.Unix(p.Begin+p.Seconds, 0)
		if from.Before(e.began) {
			from = e.began
		}
		if to.After(e.now) {
			to = e.now
		}
		s.Points = append(s.Points, Point{Time: from, Numbers: ep.numbers(p.Aggregate, max(0, to.Sub(from).Seconds()))})
	}
	for _, in := range e.incidents.list() {
		if slices.ContainsFunc(in.Parts, func(p Part) bool { return p.Endpoint == ep.name }) {
			s.Incidents = append(s.Incidents, in)
		}
	}
	return s
}
