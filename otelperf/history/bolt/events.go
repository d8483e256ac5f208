// SPDX-License-Identifier: Apache-2.0

package bolt

import (
	"bytes"
	"context"
	"time"

	"go.etcd.io/bbolt"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/internal/layers"
	"github.com/otelperf/otelperf-go/slowlog"
)

// putEvents writes incidents, requests and marks: each as JSON, compressed.
func (s *Store) putEvents(tx *bbolt.Tx, b *history.Batch) error {
	for i := range b.Incidents {
		if err := putIncident(tx, &b.Incidents[i]); err != nil {
			return err
		}
	}
	for _, r := range b.Requests {
		if err := s.putRequest(tx, r); err != nil {
			return err
		}
	}
	for _, m := range b.Marks {
		if err := putJSON(tx.Bucket(marksBucket), eventKey(m.Time, m.ID), m); err != nil {
			return err
		}
	}
	return putState(tx, b)
}

// putState writes a state in the place of the one before.
func putState(tx *bbolt.Tx, b *history.Batch) error {
	if b.State == nil {
		return nil
	}
	bucket := tx.Bucket(stateBucket)
	if k, _ := bucket.Cursor().First(); k != nil {
		if err := bucket.Delete(bytes.Clone(k)); err != nil {
			return err
		}
	}
	return bucket.Put(eventKey(b.Time, ""), layers.State(b.State))
}

// putIncident writes an incident in the place of what was stored of it before.
func putIncident(tx *bbolt.Tx, in *history.Incident) error {
	key, keys, all := eventKey(in.Start, in.ID), tx.Bucket(incidentKeys), tx.Bucket(incidents)
	if before := keys.Get([]byte(in.ID)); before != nil && !bytes.Equal(before, key) {
		if err := all.Delete(bytes.Clone(before)); err != nil {
			return err
		}
	}
	if err := keys.Put([]byte(in.ID), key); err != nil {
		return err
	}
	return putJSON(all, key, in)
}

// forgetIncidents deletes the keys of incidents that are not stored any more.
func forgetIncidents(tx *bbolt.Tx) error {
	all, ids := tx.Bucket(incidents), tx.Bucket(incidentKeys)
	var gone [][]byte
	c := ids.Cursor()
	for id, key := c.First(); id != nil && len(gone) < atOnce; id, key = c.Next() {
		if all.Get(key) == nil {
			gone = append(gone, id)
		}
	}
	return remove(ids, gone)
}

func (s *Store) putRequest(tx *bbolt.Tx, r *slowlog.Entry) error {
	b, end := tx.Bucket(requests), r.End()
	from, n := eventKey(end.Truncate(time.Hour), ""), 0
	c := b.Cursor()
	for k, _ := c.Seek(from); k != nil && eventTime(k).Before(end.Truncate(time.Hour).Add(time.Hour)); k, _ = c.Next() {
		n++
	}
	if n >= layers.HourlyRequests {
		s.dropped.Add(1)
		return nil
	}
	data, err := layers.Event(r)
	if err != nil {
		s.dropped.Add(1)
		return nil //nolint:nilerr // one request is not worth the batch
	}
	return b.Put(eventKey(end, string(r.SpanID[:])), data)
}

func putJSON(b *bbolt.Bucket, key []byte, v any) error {
	data, err := layers.Event(v)
	if err != nil {
		return err
	}
	return b.Put(key, data)
}

// chunk is how many entries a transaction reads.
const chunk = 100

// events yields one part of what happened, in batches of a minute.
func (s *Store) events(ctx context.Context, q *history.Query, yield func(*history.Batch, error) bool) {
	from, to := eventKey(q.From, ""), eventKey(q.To, "")
	name := map[history.Part][]byte{
		history.Incidents: incidents, history.Requests: requests, history.Marks: marksBucket, history.States: stateBucket,
	}[q.What]
	at := int64(0)
	c := layers.Collector{Query: q, Yield: func(b *history.Batch, err error) bool {
		return yield(b, s.found(q.What, at, layers.MinuteSeconds, err))
	}}
	for from != nil {
		type entry struct{ key, value []byte }
		var entries []entry
		err := s.view(ctx, func(tx *bbolt.Tx) error {
			c := tx.Bucket(name).Cursor()
			k, v := c.Seek(from)
			for ; k != nil && bytes.Compare(k, to) < 0 && len(entries) < chunk; k, v = c.Next() {
				entries = append(entries, entry{bytes.Clone(k), bytes.Clone(v)})
			}
			if from = nil; k != nil && bytes.Compare(k, to) < 0 {
				from = bytes.Clone(k)
			}
			return nil
		})
		if err != nil {
			yield(nil, err)
			return
		}
		for _, e := range entries {
			if at = eventTime(e.key).Truncate(time.Minute).Unix(); !c.Add(eventTime(e.key), e.value) {
				return
			}
		}
	}
	c.Flush()
}
