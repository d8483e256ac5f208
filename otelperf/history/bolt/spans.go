// SPDX-License-Identifier: Apache-2.0

package bolt

import (
	"context"
	"errors"

	"go.etcd.io/bbolt"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/internal/layers"
)

// span is hours from one up to another, which is not among them.
type span struct{ from, to int64 }

// Lengths of the spans whose sum is stored, in hours, and where. A span begins at a whole number of its length since 1970.
var (
	spanHours   = [...]int64{24, 6}
	spanBuckets = [len(spanHours)][]byte{daysBucket, quartersBucket}
)

// maxSpanBytes is the most that the hours of a span may have, so that an Append which adds them up takes neither long nor much memory.
const maxSpanBytes = 16 << 20

// cover divides hours into spans whose sum may be stored, and single hours.
func (s span) cover() (all []span) {
	for at := s.from; at < s.to; at = all[len(all)-1].to {
		next := span{at, at + 1}
		for _, n := range spanHours {
			if at%n == 0 && at+n <= s.to {
				next.to = at + n
				break
			}
		}
		all = append(all, next)
	}
	return all
}

// parts are what a span is divided into that is not stored.
func (s span) parts() []span {
	return append(span{s.from, s.to - 1}.cover(), span{s.to - 1, s.to})
}

// bucket is where the sum of a span is; nil for a single hour.
func (s span) bucket(tx *bbolt.Tx) *bbolt.Bucket {
	for i, n := range spanHours {
		if s.to-s.from == n {
			return tx.Bucket(spanBuckets[i])
		}
	}
	return nil
}

// addSpan adds the rows of hours, all of which a query asks for: their sum if it is stored, else what its parts are.
func (s *Store) addSpan(ctx context.Context, to *layers.Sum, q *history.Query, of span) error {
	if of.to-of.from == 1 {
		return s.addHour(ctx, to, q, of.from)
	}
	done := false
	err := s.view(ctx, func(tx *bbolt.Tx) error {
		if nextHour(tx, of.from, history.Rows) >= of.to {
			done = true
			return nil
		}
		rows, err := storedSpan(tx, of)
		if rows == nil || err != nil {
			return err
		}
		done = true
		return to.Add(rows)
	})
	err = s.found(history.Rows, of.from*layers.HourSeconds, (of.to-of.from)*layers.HourSeconds, err)
	if done || err != nil && !errors.Is(err, history.ErrDamaged) {
		return err
	}
	var errs []error
	for _, part := range of.parts() {
		err := s.addSpan(ctx, to, q, part)
		if err != nil && !errors.Is(err, history.ErrDamaged) {
			return err
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// storedSpan is the stored sum of a span, a part of the file; nil if there is none of the hours as they are.
func storedSpan(tx *bbolt.Tx, of span) ([]byte, error) {
	data := of.bucket(tx).Get(key32(of.from))
	if data == nil {
		return nil, nil
	}
	if k, _ := tx.Bucket(recentBucket).Cursor().First(); k != nil && number(k)/layers.HourMinutes < of.to {
		return nil, nil
	}
	proof, rows, err := layers.ReadSpan(data)
	if err != nil {
		return nil, err
	}
	if now, _ := proofOf(tx, of); now != proof {
		return nil, nil
	}
	return rows, nil
}

// proofOf is that of the hours of a span, and how many bytes these have.
func proofOf(tx *bbolt.Tx, of span) (p layers.Proof, bytes int) {
	for at, rows := range hoursOf(tx, of) {
		p = p.With(at, rows)
		bytes += len(rows)
	}
	return p, bytes
}

// hoursOf are the hours of a span that there are.
func hoursOf(tx *bbolt.Tx, of span) func(yield func(int64, []byte) bool) {
	return func(yield func(int64, []byte) bool) {
		c := tx.Bucket(hoursBucket).Cursor()
		for k, v := c.Seek(key32(of.from)); k != nil && number(k) < of.to; k, v = c.Next() {
			if !yield(number(k), v) {
				return
			}
		}
	}
}

// maxLooked bounds the spans that one Append looks at.
const maxLooked = 8

// due is from which hour on spans of each length may have no sum; 0 if that is not known.
type due [len(spanHours)]int64

// back says that an hour has changed.
func (d *due) back(at int64) {
	for i, n := range spanHours {
		d[i] = min(d[i], at-at%n)
	}
}

// makeSpan makes the next sum of a span before an hour, if one is due: at most one in a transaction.
func (s *Store) makeSpan(tx *bbolt.Tx, hour int64) error {
	if k, _ := tx.Bucket(recentBucket).Cursor().First(); k != nil {
		hour = min(hour, number(k)/layers.HourMinutes)
	}
	next, made := s.due, false
	for i, n := range spanHours {
		if next[i] == 0 {
			if k, _ := tx.Bucket(hoursBucket).Cursor().First(); k != nil {
				next[i] = (number(k) + n - 1) / n * n
			}
		}
		for range maxLooked {
			if made || next[i]+n > hour {
				break
			}
			k, _ := tx.Bucket(hoursBucket).Cursor().Seek(key32(next[i]))
			if k == nil {
				break
			}
			of := span{number(k) / n * n, number(k)/n*n + n}
			if of.to > hour {
				break
			}
			var err error
			if made, err = s.sumUp(tx, of); err != nil {
				return err
			}
			next[i] = of.to
		}
	}
	tx.OnCommit(func() { s.due = next })
	return nil
}

// sumUp stores the sum of a span, unless it is there, its hours are too large or one of them is damaged.
func (s *Store) sumUp(tx *bbolt.Tx, of span) (made bool, err error) {
	proof, size := proofOf(tx, of)
	if size > maxSpanBytes {
		return false, nil
	}
	if data := of.bucket(tx).Get(key32(of.from)); data != nil {
		if p, _, err := layers.ReadSpan(data); err == nil && p == proof {
			return false, nil
		}
	}
	sum := layers.NewSum()
	for _, rows := range hoursOf(tx, of) {
		if sum.Add(rows) != nil {
			return false, nil // whoever reads the hour is told
		}
	}
	b := of.bucket(tx)
	b.FillPercent = 1
	return true, b.Put(key32(of.from), s.writer.Span(sum, proof))
}

// forgetSpans deletes sums that begin before the first hour which is still stored.
func forgetSpans(tx *bbolt.Tx) error {
	first := key32(1<<32 - 1)
	if k, _ := tx.Bucket(hoursBucket).Cursor().First(); k != nil {
		first = k[:4:4]
	}
	for _, name := range spanBuckets {
		if err := removeOld(tx.Bucket(name), first); err != nil {
			return err
		}
	}
	return nil
}
