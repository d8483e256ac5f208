// SPDX-License-Identifier: Apache-2.0

package top

import (
	"cmp"
	"slices"
	"strings"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/fleet"
)

// sorting is an order of the rows: by a number, largest first and those without one last, or by name.
type sorting struct {
	name string // as the header of its column has it
	key  func(*fleet.Row) *float64
}

// byImpact is the order in which the worst is first: what is in an incident, and then by what an endpoint costs those who call it.
const byImpact = "IMPACT"

var sortings = []sorting{
	{byImpact, impact},
	{"P99 ms", func(r *fleet.Row) *float64 { return r.P99Ms }},
	{"RATIO", func(r *fleet.Row) *float64 { return r.Ratio }},
	{"RATE/s", func(r *fleet.Row) *float64 { return r.Rate }},
	{"ERRORS", func(r *fleet.Row) *float64 { return r.ErrorRate }},
	{"P95 ms", func(r *fleet.Row) *float64 { return r.P95Ms }},
	{"P50 ms", func(r *fleet.Row) *float64 { return r.P50Ms }},
	{"STATE", func(r *fleet.Row) *float64 {
		return new(float64(strings.Index("learning normal elevated spiking", r.State)))
	}},
	{"ENDPOINT", nil},
}

// aboveAll is more than any impact.
const aboveAll = 1e12

// impact is what an endpoint costs, and more than that of any other while an incident of it is open.
func impact(r *fleet.Row) *float64 {
	x := min(r.Impact, aboveAll)
	if r.State == "spiking" || r.Trouble() != "" {
		x += aboveAll
	}
	return &x
}

// rows are the endpoints that pass the filter, in the chosen order. The view is not changed.
func (m *Model) rows() []*fleet.Row {
	if m.view == nil {
		return nil
	}
	return m.sorted(m.view.Endpoints)
}

// dependencies are what is called, likewise.
func (m *Model) dependencies() []*fleet.Row {
	if m.view == nil {
		return nil
	}
	return m.sorted(m.view.Dependencies)
}

func (m *Model) sorted(rows []fleet.Row) []*fleet.Row {
	var out []*fleet.Row
	for i := range rows {
		if r := &rows[i]; m.passes(r.Service, r.Name()) {
			out = append(out, r)
		}
	}
	by := sortings[m.sort]
	if by.key != nil {
		slices.SortStableFunc(out, func(a, b *fleet.Row) int { return m.compare(by.key(a), by.key(b)) })
	} else if m.reversed {
		slices.Reverse(out)
	}
	return out
}

func (m *Model) compare(a, b *float64) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	case m.reversed:
		return cmp.Compare(*a, *b)
	}
	return cmp.Compare(*b, *a)
}

// passes tells whether any of the names has the filter in it, whatever the case.
func (m *Model) passes(names ...string) bool {
	if m.filter == "" {
		return true
	}
	want := strings.ToLower(m.filter)
	return slices.ContainsFunc(names, func(n string) bool { return strings.Contains(strings.ToLower(n), want) })
}

// slow are the slow requests that pass the filter, newest first.
func (m *Model) slow() []*fleet.Slow {
	if m.view == nil {
		return nil
	}
	var out []*fleet.Slow
	for i := range m.view.Slow {
		if s := &m.view.Slow[i]; m.passes(s.Service, s.Method+" "+s.Route, s.TraceID) {
			out = append(out, s)
		}
	}
	return out
}

// spikes are the open ones and then those that ended, newest first.
func (m *Model) spikes() []*fleet.Spike {
	if m.view == nil {
		return nil
	}
	var open, ended []*fleet.Spike
	for i := range m.view.Spikes {
		if s := &m.view.Spikes[i]; isOpen(s) {
			open = append(open, s)
		} else {
			ended = append(ended, s)
		}
	}
	return append(open, ended...)
}
