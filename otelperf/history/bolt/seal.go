// SPDX-License-Identifier: Apache-2.0

package bolt

import (
	"bytes"
	"cmp"

	"go.etcd.io/bbolt"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
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
		if k == nil || number(k)/hourMinutes >= hour {
			break
		}
		if err := s.seal(tx, number(k)/hourMinutes); err != nil {
			return err
		}
	}
	if sealed == 0 {
		return nil
	}
	return s.retain(tx, hour*hourSeconds)
}

// seal makes layers of the minutes of an hour. Those that are damaged are left out, and counted.
func (s *Store) seal(tx *bbolt.Tx, at int64) error {
	h, err := openHour(tx, at, byMinute)
	if err != nil {
		s.skipped.Add(1)
	}
	c := &s.codec
	for _, name := range h.names() {
		n, err := h.load(c, name)
		if err != nil {
			s.skipped.Add(1)
		}
		if n.whole[0].Empty() {
			continue
		}
		var durations latency.Histogram
		n.whole[0].AddTo(&durations)
		c.wholes.Whole(name, &n.whole[0].Outcomes, &durations, n.whole[0].Guessed)
		if h.depth >= byTenMinutes {
			c.tens.Split(n.whole[:], n.tens)
		}
		if h.depth >= byMinute {
			c.minutes.Split(n.tens[0], n.minutes)
		}
	}
	if err := put(tx, hoursBucket, at, c.wholes.Frame(nil)); err != nil {
		return err
	}
	if h.depth >= byTenMinutes {
		if err := put(tx, tensBucket, at, c.tens.Frame(nil)); err != nil {
			return err
		}
	}
	if h.depth >= byMinute {
		if err := put(tx, minutesBucket, at, c.minutes.Frame(nil)); err != nil {
			return err
		}
	}
	if err := sealSignals(tx, at); err != nil {
		return err
	}
	return removeRecent(tx, at)
}

// put writes a value of an hour. They come in order, so that pages may be filled to the brim.
func put(tx *bbolt.Tx, bucket []byte, at int64, value []byte) error {
	b := tx.Bucket(bucket)
	b.FillPercent = 1
	return b.Put(key32(at), value)
}

func removeRecent(tx *bbolt.Tx, at int64) error {
	b := tx.Bucket(recentBucket)
	var keys [][]byte
	c := b.Cursor()
	for k, _ := c.Seek(key32(at * hourMinutes)); k != nil && number(k) < (at+1)*hourMinutes; k, _ = c.Next() {
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

// compareEndpoints orders names so that those which share their beginnings stand together.
func compareEndpoints(a, b conventions.Endpoint) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Method, b.Method), cmp.Compare(a.Route, b.Route))
}
