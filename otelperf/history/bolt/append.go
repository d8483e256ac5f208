// SPDX-License-Identifier: Apache-2.0

package bolt

import (
	"context"
	"encoding/binary"
	"errors"

	"go.etcd.io/bbolt"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/internal/layers"
)

// Append stores a batch in one transaction, and what hours are over before it in the form that they stay in. A file that turns out to be
// damaged is set aside, and the batch is the first of a new one. Of the requests of an hour the first 200 are stored.
func (s *Store) Append(ctx context.Context, b *history.Batch) error {
	if err := b.Validate(); err != nil {
		return err
	}
	if s.copied {
		return errCopy
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.reopen(); err != nil {
		return err
	}
	err := s.append(b)
	if errors.Is(err, history.ErrDamaged) {
		if err = s.giveUp(err); err == nil {
			err = s.append(b)
		}
	}
	return err
}

func (s *Store) append(b *history.Batch) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.readyLocked(); err != nil {
		return err
	}
	if s.writer == nil {
		s.writer = layers.NewWriter()
	}
	err := s.use(func() error {
		return s.db.Update(func(tx *bbolt.Tx) error {
			if err := s.putMinute(tx, b); err != nil {
				return err
			}
			if err := s.putEvents(tx, b); err != nil {
				return err
			}
			return s.sealBefore(tx, b.Time.Unix()/layers.HourSeconds)
		})
	})
	if err != nil {
		s.writer = nil // may be amid a frame
	}
	return err
}

// putMinute writes rows, signals and when they were observed to the running hour.
func (s *Store) putMinute(tx *bbolt.Tx, b *history.Batch) error {
	if len(b.Rows)+len(b.Signals)+len(b.Observed) == 0 {
		return nil
	}
	frame := s.writer.Minute(b.Rows)
	value := binary.AppendUvarint(nil, uint64(len(frame)))
	value = append(value, frame...)
	value = append(value, layers.MinuteSignals(b, "")...)
	key, err := recentKey(tx, b)
	if err != nil {
		return err
	}
	return tx.Bucket(recentBucket).Put(key, value)
}

// recentKey is the minute, and the origin or a serial number.
func recentKey(tx *bbolt.Tx, b *history.Batch) ([]byte, error) {
	key := key32(b.Time.Unix() / layers.MinuteSeconds)
	if b.Origin != "" {
		return append(append(key, 1), b.Origin...), nil
	}
	serial, err := tx.Bucket(recentBucket).NextSequence()
	return binary.BigEndian.AppendUint64(append(key, 0), serial), err
}

// recentValue takes a value of the running hour apart.
func recentValue(v []byte) (frame, signals []byte, err error) {
	n, size := binary.Uvarint(v)
	if size <= 0 || n > uint64(len(v)-size) {
		return nil, nil, errDamaged
	}
	return v[size : size+int(n)], v[size+int(n):], nil
}
