// SPDX-License-Identifier: Apache-2.0

package testrig

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/history"
)

// History is a store in memory. Rows and signals are stored by the minute, and come back as minutes, ten minutes or hours; those that are
// older than Minutes do not come back in shorter steps than ten minutes, and those older than TenMinutes in hours.
type History struct {
	Minutes    time.Duration         // 48 h if it is 0
	TenMinutes time.Duration         // for ever if it is 0
	Read       func(context.Context) // is called before anything is read; nil: nothing is
	State      func([]byte) []byte   // makes another of a state that is read, nil for none; nil: it stays
	Foreign    bool                  // states are those of another instance

	mu      sync.Mutex // guards all below
	batches []*history.Batch
	asked   []history.Query
	closed  bool
}

// Append stores a batch.
func (h *History) Append(_ context.Context, b *history.Batch) error {
	if err := b.Validate(); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return history.ErrClosed
	}
	again := slices.IndexFunc(h.batches, func(x *history.Batch) bool { return b.Origin != "" && x.Origin == b.Origin && x.Time.Equal(b.Time) })
	if again >= 0 {
		h.batches[again] = b
	} else {
		h.batches = append(h.batches, b)
	}
	return nil
}

// Asked are the queries so far.
func (h *History) Asked() []history.Query {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.asked)
}

// Range yields what was stored.
func (h *History) Range(ctx context.Context, q history.Query) iter.Seq2[*history.Batch, error] {
	return func(yield func(*history.Batch, error) bool) {
		if h.Read != nil {
			h.Read(ctx)
		}
		err := q.Validate()
		h.mu.Lock()
		h.asked = append(h.asked, q)
		if h.closed {
			err = history.ErrClosed
		}
		stored := slices.Clone(h.batches)
		h.mu.Unlock()
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			yield(nil, err)
			return
		}
		for _, b := range h.answer(&q, stored) {
			if !yield(b, nil) {
				return
			}
		}
	}
}

func (h *History) answer(q *history.Query, stored []*history.Batch) []*history.Batch {
	out := map[time.Time]*history.Batch{}
	within := func(t time.Time) bool { return !t.Before(q.From) && t.Before(q.To) }
	for _, b := range stored {
		switch q.What {
		case history.Rows, history.Signals:
			at, step := h.step(q, b.Time)
			if !within(at) {
				continue
			}
			if q.What == history.Rows {
				addRows(out, q, at, step, b.Rows)
			} else if len(b.Signals) > 0 || b.Observed != nil {
				to := batch(out, at, step)
				to.Signals, to.Observed = b.Signals, append(to.Observed, observed(b)...)
			}
		case history.Incidents:
			for _, in := range b.Incidents {
				for at, old := range out {
					if old.Incidents = slices.DeleteFunc(old.Incidents, func(x history.Incident) bool { return x.ID == in.ID }); len(old.Incidents) == 0 {
						delete(out, at)
					}
				}
				if at := in.Start.Truncate(time.Minute); within(at) {
					to := batch(out, at, time.Minute)
					to.Incidents = append(to.Incidents, in)
				}
			}
		case history.States:
			state := b.State
			if h.State != nil && state != nil {
				state = h.State(state)
			}
			if within(b.Time) && len(state) > 0 {
				clear(out)
				to := batch(out, b.Time, time.Minute)
				to.State, to.Foreign = state, h.Foreign
			}
		case history.Requests:
			for _, e := range b.Requests {
				if at := e.End().Truncate(time.Minute); within(at) && (q.Endpoint == nil || q.Endpoint.Route == e.Route) {
					to := batch(out, at, time.Minute)
					to.Requests = append(to.Requests, e)
				}
			}
		case history.Marks:
			if within(b.Time) && len(b.Marks) > 0 {
				to := batch(out, b.Time, time.Minute)
				to.Marks = append(to.Marks, b.Marks...)
			}
		}
	}
	all := make([]*history.Batch, 0, len(out))
	for _, b := range out {
		all = append(all, b)
	}
	slices.SortFunc(all, func(a, b *history.Batch) int { return a.Time.Compare(b.Time) })
	return all
}

// step is the one that a minute is a part of in an answer: the longest that was asked for and is within the time.
func (h *History) step(q *history.Query, minute time.Time) (at time.Time, step time.Duration) {
	least := history.Minute
	if time.Since(minute) > cmp.Or(h.Minutes, 48*time.Hour) {
		least = history.TenMinutes
	}
	if h.TenMinutes > 0 && time.Since(minute) > h.TenMinutes {
		least = history.Hour
	}
	for _, step := range []time.Duration{history.Hour, history.TenMinutes} {
		at := minute.Truncate(step)
		if step >= least && step <= q.Step && !at.Before(q.From) && !at.Add(step).After(q.To) {
			return at, step
		}
	}
	return minute.Truncate(least), least
}

// observed is what is known of a minute.
func observed(b *history.Batch) []history.Observed {
	if b.Observed == nil {
		return []history.Observed{{Spans: b.Presence()}}
	}
	return b.Observed
}

func batch(in map[time.Time]*history.Batch, at time.Time, step time.Duration) *history.Batch {
	if in[at] == nil {
		in[at] = &history.Batch{Time: at, Step: step}
	}
	return in[at]
}

func addRows(out map[time.Time]*history.Batch, q *history.Query, at time.Time, step time.Duration, rows []history.Row) {
	for i := range rows {
		if q.Endpoint != nil && rows[i].Endpoint != *q.Endpoint {
			continue
		}
		b := batch(out, at, step)
		j := slices.IndexFunc(b.Rows, func(r history.Row) bool { return r.Endpoint == rows[i].Endpoint })
		if j < 0 {
			j, b.Rows = len(b.Rows), append(b.Rows, history.Row{Endpoint: rows[i].Endpoint})
		}
		b.Rows[j].Add(&rows[i])
	}
}

// Copy is another one that has what this one has now.
func (h *History) Copy() *History {
	h.mu.Lock()
	defer h.mu.Unlock()
	return &History{Minutes: h.Minutes, TenMinutes: h.TenMinutes, batches: slices.Clone(h.batches)}
}

// Close ends it.
func (h *History) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	return nil
}

// Reopen has it work again, with all that it has.
func (h *History) Reopen() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = false
}
