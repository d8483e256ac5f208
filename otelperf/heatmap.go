// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"cmp"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/companion"
	"github.com/otelperf/otelperf-go/otelperf/internal/grid"
	"github.com/otelperf/otelperf-go/otelperf/internal/past"
	"github.com/otelperf/otelperf-go/otelperf/internal/units"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// mostRows bounds a heatmap: it has at most 61 columns of as many counts, or 400 where a history is read.
const mostRows = 48

// heatmap is the answer of GET endpoints/heatmap: how long the requests of an endpoint took, over time.
type heatmap struct {
	origin
	Method        string    `json:"method"`
	Route         string    `json:"route"`
	Kind          string    `json:"kind"`
	Window        Window    `json:"window,omitzero"` // missing for a fixed time
	From          time.Time `json:"from"`            // that is covered, as of a distribution
	To            time.Time `json:"to"`
	WindowSeconds float64   `json:"window_seconds"` // as in a Summary
	BaselineP99Ms *float64  `json:"baseline_p99_ms"`
	Scale         int       `json:"scale"` // of the buckets, as in OpenTelemetry's exponential histograms: 3 to 0
	// BoundsMs are those of the buckets, the lowest first: bucket i is what took longer than bounds_ms[i], and up to bounds_ms[i+1]. At
	// most 49; none without requests.
	BoundsMs []float64 `json:"bounds_ms"`
	// Columns are the points of time of GET endpoints/series.
	Columns []heatmapColumn `json:"columns"`
	Stored  *past.Stored    `json:"stored,omitzero"` // what of the time is there, where a history was read
}

// heatmapColumn is a minute, or ten seconds.
type heatmapColumn struct {
	Time    time.Time `json:"t"`       // of its beginning
	Seconds float64   `json:"seconds"` // its length; the running one is shorter
	Count   uint64    `json:"count"`   // requests whose duration is known
	Counts  []uint64  `json:"counts"`  // by buckets
}

func (m *Monitor) heatmap(e companion.EndpointQuery, p companion.Period) (out heatmap, ok bool, err error) {
	m.evaluate()
	from, to, long := m.beyond(p)
	var h engine.Heatmap
	var said *past.Stored
	if long {
		h, said, ok, err = m.longHeatmap(e, p, from, to)
	} else {
		h, ok = m.engine.Heatmap(e.Method, e.Route, e.Kind, periodOf(p))
	}
	if !ok || err != nil {
		return out, ok, err
	}
	var all []*latency.Histogram
	for i := range h.Columns {
		all = append(all, h.Columns[i].Durations)
	}
	g := grid.Fit(mostRows, nil, all...)
	out = heatmap{
		origin: m.origin(), Method: h.Endpoint.Method, Route: h.Endpoint.Route, Kind: h.Endpoint.Kind.String(), Window: Window(p.Window),
		From: h.From.UTC(), To: h.To.UTC(), WindowSeconds: h.Length().Seconds(), BaselineP99Ms: units.KnownMs(h.BaselineP99), Scale: g.Scale(), BoundsMs: []float64{}, Columns: []heatmapColumn{}, Stored: cmp.Or(said, m.ownStored(p, h.Covered)),
	}
	for i := range g.Len() + min(1, g.Len()) {
		out.BoundsMs = append(out.BoundsMs, boundMs(g, i))
	}
	for i := range h.Columns {
		c := &h.Columns[i]
		out.Columns = append(out.Columns, heatmapColumn{Time: c.Time.UTC(), Seconds: c.Seconds, Count: c.Durations.Count(), Counts: g.Counts(c.Durations)})
	}
	return out, true, nil
}

func (m *Monitor) longHeatmap(e companion.EndpointQuery, p companion.Period, from, to time.Time) (h engine.Heatmap, said *past.Stored, ok bool, err error) {
	s, line, ok, err := m.longSeries(e, from, to)
	if !ok || err != nil {
		return h, nil, ok, err
	}
	h = engine.Heatmap{Endpoint: s.Endpoint, BaselineP99: s.BaselineP99, Covered: s.Covered}
	for i := range line.Points {
		at := &line.Points[i]
		c := engine.Column{Time: at.Time, Seconds: at.Seconds, Durations: latency.NewCoarse()}
		if at.Durations != nil {
			c.Durations.Merge(at.Durations)
		}
		h.Columns = append(h.Columns, c)
	}
	return h, saidOf(p, &line.Coverage), true, nil
}
