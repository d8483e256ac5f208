// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/internal/layers"
)

const (
	// grace is how long after its end an hour is merged: what instances send a little later is in it.
	grace = 5 * 60
	// maxMerged is how many parts of hours one Append merges; of those left after an interruption more are with the next.
	maxMerged = 3 * (rowParts + 1)
	// stateAge is for how long after the last batch of any instance the state that another has left is stored.
	stateAge = 24 * time.Hour
)

// errBusy says that another instance does the upkeep.
var errBusy = errors.New("another instance merges")

// keepUp merges the hours that are over and deletes what has been stored for long enough, once an hour. One instance does so at a time;
// each looks whether anything is left to do.
func (s *Store) keepUp(ctx context.Context, at int64) {
	hour := (at - grace) / layers.HourSeconds
	if s.tidied >= hour {
		return
	}
	done, err := s.merge(ctx, at-grace)
	if err == nil && done {
		err = s.retain(ctx, at)
	}
	switch {
	case errors.Is(err, errBusy) || err == nil && !done: // with the next batch
	case err == nil:
		s.tidied = hour
		s.upkeep.Store(nil)
	default:
		s.upkeep.Store(new("merging and deleting what the history has of earlier: " + err.Error()))
	}
}

// alone calls f in a transaction while no other instance does upkeep for the service. It is given the time, by the later of two clocks of
// which one is wrong the other.
func (s *Store) alone(ctx context.Context, f func(*session) error) error {
	return s.write(ctx, func(t *session) error {
		if t.dialect == PostgreSQL { // SQLite's transactions that write are alone anyway
			free := false
			err := t.query("SELECT pg_try_advisory_xact_lock($1)", func(r *sql.Rows) error { return r.Scan(&free) }, lockKey("of "+s.service))
			if err != nil {
				return err
			}
			if !free {
				return errBusy
			}
		}
		return f(t)
	})
}

// merge makes layers of the hours before a time. done is false if more are left.
func (s *Store) merge(ctx context.Context, before int64) (done bool, err error) {
	type place struct {
		hour int64
		part int
	}
	var left []place
	err = s.read(ctx, func(t *session) error {
		left = nil
		return t.query(`SELECT DISTINCT began / 3600, part FROM otelperf_recent WHERE service = $1 AND began < $2 AND aside = 0 ORDER BY 1, 2 LIMIT $3`,
			func(r *sql.Rows) error {
				var p place
				err := r.Scan(&p.hour, &p.part)
				left = append(left, p)
				return err
			}, s.service, before-before%layers.HourSeconds, maxMerged)
	})
	for _, p := range left {
		if err == nil {
			err = s.alone(ctx, func(t *session) error { return s.mergePart(t, p.hour, p.part) })
		}
	}
	return len(left) < maxMerged, err
}

// mergePart makes layers of a part of an hour. What cannot be read stays where it is, set aside.
func (s *Store) mergePart(t *session, hour int64, part int) error {
	from, to := hour*layers.HourSeconds, (hour+1)*layers.HourSeconds
	// A batch that is appended again from now on is not added a second time. One that arrives after this statement is not of this merge.
	_, err := t.exec("UPDATE otelperf_batches SET sealed = 1 WHERE service = $1 AND began >= $2 AND began < $3 AND sealed = 0", s.service, from, to)
	if err != nil {
		return err
	}
	var stored layers.Stored
	for d := range layers.NumDepths {
		err := t.query("SELECT data FROM "+tables[d]+" WHERE service = $1 AND began = $2 AND part = $3", func(r *sql.Rows) error {
			var data []byte
			err := r.Scan(&data)
			add(&stored, int(d), from, part, data)
			return err
		}, s.service, from, part)
		if err != nil {
			return err
		}
	}
	sound := stored.Sound()
	var aside []minute
	err = t.query(`DELETE FROM otelperf_recent WHERE service = $1 AND began >= $2 AND began < $3 AND part = $4 AND aside = 0 AND EXISTS (
			SELECT 1 FROM otelperf_batches AS b WHERE b.service = otelperf_recent.service AND b.began = otelperf_recent.began
			AND b.origin = otelperf_recent.origin AND b.sealed = 1) RETURNING began, origin, data`,
		func(r *sql.Rows) error {
			m := minute{part: part}
			if err := r.Scan(&m.began, &m.origin, &m.data); err != nil {
				return err
			}
			n := len(stored.Recent)
			if add(&stored, isRecent, m.began, part, m.data); !sound || !stored.Recent[n].Readable() {
				aside, stored.Recent = append(aside, m), stored.Recent[:n]
			}
			return nil
		}, s.service, from, to, part)
	if err != nil {
		return err
	}
	if err := s.setAside(t, aside); err != nil || !sound || len(stored.Recent) == 0 {
		return err
	}
	return s.putLayers(t, hour, part, &stored)
}

// setAside puts back what could not be read.
func (s *Store) setAside(t *session, all []minute) error {
	if len(all) == 0 {
		return nil
	}
	s.aside.Add(uint64(len(all)))
	s.lastAt.Store(time.Now().Unix())
	return s.putRecent(t, all, 1)
}

// tables are where layers are, by depth.
var tables = [layers.NumDepths]string{layers.ByHour: "otelperf_hours", layers.ByTenMinutes: "otelperf_ten_minutes", layers.ByMinute: "otelperf_minutes"}

func (s *Store) putLayers(t *session, hour int64, part int, stored *layers.Stored) error {
	var made [layers.NumDepths][]byte
	var err error
	if part == signalsPart {
		made, err = layers.Signals(hour, stored)
	} else {
		made, err = s.writer.Rows(hour, stored)
	}
	if err != nil && !errors.Is(err, history.ErrDamaged) {
		return err
	}
	for d, data := range made {
		if len(data) == 0 {
			continue
		}
		_, err := t.exec("INSERT INTO "+tables[d]+` (service, began, part, data) VALUES ($1, $2, $3, $4)
			ON CONFLICT (service, began, part) DO UPDATE SET data = excluded.data`, s.service, hour*layers.HourSeconds, part, data)
		if err != nil {
			return err
		}
	}
	return nil
}

// retain deletes what has been stored for long enough, 500 rows in a transaction. A clock that is ahead deletes nothing too early: the time
// is that of the batch or the database's, whichever is earlier.
func (s *Store) retain(ctx context.Context, at int64) error {
	err := s.read(ctx, func(t *session) error {
		now, err := t.number(t.dialect.clock())
		at = min(at, now)
		return err
	})
	if err != nil {
		return err
	}
	hours := func(d time.Duration) int64 {
		before := at - int64(d/time.Second)
		return before - before%layers.HourSeconds
	}
	nanos := func(d time.Duration) int64 { return (at - int64(d/time.Second)) * int64(time.Second) }
	for _, old := range []struct {
		table, key, which string
		before            int64
	}{
		{"otelperf_minutes", "service, began, part", "", hours(s.retention.Minutes)},
		{"otelperf_ten_minutes", "service, began, part", "", hours(s.retention.TenMinutes)},
		{"otelperf_hours", "service, began, part", "", hours(s.retention.Hours)},
		{"otelperf_recent", "service, began, part, origin", "", hours(s.retention.Minutes)},
		{"otelperf_batches", "service, began, origin", "", hours(s.retention.Minutes)},
		{"otelperf_events", "service, kind, began, id", "", nanos(s.retention.Events)},
		{"otelperf_events", "service, kind, began, id", " AND kind = 5", nanos(stateAge)},
	} {
		for gone := int64(atOnce); gone == atOnce; {
			err := s.alone(ctx, func(t *session) (err error) {
				gone, err = t.exec(strings.NewReplacer("TABLE", old.table, "KEY", old.key, "WHICH", old.which).Replace(
					"DELETE FROM TABLE WHERE (KEY) IN (SELECT KEY FROM TABLE WHERE service = $1 AND began < $2WHICH LIMIT $3)"), s.service, old.before, atOnce)
				return err
			})
			if err != nil {
				return fmt.Errorf("deleting from %s: %w", old.table, err)
			}
		}
	}
	return nil
}
