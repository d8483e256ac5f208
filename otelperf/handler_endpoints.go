// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// EndpointList is the answer of GET endpoints.
type EndpointList struct {
	Origin
	Window        Window        `json:"window"`
	WindowSeconds float64       `json:"window_seconds"` // what the window really covers
	Count         int           `json:"count"`          // of all there are; at most ?limit= are in the list
	Endpoints     []DetailedRow `json:"endpoints"`
}

// DependencyList is the answer of GET dependencies: what this process calls.
type DependencyList struct {
	Origin
	Window        Window        `json:"window"`
	WindowSeconds float64       `json:"window_seconds"`
	Count         int           `json:"count"`
	Dependencies  []DetailedRow `json:"dependencies"`
}

// trendAge is for how long a trend, whose last minute changes once a minute, is shared.
const trendAge = 5 * time.Second

func (m *Monitor) serveEndpoints(w http.ResponseWriter, r *http.Request) {
	m.serveRows(w, r, false, func(l EndpointList) any { return l })
}

func (m *Monitor) serveDependencies(w http.ResponseWriter, r *http.Request) {
	m.serveRows(w, r, true, func(l EndpointList) any {
		return DependencyList{Origin: l.Origin, Window: l.Window, WindowSeconds: l.WindowSeconds, Count: l.Count, Dependencies: l.Endpoints}
	})
}

// serveRows answers with the rows that the query wants, in the form that wrap gives them.
func (m *Monitor) serveRows(w http.ResponseWriter, r *http.Request, dependencies bool, wrap func(EndpointList) any) {
	q := queryOf(r)
	want := rowsQuery{window: q.window(), dependencies: dependencies, histogram: q.flag("histogram"), trend: q.flag("trend")}
	by, n := q.choice("sort", sortings), q.limit(maxLimit)
	if q.refused(w) {
		return
	}
	age := snapshotAge
	if want.trend {
		age = trendAge
	}
	m.share(w, r, fmt.Sprint("rows ", want, by, n), age, func() any { return wrap(m.rowList(want, by, n)) })
}

func (m *Monitor) rowList(want rowsQuery, by string, n int) EndpointList {
	m.evaluate()
	rows, seconds := m.engine.rows(want)
	for i := range rows {
		rows[i].ThresholdMs = milliseconds(m.link.SlowThreshold(rows[i].endpoint))
	}
	sortRows(rows, by)
	return EndpointList{Origin: m.origin(), Window: want.window, WindowSeconds: seconds, Count: len(rows), Endpoints: rows[:min(n, len(rows))]}
}

// evaluate brings the engine up to now; a failure is counted, and shown in the diagnostics.
func (m *Monitor) evaluate() {
	if m.disabled == "" {
		_ = m.reader.evaluate(context.Background())
	}
}
