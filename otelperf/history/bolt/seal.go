// SPDX-License-Identifier: Apache-2.0

package bolt

import (
	"bytes"

	"go.etcd.io/bbolt"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/internal/layers"
)

// maxSealed is how many hours one Append makes layers of: more than one is left to do after an interruption alone.
const maxSealed = 2

// sealBefore makes layers of the hours before one, and with that deletes what has been stored for long enough.
func (s *Store) sealBefore(tx *bbolt.Tx, hour int64) error {
	sealed := 0
	defer func() {
		if sealed > 0 {
			tx.OnCommit(s.sums.forget)
		}
	}()
	for ; sealed < maxSealed; sealed++ {
		k, _ := tx.Bucket(recentBucket).Cursor().First()
		if k == nil || number(k)/layers.HourMinutes >= hour {
			break
		}
		at := number(k) / layers.HourMinutes
		if err := s.seal(tx, at); err != nil {
			return err
		}
		s.due.back(at)
	}
	if sealed == 0 {
		return s.makeSpan(tx, hour)
	}
	return s.retain(tx, hour*layers.HourSeconds)
}

// seal makes layers of the minutes of an hour. Those that are damaged are left out, and counted.
func (s *Store) seal(tx *bbolt.Tx, at int64) error {
	stored, err := storedHour(tx, at, layers.ByMinute)
	s.skip(at, history.Rows, err)
	rows, err := s.writer.Rows(at, &stored)
	s.skip(at, history.Rows, err)
	signals, err := layers.Signals(at, &stored)
	s.skip(at, history.Signals, err)
	for d := range layers.NumDepths {
		if err := put(tx, rowBuckets[d], at, rows[d]); err != nil {
			return err
		}
		if err := put(tx, signalBuckets[d], at, signals[d]); err != nil {
			return err
		}
	}
	return removeRecent(tx, at)
}

// skip counts what was left out of an hour.
func (s *Store) skip(at int64, part history.Part, err error) {
	_ = s.found(part, at*layers.HourSeconds, layers.HourSeconds, public(err)) // is counted
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		s.skipped.Add(uint64(len(joined.Unwrap())))
	} else if err != nil {
		s.skipped.Add(1)
	}
}

// put writes a value of an hour. They come in order, so that pages may be filled to the brim.
func put(tx *bbolt.Tx, bucket []byte, at int64, value []byte) error {
	if len(value) == 0 {
		return nil
	}
	b := tx.Bucket(bucket)
	b.FillPercent = 1
	return b.Put(key32(at), value)
}

func removeRecent(tx *bbolt.Tx, at int64) error {
	b := tx.Bucket(recentBucket)
	var keys [][]byte
	c := b.Cursor()
	for k, _ := c.Seek(key32(at * layers.HourMinutes)); k != nil && number(k) < (at+1)*layers.HourMinutes; k, _ = c.Next() {
		keys = append(keys, k)
	}
	return remove(b, keys)
}

// remove deletes keys, which a cursor that goes on must not do.
func remove(b *bbolt.Bucket, keys [][]byte) error {
	for _, k := range keys {
		if err := b.Delete(bytes.Clone(k)); err != nil {
			return err
		}
	}
	return nil
}
