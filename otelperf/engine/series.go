// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/internal/timeline"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// Series is one endpoint over time.
type Series struct {
	Endpoint    conventions.Endpoint // it is of
	Phase       baseline.Phase       // learning, normal or spiking
	BaselineP99 time.Duration        // 0 while it is not known
	// Points are the minutes of the period, the oldest first, the running one among them; steps of ten seconds for Minute and for a fixed
	// time of which those are stored. At most 61.
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
func (e *Engine) Series(method, route, kind string, p Period) (s Series, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	ep := e.find(method, route, kind)
	if ep == nil {
		return s, false
	}
	s = Series{Endpoint: ep.name, Phase: ep.detector.State().Phase, BaselineP99: ep.baselineP99()}
	e.points(ep, &p, func(from, to time.Time, t *timeline.Aggregate) {
		s.Points = append(s.Points, Point{Time: from, Numbers: ep.numbers(t, max(0, to.Sub(from).Seconds()))})
	})
	for _, in := range e.incidents.list() {
		if slices.ContainsFunc(in.Parts, func(p Part) bool { return p.Endpoint == ep.name }) {
			s.Incidents = append(s.Incidents, in)
		}
	}
	return s, true
}
