// SPDX-License-Identifier: Apache-2.0

package layers

import (
	"errors"
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/internal/compact"
	"github.com/otelperf/otelperf-go/slowlog/order"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// reading is the part of a query that is about one hour.
type reading struct {
	q  *history.Query
	at int64
}

// Batches make the batches of an hour, each when it is called; what was stored is not needed any more.
type Batches []func() *history.Batch

// Needs is how finely an hour has to be known for a query.
func Needs(q *history.Query, at int64) Depth {
	from, to := time.Unix(at*HourSeconds, 0), time.Unix((at+1)*HourSeconds, 0)
	whole := !q.From.After(from) && !q.To.Before(to)
	edge := func(t time.Time) bool {
		return t.After(from) && t.Before(to) && t.Unix()%(tenMinutes*MinuteSeconds) != 0
	}
	switch {
	case q.Step == history.Hour && whole:
		return ByHour
	case q.Step >= history.TenMinutes && !edge(q.From) && !edge(q.To):
		return ByTenMinutes
	default:
		return ByMinute
	}
}

// step is a part of the hour: the i-th of a depth.
type step struct {
	depth Depth
	i     int
}

func (r *reading) time(s step) time.Time {
	return time.Unix(r.at*HourSeconds, 0).Add(time.Duration(s.i) * s.depth.length()).UTC()
}

// plan is the steps to be yielded of an hour that is known to a depth: as long as asked for, shorter ones where From or To is amid one, and
// longer ones, that begin in the time, where there are no shorter.
func (r *reading) plan(known Depth) (steps []step) {
	var add func(s step)
	add = func(s step) {
		from := r.time(s)
		to := from.Add(s.depth.length())
		if !to.After(r.q.From) || !from.Before(r.q.To) {
			return
		}
		within := !from.Before(r.q.From) && !to.After(r.q.To)
		if s.depth < known && (s.depth.length() > r.q.Step || !within) {
			parts := (s.depth + 1).steps() / s.depth.steps()
			for i := range parts {
				add(step{s.depth + 1, s.i*parts + i})
			}
			return
		}
		if !from.Before(r.q.From) {
			steps = append(steps, s)
		}
	}
	add(step{})
	return steps
}

// Rows reads the rows that a query asks for of an hour, of which a store may have several parts of the endpoints. The step of the query is set.
func Rows(q *history.Query, at int64, parts ...Stored) (batches Batches, err error) {
	r := reading{q, at}
	hours, known, damage := r.open(parts)
	switch {
	case !slices.ContainsFunc(hours, func(h hour) bool { return h.sealed }):
		batches, err = r.running(hours, known)
	case known == ByHour && !slices.ContainsFunc(hours, func(h hour) bool { return !h.sealed || len(h.recent) > 0 }):
		batches, err = r.wholes(hours)
	default:
		batches, err = r.nodes(hours, known)
	}
	return batches, ofHour(at, errors.Join(damage, err))
}

// open opens the parts of an hour, as finely as all of them are known.
func (r *reading) open(parts []Stored) (hours []hour, known Depth, err error) {
	var errs []error
	known = Needs(r.q, r.at)
	for i := range parts {
		h, err := openHour(&parts[i], r.at, known)
		errs = append(errs, err)
		hours = append(hours, h)
	}
	for i := range hours {
		known = min(known, hours[i].depth)
	}
	for i := range hours {
		hours[i].depth = known
	}
	return hours, known, errors.Join(errs...)
}

// names are those of an hour's endpoints that are asked for.
func (r *reading) names(h *hour) []conventions.Endpoint {
	if r.q.Endpoint != nil {
		return []conventions.Endpoint{*r.q.Endpoint}
	}
	return h.names()
}

// nodes reads hours as finely as they are known.
func (r *reading) nodes(hours []hour, known Depth) (batches Batches, err error) {
	nodes, err := r.load(hours)
	for _, s := range r.plan(known) {
		if slices.ContainsFunc(nodes, func(n node) bool { return !n.at(s).Empty() }) {
			batches = append(batches, func() *history.Batch { return r.batch(s, nodes) })
		}
	}
	return batches, err
}

// load reads what the endpoints of hours did, by name.
func (r *reading) load(hours []hour) (nodes []node, err error) {
	var errs []error
	var c codec
	for i := range hours {
		for _, name := range r.names(&hours[i]) {
			n, err := hours[i].load(&c, name)
			errs = append(errs, err)
			if !n.whole[0].Empty() {
				nodes = append(nodes, n)
			}
		}
	}
	order.By(nodes, func(a, b *node) int { return compareEndpoints(a.name, b.name) })
	return nodes, errors.Join(errs...)
}

// batch makes the rows of one step.
func (r *reading) batch(s step, nodes []node) *history.Batch {
	b := &history.Batch{Time: r.time(s), Step: s.depth.length()}
	for i := range nodes {
		t := nodes[i].at(s)
		if t.Empty() {
			continue
		}
		row := history.Row{Endpoint: nodes[i].name, Outcomes: t.Outcomes, Guessed: t.Guessed}
		if t.Count > 0 {
			row.Durations = new(latency.Histogram)
			t.AddTo(row.Durations)
		}
		b.Rows = append(b.Rows, row)
	}
	return b
}

// running makes the batches of an hour that was not made layers of yet: its minutes are added up to steps at once.
func (r *reading) running(hours []hour, known Depth) (batches Batches, err error) {
	var errs []error
	for _, s := range r.plan(known) {
		b := &history.Batch{Time: r.time(s), Step: s.depth.length()}
		for i := range hours {
			for _, name := range r.names(&hours[i]) {
				row, err := hours[i].sum(name, s)
				errs = append(errs, err)
				if row.Outcomes.Total() > 0 || row.Durations != nil {
					b.Rows = append(b.Rows, row)
				}
			}
		}
		batches = batches.add(b)
	}
	return batches, errors.Join(errs...)
}

// sum adds the recent minutes of a step up.
func (h *hour) sum(name conventions.Endpoint, s step) (row history.Row, err error) {
	var errs []error
	row.Endpoint = name
	length := HourMinutes / s.depth.steps()
	for i := range h.recent {
		m := &h.recent[i]
		at, ok := m.place(name)
		if !ok || m.number/length != s.i {
			continue
		}
		stored, err := m.whole.Row(at)
		if err = addStored(&row, &stored, err); err != nil {
			errs = append(errs, err)
		}
	}
	return row, errors.Join(errs...)
}

// wholes makes the rows of whole hours from their layers alone.
func (r *reading) wholes(hours []hour) (batches Batches, err error) {
	if len(r.plan(ByHour)) == 0 {
		return nil, nil
	}
	b := &history.Batch{Time: r.time(step{}), Step: history.Hour}
	var errs []error
	for i := range hours {
		h := &hours[i]
		for _, name := range r.names(h) {
			at, ok := h.place(name)
			if !ok {
				continue
			}
			row := history.Row{Endpoint: name}
			stored, err := h.whole.Row(at)
			if err = addStored(&row, &stored, err); err != nil {
				errs = append(errs, err)
				continue
			}
			b.Rows = append(b.Rows, row)
		}
	}
	return batches.add(b), errors.Join(errs...)
}

// add adds a batch whose rows are there, if it has any.
func (b Batches) add(one *history.Batch) Batches {
	if len(one.Rows) == 0 {
		return b
	}
	order.By(one.Rows, func(x, y *history.Row) int { return compareEndpoints(x.Endpoint, y.Endpoint) })
	return append(b, func() *history.Batch { return one })
}

// addStored adds what was stored of a minute or an hour to a row.
func addStored(to *history.Row, r *compact.Row, err error) error {
	if err != nil {
		return frameError(err)
	}
	to.Outcomes.Add(&r.Outcomes)
	to.Guessed = to.Guessed || r.Guessed
	if len(r.Durations) == 0 {
		return nil
	}
	if to.Durations == nil {
		to.Durations = new(latency.Histogram)
	}
	if !r.Durations.AddTo(to.Durations) {
		return damaged("durations")
	}
	return nil
}
