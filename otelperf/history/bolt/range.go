// SPDX-License-Identifier: Apache-2.0

package bolt

import (
	"context"
	"errors"
	"iter"

	"go.etcd.io/bbolt"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/internal/layers"
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
	end := (q.To.Unix() + layers.HourSeconds - 1) / layers.HourSeconds
	for at := q.From.Unix() / layers.HourSeconds; at < end; at++ {
		var batches layers.Batches
		err := s.view(ctx, func(tx *bbolt.Tx) (err error) {
			if at = nextHour(tx, at, q.What); at >= end {
				return nil
			}
			stored, damage := storedHour(tx, at, layers.Needs(q, at))
			if q.What == history.Signals {
				batches, err = layers.SignalRows(q, at, &stored)
			} else {
				batches, err = layers.Rows(q, at, stored)
			}
			return errors.Join(damage, err)
		})
		if err != nil {
			err = s.found(q.What, at*layers.HourSeconds, layers.HourSeconds, public(err))
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
	bucket := hoursBucket
	if what == history.Signals {
		bucket = signalHours
	}
	if k, _ := tx.Bucket(bucket).Cursor().Seek(key32(at)); k != nil {
		next = number(k)
	}
	if k, _ := tx.Bucket(recentBucket).Cursor().Seek(key32(at * layers.HourMinutes)); k != nil {
		next = min(next, number(k)/layers.HourMinutes)
	}
	return next
}

// storedHour is what there is of an hour down to a depth, with the recent minutes: parts of the file, valid in the transaction.
func storedHour(tx *bbolt.Tx, at int64, most layers.Depth) (s layers.Stored, err error) {
	for d := range most + 1 {
		s.Rows[d] = tx.Bucket(rowBuckets[d]).Get(key32(at))
		s.Signals[d] = tx.Bucket(signalBuckets[d]).Get(key32(at))
	}
	var errs []error
	c := tx.Bucket(recentBucket).Cursor()
	for k, v := c.Seek(key32(at * layers.HourMinutes)); k != nil && number(k) < (at+1)*layers.HourMinutes; k, v = c.Next() {
		frame, signals, err := recentValue(v)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		s.Recent = append(s.Recent, layers.Recent{Minute: number(k), Rows: frame, Signals: signals})
	}
	return s, errors.Join(errs...)
}
