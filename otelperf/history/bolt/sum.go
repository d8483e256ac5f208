// SPDX-License-Identifier: Apache-2.0

package bolt

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"sync"

	"go.etcd.io/bbolt"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/internal/compact"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// Bounds of the sums that are remembered.
const (
	maxSums     = 16
	maxSumBytes = 8 << 20
)

// sums remembers what hours in a row come to, as frames, until one of them may have changed.
type sums struct {
	mu         sync.Mutex // guards all below
	generation uint64
	of         map[span][]byte
	bytes      int
}

// span is hours from one up to another, which is not among them.
type span struct{ from, to int64 }

func (c *sums) get(of span) (frame []byte, generation uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.of[of], c.generation
}

// put remembers a sum, unless something has changed since its generation.
func (c *sums) put(of span, frame []byte, generation uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if generation != c.generation || len(frame) > maxSumBytes {
		return
	}
	if len(c.of) >= maxSums || c.bytes+len(frame) > maxSumBytes {
		c.of, c.bytes = nil, 0
	}
	if c.of == nil {
		c.of = map[span][]byte{}
	}
	c.of[of] = frame
	c.bytes += len(frame)
}

func (c *sums) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.generation++
	c.of, c.bytes = nil, 0
}

// Sum is history.Total of the rows of a query. What whole hours that are over come to is remembered, in at most 8 MiB; the first time two
// goroutines add them up.
func (s *Store) Sum(ctx context.Context, q history.Query) ([]history.Row, error) {
	q.What = history.Rows
	if err := q.Validate(); err != nil {
		return nil, err
	}
	hours := span{(q.From.Unix() + hourSeconds - 1) / hourSeconds, q.To.Unix() / hourSeconds}
	if q.From.Nanosecond() > 0 && q.From.Unix()%hourSeconds == 0 {
		hours.from++
	}
	if q.Step != history.Hour || q.Endpoint != nil || hours.to-hours.from < 2 {
		return history.Total(s.Range(ctx, q))
	}
	hours.to = min(hours.to, s.sealedUntil(ctx))
	if hours.to-hours.from < 2 {
		return history.Total(s.Range(ctx, q))
	}
	sum, err := s.sumHours(ctx, hours)
	if err != nil && !errors.Is(err, history.ErrDamaged) {
		return nil, err
	}
	rows, rest := history.Total(s.around(ctx, &q, hours, sum))
	return rows, errors.Join(err, rest)
}

// around yields a sum of hours, and what of a query lies around them.
func (s *Store) around(ctx context.Context, q *history.Query, hours span, sum *history.Batch) iter.Seq2[*history.Batch, error] {
	before, after := *q, *q
	before.To, after.From = hourTime(hours.from), hourTime(hours.to)
	return func(yield func(*history.Batch, error) bool) {
		if !yield(sum, nil) {
			return
		}
		for _, part := range []history.Query{before, after} {
			if !part.From.Before(part.To) {
				continue
			}
			for b, err := range s.Range(ctx, part) {
				if !yield(b, err) {
					return
				}
			}
		}
	}
}

// sealedUntil is the first hour that may have minutes which are not in layers.
func (s *Store) sealedUntil(ctx context.Context) (hour int64) {
	_ = s.view(ctx, func(tx *bbolt.Tx) error { // said by what is done next
		hour = 1 << 32
		if k, _ := tx.Bucket(recentBucket).Cursor().First(); k != nil {
			hour = number(k) / hourMinutes
		}
		return nil
	})
	return hour
}

// sumHours adds up hours, or finds what they came to before.
func (s *Store) sumHours(ctx context.Context, hours span) (*history.Batch, error) {
	b := &history.Batch{Time: hourTime(hours.from), Step: history.Hour}
	frame, generation := s.sums.get(hours)
	if frame != nil {
		whole, err := compact.ParseWhole(frame)
		if err != nil {
			return b, public(frameError(err))
		}
		sum := adder{}
		err = sum.add(&whole)
		b.Rows = sum.rows()
		return b, public(err)
	}
	var all sync.WaitGroup
	var parts [2]adder
	var errs [2]error
	half := (hours.from + hours.to) / 2
	for i, part := range []span{{hours.from, half}, {half, hours.to}} {
		parts[i] = adder{}
		all.Go(func() { errs[i] = s.addHours(ctx, parts[i], part) })
	}
	all.Wait()
	for name, r := range parts[1] {
		if to := parts[0][name]; to != nil {
			to.Add(r)
		} else {
			parts[0][name] = r
		}
	}
	b.Rows = parts[0].rows()
	err := errors.Join(errs[:]...)
	if err == nil {
		s.sums.put(hours, frameOf(b.Rows), generation)
	}
	return b, err
}

// addHours adds up hours, one in a transaction.
func (s *Store) addHours(ctx context.Context, to adder, hours span) error {
	var errs []error
	for at := hours.from; at < hours.to; at++ {
		err := s.view(ctx, func(tx *bbolt.Tx) error {
			data := tx.Bucket(hoursBucket).Get(key32(at))
			if data == nil {
				return nil
			}
			whole, err := compact.ParseWhole(data)
			if err != nil {
				return frameError(err)
			}
			return to.add(&whole)
		})
		if err != nil && !errors.Is(err, history.ErrDamaged) {
			return err
		}
		if err != nil && len(errs) < 10 {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// adder is rows that others are added to.
type adder map[conventions.Endpoint]*history.Row

func (a adder) add(w *compact.Whole) error {
	var errs []error
	for i, name := range w.Names {
		to := a[name]
		if to == nil {
			to = &history.Row{Endpoint: name}
			a[name] = to
		}
		row, err := w.Row(i)
		if err = addStored(to, &row, err); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// rows are in the order in which names share their beginnings.
func (a adder) rows() []history.Row {
	rows := make([]history.Row, 0, len(a))
	for _, name := range slices.SortedFunc(maps.Keys(a), compareEndpoints) {
		rows = append(rows, *a[name])
	}
	return rows
}

// frameOf writes rows as a frame of wholes.
func frameOf(rows []history.Row) []byte {
	w := compact.NewWriter(0)
	for i := range rows {
		r := &rows[i]
		h := r.Durations
		if h == nil {
			h = new(latency.Histogram)
		}
		w.Whole(r.Endpoint, &r.Outcomes, h, r.Guessed)
	}
	return w.Frame(nil)
}
