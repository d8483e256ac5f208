// SPDX-License-Identifier: Apache-2.0

package bolt

import (
	"context"
	"errors"
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

// Sum is history.Total of the rows of a query. Of days and of six hours that are over it reads their sum where one is stored, and what it
// comes to is remembered, in at most 8 MiB.
func (s *Store) Sum(ctx context.Context, q history.Query) ([]history.Row, error) {
	q.What = history.Rows
	if err := q.Validate(); err != nil {
		return nil, err
	}
	if q.Step != history.Hour || q.Endpoint != nil {
		return history.Total(s.Range(ctx, q))
	}
	all := span{q.From.Unix() / layers.HourSeconds, q.To.Add(-1).Unix()/layers.HourSeconds + 1}
	hours := all
	if q.From.After(hourTime(hours.from)) {
		hours.from++
	}
	if hours.to = min(q.To.Unix()/layers.HourSeconds, s.sealedUntil(ctx)); hours.to-hours.from < 2 {
		hours = span{all.from, all.from}
	}
	parts, wholes := edges(all, hours), hours.cover()
	frame, generation := s.sums.get(hours)
	if frame != nil {
		wholes = nil
	}
	sum, damage := layers.NewSum(), layers.Damage{}
	for _, of := range wholes {
		if err := damage.Note(s.addSpan(ctx, sum, &q, of)); err != nil {
			return nil, err
		}
	}
	switch {
	case frame != nil:
		if err := damage.Note(public(sum.Add(frame))); err != nil {
			return nil, err
		}
	case damage.Err() == nil && len(wholes) > 0:
		s.sums.put(hours, layers.NewWriter().Minute(sum.Rows()), generation)
	}
	for _, at := range parts {
		if err := damage.Note(s.addHour(ctx, sum, &q, at)); err != nil {
			return nil, err
		}
	}
	return sum.Rows(), damage.Err()
}

// hours are those of a span.
func (s span) hours() (all []int64) {
	for at := s.from; at < s.to; at++ {
		all = append(all, at)
	}
	return all
}

// edges are the hours of all that are not among the whole ones.
func edges(all, wholes span) []int64 {
	return append(span{all.from, wholes.from}.hours(), span{wholes.to, all.to}.hours()...)
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

// addHour adds what a query asks for of an hour.
func (s *Store) addHour(ctx context.Context, to *layers.Sum, q *history.Query, at int64) error {
	err := s.view(ctx, func(tx *bbolt.Tx) error {
		stored, damage := storedHour(tx, at, layers.Needs(q, at))
		return errors.Join(damage, to.AddHour(q, at, stored))
	})
	return s.found(history.Rows, at*layers.HourSeconds, layers.HourSeconds, err)
}
