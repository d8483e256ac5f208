// SPDX-License-Identifier: Apache-2.0

package past

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// short is up to how long a time is read by the minute.
const short = 3 * time.Hour

// Total is what was done in a time.
type Total struct {
	Rows []history.Row // by name
	Coverage
}

// Row is the row of an endpoint.
func (t *Total) Row(e conventions.Endpoint) (history.Row, bool) {
	for i := range t.Rows {
		if t.Rows[i].Endpoint == e {
			return t.Rows[i], true
		}
	}
	return history.Row{}, false
}

// stored is the store's part of a total.
type stored struct {
	rows []history.Row
	covered
}

// Rows returns what was done from a time up to another, in the whole steps that are stored by now and have something of it: minutes, or longer
// ones, of which From and To are the beginning and the end.
func (r *Reader) Rows(from, to time.Time) (Total, error) {
	asked := askedFor(from, to)
	from, to, note := longest(from, to)
	first, last := whole(from, to)
	var s stored
	p, err := r.part(first, last)
	if err == nil {
		if s, err = r.stored(&p); err == nil && r.recover(&p, s.note) {
			s, err = r.stored(&p)
		}
	}
	if err != nil {
		if !r.Remembers(to) {
			return Total{}, err
		}
		p, s = r.inMemory(first, last), stored{covered: r.unread(err)}
	}
	p.asked, s.note = asked, both(note, s.note)
	return r.join(&s, &p), nil
}

// whole is a time in whole minutes, up to the running one.
func whole(from, to time.Time) (time.Time, time.Time) {
	to = upToNow(to)
	return from.Truncate(time.Minute), to.Add(time.Minute - 1).Truncate(time.Minute)
}

// join adds what is the memory's.
func (r *Reader) join(s *stored, p *part) (t Total) {
	began, at, to := r.memory.Began(), p.at, p.to
	batches := func(yield func(*history.Batch, error) bool) {
		yield(&history.Batch{Rows: copies(s.rows)}, nil)
		for m := at; m.Before(to) && yield(&history.Batch{Rows: r.memory.Minute(m)}, nil); m = m.Add(time.Minute) {
		}
	}
	t.Rows, _ = history.Total(iter.Seq2[*history.Batch, error](batches))
	to = upToNow(to)
	if at.Before(began) {
		at = began
	}
	t.Coverage = s.coverage(p, Span{From: at, To: to})
	t.sayLost(p)
	return t
}

// copies are rows that may be added to.
func copies(rows []history.Row) []history.Row {
	out := make([]history.Row, len(rows))
	for i := range rows {
		out[i].Endpoint = rows[i].Endpoint
		out[i].Add(&rows[i])
	}
	return out
}

// stored reads the store's part, once for as long as it stays.
func (r *Reader) stored(p *part) (stored, error) {
	from, to := p.from, p.until
	if !from.Before(to) {
		return stored{}, nil
	}
	return cachedOf(&r.cache, fmt.Sprint("rows ", from.Unix(), to.Unix(), p.at.Unix(), p.late, p.renewal.At.UnixNano()), func() (s stored, bytes int, err error) {
		q := history.Query{What: history.Rows, From: from, To: to, Step: history.Hour}
		if to.Sub(from) < short {
			q.Step = history.Minute
		}
		err = r.read(q.What, from, to, func(ctx context.Context) (err error) {
			if err := r.running(ctx, &q, &s.covered); err != nil {
				return err
			}
			s.rows, err = r.total(ctx, &q, &s)
			return err
		})
		for i := range s.rows {
			if h := s.rows[i].Durations; h != nil {
				bytes += h.Bytes()
			}
			bytes += 300
		}
		return s, bytes, err
	})
}

// total adds up what a query yields. Whole hours the store adds up, where signals say when there was something.
func (r *Reader) total(ctx context.Context, q *history.Query, s *stored) (rows []history.Row, err error) {
	first, hours := *q, *q
	if q.Step == history.Hour && len(s.signals) > 0 {
		hours.From = earlier(q.From.Add(history.Hour-1).Truncate(history.Hour), q.To)
		first.To = hours.From
	} else {
		hours.From = q.To
	}
	batches := func(yield func(*history.Batch, error) bool) {
		if first.From.Before(first.To) {
			err = r.each(ctx, &first, &s.note, func(b *history.Batch) {
				s.add(b)
				yield(b, nil)
			})
		}
		if err != nil || !hours.From.Before(hours.To) {
			return
		}
		summed, failed := history.Sum(ctx, r.store, hours)
		if s.step, err = history.Hour, failed; errors.Is(err, history.ErrDamaged) {
			s.note, err = damaged, nil
		}
		yield(&history.Batch{Rows: summed}, nil)
	}
	rows, _ = history.Total(batches)
	return rows, err
}

// toTheMinute is how long before the end of a time it is known to the minute when a process ran, if minutes are stored for as long.
const toTheMinute = 48 * time.Hour

// running adds when a process ran: by the minute, before by the ten minutes, and in a time of more than a month by the hour.
func (r *Reader) running(ctx context.Context, q *history.Query, c *covered) error {
	fine := q.To.Add(-toTheMinute).Truncate(time.Hour)
	if fine.Before(q.From) {
		fine = q.From
	}
	before, signals := *q, *q
	before.To, before.Step, signals.From, signals.Step = fine, history.TenMinutes, fine, history.Minute
	if q.To.Sub(q.From) > 30*24*time.Hour {
		before.Step = history.Hour
	}
	for _, part := range []history.Query{before, signals} {
		if part.What, part.Endpoint = history.Signals, nil; !part.From.Before(part.To) {
			continue
		}
		err := r.each(ctx, &part, &c.note, c.add)
		if err != nil {
			return err
		}
	}
	return r.unsignalled(ctx, q, c)
}
