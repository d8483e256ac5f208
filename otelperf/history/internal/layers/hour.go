// SPDX-License-Identifier: Apache-2.0

package layers

import (
	"cmp"
	"errors"
	"slices"

	"github.com/otelperf/otelperf-go/otelperf/history/internal/compact"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// hour is where the rows of one are: layers, and minutes that were not made layers of yet.
type hour struct {
	sealed bool
	depth  Depth // of the layers
	whole  compact.Whole
	tens   compact.Parts
	fine   compact.Parts
	recent []minute
	places map[conventions.Endpoint]int // in whole; nil until asked for
}

// minute is the rows of one.
type minute struct {
	number int // in its hour
	whole  compact.Whole
	places map[conventions.Endpoint]int
}

// node is one endpoint's hour.
type node struct {
	name    conventions.Endpoint
	whole   [1]compact.Tally
	tens    [][]compact.Tally // once six
	minutes [][]compact.Tally // six times ten
}

// codec is memory for reading rows, of one goroutine at a time.
type codec struct {
	reader  compact.Reader
	scratch latency.Histogram
}

// openHour finds what there is of an hour down to a depth, with the recent minutes. What is damaged is left out, and the error says so.
func openHour(s *Stored, at int64, most Depth) (h hour, err error) {
	var errs []error
	note := func(err error) bool {
		if err != nil {
			errs = append(errs, frameError(err))
		}
		return err == nil
	}
	if data := s.Rows[ByHour]; data != nil {
		h.whole, err = compact.ParseWhole(data)
		h.sealed = note(err)
	}
	if data := s.Rows[ByTenMinutes]; h.sealed && most >= ByTenMinutes && data != nil {
		if h.tens, err = compact.ParseParts(data, hourTens); note(err) {
			h.depth = ByTenMinutes
		}
	}
	if data := s.Rows[ByMinute]; h.depth == ByTenMinutes && most >= ByMinute && data != nil {
		if h.fine, err = compact.ParseParts(data, tenMinutes); note(err) {
			h.depth = ByMinute
		}
	}
	for _, r := range s.Recent {
		if r.Rows == nil || r.Minute/HourMinutes != at {
			continue
		}
		whole, err := compact.ParseWhole(r.Rows)
		if note(err) {
			h.recent = append(h.recent, minute{number: int(r.Minute % HourMinutes), whole: whole})
		}
	}
	if !h.sealed {
		h.depth = most
	}
	return h, errors.Join(errs...)
}

// names are all endpoints of the hour, in the order of their names.
func (h *hour) names() []conventions.Endpoint {
	seen := map[conventions.Endpoint]bool{}
	names := slices.Clone(h.whole.Names)
	for _, n := range names {
		seen[n] = true
	}
	for i := range h.recent {
		for _, n := range h.recent[i].whole.Names {
			if !seen[n] {
				seen[n] = true
				names = append(names, n)
			}
		}
	}
	slices.SortFunc(names, compareEndpoints)
	return names
}

// load reads one endpoint's hour, as finely as it is known.
func (h *hour) load(c *codec, name conventions.Endpoint) (n node, err error) {
	var errs []error
	n.name = name
	if i, ok := h.place(name); ok {
		if err := h.loadLayers(c, i, &n); err != nil {
			errs = append(errs, frameError(err))
			n = node{name: name}
		}
	}
	if h.depth >= ByTenMinutes && n.tens == nil {
		n.tens = [][]compact.Tally{make([]compact.Tally, hourTens)}
	}
	if h.depth >= ByMinute && n.minutes == nil {
		for range hourTens {
			n.minutes = append(n.minutes, make([]compact.Tally, tenMinutes))
		}
	}
	for i := range h.recent {
		m := &h.recent[i]
		at, ok := m.place(name)
		if !ok {
			continue
		}
		var t compact.Tally
		row, err := m.whole.Row(at)
		if err == nil {
			err = row.Tally(&t, &c.scratch)
		}
		if err != nil {
			errs = append(errs, frameError(err))
			continue
		}
		n.whole[0].Add(&t)
		if h.depth >= ByTenMinutes {
			n.tens[0][m.number/tenMinutes].Add(&t)
		}
		if h.depth >= ByMinute {
			n.minutes[m.number/tenMinutes][m.number%tenMinutes].Add(&t)
		}
	}
	return n, errors.Join(errs...)
}

func (h *hour) loadLayers(c *codec, i int, n *node) error {
	row, err := h.whole.Row(i)
	if err != nil {
		return err
	}
	if err := row.Tally(&n.whole[0], &c.scratch); err != nil {
		return err
	}
	if h.depth >= ByTenMinutes {
		if n.tens, err = c.reader.Split(&h.tens, i, n.whole[:]); err != nil {
			return err
		}
	}
	if h.depth >= ByMinute {
		n.minutes, err = c.reader.Split(&h.fine, i, n.tens[0])
	}
	return err
}

// at is the tally of a step.
func (n *node) at(s step) *compact.Tally {
	switch s.depth {
	case ByHour:
		return &n.whole[0]
	case ByTenMinutes:
		return &n.tens[0][s.i]
	default:
		return &n.minutes[s.i/tenMinutes][s.i%tenMinutes]
	}
}

func (h *hour) place(name conventions.Endpoint) (int, bool) {
	if h.places == nil {
		h.places = placesOf(h.whole.Names)
	}
	i, ok := h.places[name]
	return i, ok
}

func (m *minute) place(name conventions.Endpoint) (int, bool) {
	if m.places == nil {
		m.places = placesOf(m.whole.Names)
	}
	i, ok := m.places[name]
	return i, ok
}

func placesOf(names []conventions.Endpoint) map[conventions.Endpoint]int {
	places := make(map[conventions.Endpoint]int, len(names))
	for i, n := range names {
		places[n] = i
	}
	return places
}

// compareEndpoints orders names so that those which share their beginnings stand together.
func compareEndpoints(a, b conventions.Endpoint) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Method, b.Method), cmp.Compare(a.Route, b.Route))
}
