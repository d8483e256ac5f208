// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/internal/layers"
)

// Range reads what was stored, some hours or 100 events in a query, and yields between queries, so that no connection is held. In memory
// is what these hours take as they are stored, and decoded one hour at a time.
func (s *Store) Range(ctx context.Context, q history.Query) iter.Seq2[*history.Batch, error] {
	return func(yield func(*history.Batch, error) bool) {
		there, err := false, q.Validate()
		if err == nil {
			there, err = s.there(ctx)
		}
		switch {
		case err != nil:
			yield(nil, err)
		case !there:
		case q.What == history.Rows || q.What == history.Signals:
			q.Step = max(q.Step, history.Minute)
			s.steps(ctx, &q, yield)
		case q.What == history.States:
			s.lastState(ctx, &q, yield)
		default:
			s.events(ctx, &q, yield)
		}
	}
}

// there reports whether there are tables that can be read.
func (s *Store) there(ctx context.Context) (bool, error) {
	if err := s.ready(ctx); err != nil {
		return false, err
	}
	version := 0
	err := s.read(ctx, func(t *session) (err error) {
		version, err = s.version(t)
		return err
	})
	return version > 0, err
}

// steps yields rows or signals. Hours without anything are passed over.
func (s *Store) steps(ctx context.Context, q *history.Query, yield func(*history.Batch, error) bool) {
	end := (q.To.Unix() + layers.HourSeconds - 1) / layers.HourSeconds
	for at := q.From.Unix() / layers.HourSeconds; at < end; {
		to := s.together(q, at, end)
		hours, err := s.load(ctx, q, at, to)
		if err == nil && len(hours) == 0 {
			to, err = s.next(ctx, to)
		}
		if err != nil {
			yield(nil, err)
			return
		}
		for _, at := range slices.Sorted(maps.Keys(hours)) {
			if !s.hour(q, at, hours[at], yield) {
				return
			}
		}
		at = to
	}
}

// hour yields what there is of one.
func (s *Store) hour(q *history.Query, at int64, parts map[int]*layers.Stored, yield func(*history.Batch, error) bool) bool {
	var batches layers.Batches
	var err error
	if q.What == history.Signals {
		batches, err = layers.SignalRows(q, at, parts[signalsPart])
	} else {
		batches, err = layers.Rows(q, at, sorted(parts)...)
	}
	if err != nil && (!yield(nil, err) || !errors.Is(err, history.ErrDamaged)) {
		return false
	}
	for _, b := range batches {
		if !yield(b(), nil) {
			return false
		}
	}
	return true
}

// Hours that a query reads of all endpoints, by how finely they have to be known.
var hoursAtOnce = [layers.NumDepths]int64{layers.ByHour: 24, layers.ByTenMinutes: 6, layers.ByMinute: 2}

// together is the end of the hours from one on that a query reads.
func (s *Store) together(q *history.Query, at, end int64) int64 {
	depth := layers.Needs(q, at)
	most := hoursAtOnce[depth]
	if q.Endpoint != nil || q.What == history.Signals {
		most *= rowParts
	}
	to := at + 1
	for to < end && to < at+most && layers.Needs(q, to) == depth {
		to++
	}
	return to
}

// load reads hours, by number and part. It is one statement, so that no hour is read before it is merged and again after it.
func (s *Store) load(ctx context.Context, q *history.Query, at, to int64) (hours map[int64]map[int]*layers.Stored, err error) {
	first, last := 0, rowParts-1
	switch {
	case q.What == history.Signals:
		first, last = signalsPart, signalsPart
	case q.Endpoint != nil:
		first = partOf(*q.Endpoint)
		last = first
	}
	statement := strings.Join(selects[:layers.Needs(q, at)+1], " UNION ALL ") + " UNION ALL " + selectRecent
	err = s.read(ctx, func(t *session) error {
		hours = map[int64]map[int]*layers.Stored{}
		return t.query(statement, func(r *sql.Rows) error {
			var depth, part int
			var began int64
			var data []byte
			if err := r.Scan(&depth, &began, &part, &data); err != nil {
				return err
			}
			hour := began / layers.HourSeconds
			if hours[hour] == nil {
				hours[hour] = map[int]*layers.Stored{}
			}
			stored := hours[hour][part]
			if stored == nil {
				stored = new(layers.Stored)
				hours[hour][part] = stored
			}
			add(stored, depth, began, part, data)
			return nil
		}, s.service, at*layers.HourSeconds, to*layers.HourSeconds, first, last)
	})
	return hours, err
}

// add puts a value where it belongs.
func add(to *layers.Stored, depth int, began int64, part int, data []byte) {
	switch m := began / layers.MinuteSeconds; {
	case depth == isRecent && part == signalsPart:
		to.Recent = append(to.Recent, layers.Recent{Minute: m, Signals: data})
	case depth == isRecent:
		to.Recent = append(to.Recent, layers.Recent{Minute: m, Rows: data})
	case part == signalsPart:
		to.Signals[depth] = data
	default:
		to.Rows[depth] = data
	}
}

const isRecent = int(layers.NumDepths)

// Layers by depth, and recent minutes, of a time and of some parts.
const (
	within       = " WHERE service = $1 AND began >= $2 AND began < $3 AND part >= $4 AND part <= $5"
	selectRecent = "SELECT 3, began, part, data FROM otelperf_recent" + within
)

var selects = [layers.NumDepths]string{
	layers.ByHour:       "SELECT 0, began, part, data FROM otelperf_hours" + within,
	layers.ByTenMinutes: "SELECT 1, began, part, data FROM otelperf_ten_minutes" + within,
	layers.ByMinute:     "SELECT 2, began, part, data FROM otelperf_minutes" + within,
}

// next is the first hour from one on of which there is anything, or one that is far away.
func (s *Store) next(ctx context.Context, at int64) (hour int64, err error) {
	err = s.read(ctx, func(t *session) error {
		began, err := t.number(`SELECT coalesce(min(began), 1099511627776) FROM (
			SELECT min(began) AS began FROM otelperf_hours WHERE service = $1 AND began >= $2 UNION ALL
			SELECT min(began) AS began FROM otelperf_recent WHERE service = $1 AND began >= $2) AS found`, s.service, at*layers.HourSeconds)
		hour = began / layers.HourSeconds
		return err
	})
	return hour, err
}
