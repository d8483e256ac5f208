// SPDX-License-Identifier: Apache-2.0

package layers

import (
	"errors"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/internal/compact"
	"github.com/otelperf/otelperf-go/slowlog/order"
)

// Sum is rows that others are added to. It is not safe for concurrent use.
type Sum struct {
	rows  map[string]*history.Row // by their names as they are written
	these []*history.Row          // those of the frame that is added
	codec codec
	whole [1]compact.Tally // of an edge
	tens  [hourTens]compact.Tally
	parts [tenMinutes]compact.Tally
}

// NewSum returns one without rows.
func NewSum() *Sum { return &Sum{rows: map[string]*history.Row{}} }

// Add adds the rows of an hour, or of a minute, as they are stored. What is damaged is left out, and the error says so.
func (s *Sum) Add(data []byte) error {
	s.these = s.these[:0]
	rows, err := compact.ParseRows(data, func(name []byte) { s.these = append(s.these, s.row(name)) })
	if err != nil {
		return frameError(err)
	}
	var errs []error
	for i, to := range s.these {
		row, err := rows.Row(i)
		if err = addStored(to, &row, err); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// AddHour adds what a query, whose step is an hour, asks for of one, of which a store may have several parts of the endpoints: what Rows would
// come to, without rows in between.
func (s *Sum) AddHour(q *history.Query, at int64, parts ...Stored) error {
	from, to := time.Unix(at*HourSeconds, 0), time.Unix((at+1)*HourSeconds, 0)
	whole := !q.From.After(from) && !q.To.Before(to)
	var errs []error
	var edges []Stored
	for i := range parts {
		p := &parts[i]
		if p.Rows[ByHour] != nil && !whole {
			edges = append(edges, *p)
			continue
		}
		if p.Rows[ByHour] != nil {
			errs = append(errs, s.Add(p.Rows[ByHour]))
		}
		for _, r := range p.Recent {
			if t := time.Unix(r.Minute*MinuteSeconds, 0); r.Rows != nil && r.Minute/HourMinutes == at && !t.Before(q.From) && t.Before(q.To) {
				errs = append(errs, s.Add(r.Rows))
			}
		}
	}
	if len(edges) > 0 {
		errs = append(errs, s.addSteps(&reading{q, at}, edges))
	}
	return ofHour(at, errors.Join(errs...))
}

// row is the one that is added to.
func (s *Sum) row(name []byte) *history.Row {
	to := s.rows[string(name)]
	if to == nil {
		to = &history.Row{Endpoint: compact.Endpoint(name)}
		s.rows[string(name)] = to
	}
	return to
}

// Damage is the errors of parts that are damaged, the first ten of them.
type Damage struct{ errs []error }

// Note keeps an error that is about damage, and returns any other one.
func (d *Damage) Note(err error) error {
	if err == nil || !errors.Is(err, history.ErrDamaged) {
		return err
	}
	if len(d.errs) < 10 {
		d.errs = append(d.errs, err)
	}
	return nil
}

// Err joins the errors; nil for none.
func (d *Damage) Err() error { return errors.Join(d.errs...) }

// Rows are those that have anything, in the order in which names share their beginnings.
func (s *Sum) Rows() []history.Row {
	rows := make([]history.Row, 0, len(s.rows))
	for _, r := range s.rows {
		if r.Durations != nil || r.Outcomes.Total() > 0 {
			rows = append(rows, *r)
		}
	}
	order.By(rows, func(a, b *history.Row) int { return compareEndpoints(a.Endpoint, b.Endpoint) })
	return rows
}
