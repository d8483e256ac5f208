// SPDX-License-Identifier: Apache-2.0

package bolt

import (
	"context"
	"errors"
	"iter"
	"sync"

	"go.etcd.io/bbolt"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/internal/layers"
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
	hours := span{(q.From.Unix() + layers.HourSeconds - 1) / layers.HourSeconds, q.To.Unix() / layers.HourSeconds}
	if q.From.Nanosecond() > 0 && q.From.Unix()%layers.HourSeconds == 0 {
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
			hour = number(k) / layers.HourMinutes
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
		sum := layers.Sum{}
		err := sum.Add(frame)
		b.Rows = sum.Rows()
		return b, public(err)
	}
	var all sync.WaitGroup
	var parts [2]layers.Sum
	var errs [2]error
	half := (hours.from + hours.to) / 2
	for i, part := range []span{{hours.from, half}, {half, hours.to}} {
		parts[i] = layers.Sum{}
		all.Go(func() { errs[i] = s.addHours(ctx, parts[i], part) })
	}
	all.Wait()
	parts[0].Merge(parts[1])
	b.Rows = parts[0].Rows()
	err := errors.Join(errs[:]...)
	if err == nil {
		s.sums.put(hours, layers.NewWriter().Minute(b.Rows), generation)
	}
	return b, err
}

// addHours adds up hours, one in a transaction.
func (s *Store) addHours(ctx context.Context, to layers.Sum, hours span) error {
	var errs []error
	for at := hours.from; at < hours.to; at++ {
		err := s.view(ctx, func(tx *bbolt.Tx) error {
			data := tx.Bucket(hoursBucket).Get(key32(at))
			if data == nil {
				return nil
			}
			return to.Add(data)
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
