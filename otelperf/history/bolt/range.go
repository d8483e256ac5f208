// SPDX-License-Identifier: Apache-2.0

package bolt

import (
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/internal/compact"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// Range reads what was stored, an hour or 100 events in a transaction, and yields between them: whatever the receiver takes its time for,
// nothing waits for it. In memory is what an hour's rows take, each a latency.Histogram once it is yielded.
func (s *Store) Range(ctx context.Context, q history.Query) iter.Seq2[*history.Batch, error] {
	return func(yield func(*history.Batch, error) bool) {
		if err := q.Validate(); err != nil {
			yield(nil, err)
			return
		}
		q.Step = max(q.Step, history.Minute)
		switch q.What {
		case history.Rows, history.Signals:
			s.steps(ctx, &q, yield)
		default:
			s.events(ctx, &q, yield)
		}
	}
}

// steps yields rows or signals, hour by hour. Hours without anything are passed over.
func (s *Store) steps(ctx context.Context, q *history.Query, yield func(*history.Batch, error) bool) {
	end := (q.To.Unix() + hourSeconds - 1) / hourSeconds
	for at := q.From.Unix() / hourSeconds; at < end; at++ {
		var batches []func() *history.Batch
		err := s.view(ctx, func(tx *bbolt.Tx) (err error) {
			if at = nextHour(tx, at, q.What); at >= end {
				return nil
			}
			r := reading{q: q, at: at}
			if q.What == history.Signals {
				batches, err = r.signals(tx)
			} else {
				batches, err = r.rows(tx)
			}
			return err
		})
		if err != nil {
			err = public(err)
			if !yield(nil, err) || !errors.Is(err, history.ErrDamaged) {
				return
			}
		}
		for _, b := range batches {
			if !yield(b(), nil) {
				return
			}
		}
	}
}

// nextHour is the first hour from one on of which there is anything.
func nextHour(tx *bbolt.Tx, at int64, what history.Part) int64 {
	next := int64(1) << 32
	layers := hoursBucket
	if what == history.Signals {
		layers = signalHours
	}
	if k, _ := tx.Bucket(layers).Cursor().Seek(key32(at)); k != nil {
		next = number(k)
	}
	if k, _ := tx.Bucket(recentBucket).Cursor().Seek(key32(at * hourMinutes)); k != nil {
		next = min(next, number(k)/hourMinutes)
	}
	return next
}

// reading is the part of a query that is about one hour.
type reading struct {
	q  *history.Query
	at int64
}

// needs is how finely the hour has to be known.
func (r *reading) needs() depth {
	from, to := time.Unix(r.at*hourSeconds, 0), time.Unix((r.at+1)*hourSeconds, 0)
	whole := !r.q.From.After(from) && !r.q.To.Before(to)
	edge := func(t time.Time) bool {
		return t.After(from) && t.Before(to) && t.Unix()%(tenMinutes*minuteSeconds) != 0
	}
	switch {
	case r.q.Step == history.Hour && whole:
		return byHour
	case r.q.Step >= history.TenMinutes && !edge(r.q.From) && !edge(r.q.To):
		return byTenMinutes
	default:
		return byMinute
	}
}

// step is a part of the hour: the i-th of a depth.
type step struct {
	depth depth
	i     int
}

var lengths = [...]time.Duration{byHour: history.Hour, byTenMinutes: history.TenMinutes, byMinute: history.Minute}

func (r *reading) time(s step) time.Time {
	return time.Unix(r.at*hourSeconds, 0).Add(time.Duration(s.i) * lengths[s.depth]).UTC()
}

// plan is the steps to be yielded of an hour that is known to a depth: as long as asked for, shorter ones where From or To is amid one, and
// longer ones, that begin in the time, where there are no shorter.
func (r *reading) plan(known depth) (steps []step) {
	var add func(s step)
	add = func(s step) {
		from := r.time(s)
		to := from.Add(lengths[s.depth])
		if !to.After(r.q.From) || !from.Before(r.q.To) {
			return
		}
		within := !from.Before(r.q.From) && !to.After(r.q.To)
		if s.depth < known && (lengths[s.depth] > r.q.Step || !within) {
			parts := stepsOf(s.depth+1) / stepsOf(s.depth)
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

// rows reads the hour, and returns what makes its batches.
func (r *reading) rows(tx *bbolt.Tx) (batches []func() *history.Batch, err error) {
	var errs []error
	h, err := openHour(tx, r.at, r.needs())
	errs = append(errs, err)
	names := h.names()
	if r.q.Endpoint != nil {
		names = []conventions.Endpoint{*r.q.Endpoint}
	}
	var c codec
	if !h.sealed {
		batches, err = r.running(&h, names)
		return batches, errors.Join(append(errs, err)...)
	}
	if h.depth == byHour && len(h.recent) == 0 {
		if len(r.plan(byHour)) == 0 {
			return nil, errors.Join(errs...)
		}
		b, err := r.wholes(&h, names)
		if err = errors.Join(append(errs, err)...); len(b.Rows) == 0 {
			return nil, err
		}
		return []func() *history.Batch{func() *history.Batch { return b }}, err
	}
	var nodes []node
	for i := range names {
		n, err := h.load(&c, names[i])
		errs = append(errs, err)
		if !n.whole[0].Empty() {
			nodes = append(nodes, n)
		}
	}
	for _, s := range r.plan(h.depth) {
		if slices.ContainsFunc(nodes, func(n node) bool { return !n.at(s).Empty() }) {
			batches = append(batches, func() *history.Batch { return r.batch(s, nodes) })
		}
	}
	return batches, errors.Join(errs...)
}

// running makes the batches of an hour that was not made layers of yet: its minutes are added up to steps at once.
func (r *reading) running(h *hour, names []conventions.Endpoint) (batches []func() *history.Batch, err error) {
	var errs []error
	for _, s := range r.plan(h.depth) {
		b := &history.Batch{Time: r.time(s), Step: lengths[s.depth]}
		length := hourMinutes / stepsOf(s.depth)
		for _, name := range names {
			row := history.Row{Endpoint: name}
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
			if row.Outcomes.Total() > 0 || row.Durations != nil {
				b.Rows = append(b.Rows, row)
			}
		}
		if len(b.Rows) > 0 {
			batches = append(batches, func() *history.Batch { return b })
		}
	}
	return batches, errors.Join(errs...)
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
		return errDamaged
	}
	return nil
}

// wholes makes the rows of a whole hour from its layer alone.
func (r *reading) wholes(h *hour, names []conventions.Endpoint) (*history.Batch, error) {
	b := &history.Batch{Time: r.time(step{}), Step: history.Hour}
	var errs []error
	for _, name := range names {
		i, ok := h.place(name)
		if !ok {
			continue
		}
		row := history.Row{Endpoint: name}
		stored, err := h.whole.Row(i)
		if err = addStored(&row, &stored, err); err != nil {
			errs = append(errs, err)
			continue
		}
		b.Rows = append(b.Rows, row)
	}
	return b, errors.Join(errs...)
}

// signals reads the signals of the hour.
func (r *reading) signals(tx *bbolt.Tx) (batches []func() *history.Batch, err error) {
	values, known, err := signalsOf(tx, r.at, r.needs())
	if err != nil {
		return nil, err
	}
	for _, s := range r.plan(known) {
		these := mergeSignals(values[s.i*len(values)/stepsOf(s.depth) : (s.i+1)*len(values)/stepsOf(s.depth)])
		if len(these) > 0 {
			batches = append(batches, func() *history.Batch {
				return &history.Batch{Time: r.time(s), Step: lengths[s.depth], Signals: these}
			})
		}
	}
	return batches, nil
}

// batch makes the rows of one step.
func (r *reading) batch(s step, nodes []node) *history.Batch {
	b := &history.Batch{Time: r.time(s), Step: lengths[s.depth]}
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

// at is the tally of a step.
func (n *node) at(s step) *compact.Tally {
	switch s.depth {
	case byHour:
		return &n.whole[0]
	case byTenMinutes:
		return &n.tens[0][s.i]
	default:
		return &n.minutes[s.i/tenMinutes][s.i%tenMinutes]
	}
}
