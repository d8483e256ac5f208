// SPDX-License-Identifier: Apache-2.0

package bolt

import (
	"time"

	"go.etcd.io/bbolt"

	"github.com/otelperf/otelperf-go/otelperf/history/internal/layers"
)

// atOnce bounds the entries that one transaction deletes of a bucket.
const atOnce = 500

// retain deletes what has been stored for long enough at a time, and the oldest beyond that if the file is too large.
func (s *Store) retain(tx *bbolt.Tx, now int64) error {
	r := &s.retention
	before := func(d time.Duration) int64 { return (now - int64(d/time.Second)) / layers.HourSeconds }
	for _, old := range []struct {
		hour    int64
		buckets [][]byte
	}{
		{before(r.Minutes), [][]byte{minutesBucket, signalMinutes}},
		{before(r.TenMinutes), [][]byte{tensBucket, signalTens}},
		{before(r.Hours), [][]byte{hoursBucket, signalHours}},
	} {
		for _, b := range old.buckets {
			if err := removeOld(tx.Bucket(b), key32(max(old.hour, 0))); err != nil {
				return err
			}
		}
	}
	for _, b := range [][]byte{incidents, requests, marksBucket} {
		if err := removeOld(tx.Bucket(b), eventKey(time.Unix(now, 0).Add(-r.Events), "")); err != nil {
			return err
		}
	}
	if err := forgetIncidents(tx); err != nil {
		return err
	}
	if err := s.shrink(tx); err != nil {
		return err
	}
	return forgetSpans(tx)
}

// removeOld deletes entries whose keys are before one.
func removeOld(b *bbolt.Bucket, end []byte) error {
	var keys [][]byte
	c := b.Cursor()
	for k, _ := c.First(); k != nil && string(k) < string(end) && len(keys) < atOnce; k, _ = c.Next() {
		keys = append(keys, k)
	}
	return remove(b, keys)
}

// shrink deletes the oldest of what is worth least, until what is in use is below the bound again.
func (s *Store) shrink(tx *bbolt.Tx) error {
	over := used(tx) - s.maxBytes
	for _, name := range [][]byte{requests, minutesBucket, tensBucket, daysBucket, quartersBucket, hoursBucket, signalMinutes, signalTens, signalHours, incidents} {
		if over <= 0 {
			return nil
		}
		b := tx.Bucket(name)
		var keys [][]byte
		c := b.Cursor()
		for k, v := c.First(); k != nil && over > 0 && len(keys) < atOnce; k, v = c.Next() {
			over -= int64(len(k) + len(v))
			keys = append(keys, k)
		}
		if err := remove(b, keys); err != nil {
			return err
		}
	}
	return nil
}
