// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/internal/layers"
	"github.com/otelperf/otelperf-go/slowlog"
)

// event is an incident, a request or a mark as it is stored.
type event struct {
	kind  history.Part
	began int64 // unix nanoseconds
	id    []byte
	data  []byte
}

func compareEvents(a, b event) int {
	return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.began, b.began), bytes.Compare(a.id, b.id))
}

// eventsOf writes what happened in a batch: ordered, since instances that store the same must do so in the same order, and each once.
func (s *Store) eventsOf(b *history.Batch) (all []event, err error) {
	add := func(kind history.Part, at time.Time, id string, v any) {
		data, bad := layers.Event(v)
		if bad != nil {
			if kind == history.Requests {
				s.dropped.Add(1) // one request is not worth the batch
			} else {
				err = bad
			}
			return
		}
		all = append(all, event{kind, max(at.UnixNano(), 0), []byte(id), data})
	}
	incidents := map[string]bool{}
	for _, in := range slices.Backward(b.Incidents) {
		if !incidents[in.ID] { // of two the later one
			incidents[in.ID] = true
			in.Instance = s.instance
			add(history.Incidents, in.Start, in.ID, in)
		}
	}
	for _, r := range b.Requests {
		add(history.Requests, r.End(), string(r.SpanID[:]), s.named(r))
	}
	for _, m := range b.Marks {
		add(history.Marks, m.Time, m.ID, m)
	}
	if b.State != nil {
		all = append(all, event{history.States, b.Time.UnixNano(), []byte(s.instance), layers.State(b.State)})
	}
	slices.SortStableFunc(all, compareEvents)
	return slices.CompactFunc(all, func(a, b event) bool { return compareEvents(a, b) == 0 }), err
}

// maxDimensions is how many an entry has at most.
const maxDimensions = 16

// named is a request that says of which instance it is.
func (s *Store) named(r *slowlog.Entry) *slowlog.Entry {
	const key = "service.instance.id"
	if s.instance == "" || len(r.Dimensions) >= maxDimensions || r.Dimensions[key] != "" {
		return r
	}
	named := *r
	named.Dimensions = maps.Clone(r.Dimensions)
	if named.Dimensions == nil {
		named.Dimensions = map[string]string{}
	}
	named.Dimensions[key] = s.instance
	return &named
}

// putEvents stores what happened, in the place of what is there by the same id.
func (s *Store) putEvents(t *session, all []event) error {
	all, err := s.fewRequests(t, all)
	if err != nil {
		return err
	}
	for _, kind := range []history.Part{history.Incidents, history.States} {
		if err := s.forget(t, kind, all); err != nil {
			return err
		}
	}
	return inserts(all, 100, func(these []event) error {
		args := make([]any, 0, 6*len(these))
		for _, e := range these {
			args = append(args, s.service, e.kind, e.began, e.id, s.instance, e.data)
		}
		_, err := t.exec("INSERT INTO otelperf_events (service, kind, began, id, instance, data) VALUES "+places(len(these), 6)+
			" ON CONFLICT (service, kind, began, id) DO UPDATE SET instance = excluded.instance, data = excluded.data", args...)
		return err
	})
}

// forget deletes what is stored by the same id, which may be at another time.
func (s *Store) forget(t *session, kind history.Part, all []event) error {
	var moved [][]byte
	for _, e := range all {
		if e.kind == kind {
			moved = append(moved, e.id)
		}
	}
	slices.SortFunc(moved, bytes.Compare)
	return inserts(moved, atOnce, func(ids [][]byte) error {
		args := []any{s.service, kind}
		for _, id := range ids {
			args = append(args, id)
		}
		in := strings.TrimPrefix(places(1, len(args)), "($1, $2, ")
		_, err := t.exec("DELETE FROM otelperf_events WHERE service = $1 AND kind = $2 AND id IN ("+in, args...)
		return err
	})
}

// fewRequests leaves out requests beyond those that are stored of an hour and instance.
func (s *Store) fewRequests(t *session, all []event) (few []event, err error) {
	room := map[int64]int64{}
	for _, e := range all {
		if e.kind != history.Requests {
			few = append(few, e)
			continue
		}
		hour := e.began - e.began%int64(time.Hour)
		left, ok := room[hour]
		if !ok {
			n, err := t.number("SELECT count(*) FROM otelperf_events WHERE service = $1 AND kind = $2 AND began >= $3 AND began < $4 AND instance = $5",
				s.service, history.Requests, hour, hour+int64(time.Hour), s.instance)
			if err != nil {
				return nil, err
			}
			left = layers.HourlyRequests - n
		}
		room[hour] = left - 1
		if left > 0 {
			few = append(few, e)
		} else {
			s.dropped.Add(1)
		}
	}
	return few, nil
}

// chunk is how many events a query reads.
const chunk = 100

// lastState yields what this instance has left. Where that is nothing it is the longest of what others of the service have within the hour
// before the last of them: who knows more has written more, and who has just begun, next to nothing.
func (s *Store) lastState(ctx context.Context, q *history.Query, yield func(*history.Batch, error) bool) {
	c := layers.Collector{Query: q, Yield: yield}
	var found []event
	err := s.read(ctx, func(t *session) error {
		found = nil
		return t.query(`SELECT began, id, data FROM otelperf_events WHERE service = $1 AND kind = $2 AND began >= $3 AND began < $4 AND (id = $5 OR began >= $6 +
				(SELECT max(began) FROM otelperf_events WHERE service = $1 AND kind = $2 AND began >= $3 AND began < $4))
			ORDER BY CASE WHEN id = $5 THEN 0 ELSE 1 END, length(data) DESC, began DESC LIMIT 1`,
			func(r *sql.Rows) error {
				var e event
				err := r.Scan(&e.began, &e.id, &e.data)
				found = append(found, e)
				return err
			}, s.service, q.What, q.From.UnixNano(), q.To.UnixNano(), []byte(s.instance), -int64(time.Hour))
	})
	if err != nil {
		yield(nil, err)
		return
	}
	for _, e := range found {
		c.Foreign = !bytes.Equal(e.id, []byte(s.instance))
		if !c.Add(time.Unix(0, e.began), e.data) {
			return
		}
	}
	c.Flush()
}

// events yields one part of what happened, in batches of a minute.
func (s *Store) events(ctx context.Context, q *history.Query, yield func(*history.Batch, error) bool) {
	c := layers.Collector{Query: q, Yield: yield}
	from, last := max(q.From.UnixNano(), 0), []byte(nil) // from it, and after its id
	for more := true; more; {
		var found []event
		err := s.read(ctx, func(t *session) error {
			found = nil
			return t.query(`SELECT began, id, data FROM otelperf_events
				WHERE service = $1 AND kind = $2 AND began >= $3 AND began < $4 AND (began > $3 OR $5 = 0 OR id > $6)
				ORDER BY began, id LIMIT $7`,
				func(r *sql.Rows) error {
					var e event
					err := r.Scan(&e.began, &e.id, &e.data)
					found = append(found, e)
					return err
				}, s.service, q.What, from, q.To.UnixNano(), len(last), last, chunk)
		})
		if err != nil {
			yield(nil, err)
			return
		}
		for _, e := range found {
			if !c.Add(time.Unix(0, e.began), e.data) {
				return
			}
			from, last = e.began, e.id
		}
		more = len(found) == chunk
	}
	c.Flush()
}
