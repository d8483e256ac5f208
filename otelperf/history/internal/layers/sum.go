// SPDX-License-Identifier: Apache-2.0

package layers

import (
	"errors"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/internal/compact"
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

var Alone = os.Getenv("ALONE") != ""

// Together has two goroutines call add for each of n parts of a sum, in any order. After an error that is not about damage there may be parts
// for which it was not called; of those about damage the first ten are returned.
func Together(n int, add func(i int, to *Sum) error) (*Sum, error) {
	if Alone {
		sum := NewSum()
		for i := range n {
			if err := add(i, sum); err != nil {
				return sum, err
			}
		}
		return sum, nil
	}
	var all sync.WaitGroup
	var next atomic.Int64
	var failed atomic.Bool
	var sums [2]*Sum
	var errs [2][]error
	for w := range sums {
		sums[w] = NewSum()
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && !failed.Load(); i = int(next.Add(1)) - 1 {
				err := add(i, sums[w])
				if err != nil && (len(errs[w]) < 5 || !errors.Is(err, history.ErrDamaged)) {
					errs[w] = append(errs[w], err)
				}
				failed.CompareAndSwap(false, err != nil && !errors.Is(err, history.ErrDamaged))
			}
		})
	}
	all.Wait()
	sums[0].Merge(sums[1])
	return sums[0], errors.Join(append(errs[0], errs[1]...)...)
}

// Merge adds another sum, whose rows become those of s where it has none.
func (s *Sum) Merge(o *Sum) {
	for name, r := range o.rows {
		if to := s.rows[name]; to != nil {
			to.Add(r)
		} else {
			s.rows[name] = r
		}
	}
}

// Rows are those that have anything, in the order in which names share their beginnings.
func (s *Sum) Rows() []history.Row {
	rows := make([]history.Row, 0, len(s.rows))
	for _, r := range s.rows {
		if r.Durations != nil || r.Outcomes.Total() > 0 {
			rows = append(rows, *r)
		}
	}
	slices.SortFunc(rows, func(a, b history.Row) int { return compareEndpoints(a.Endpoint, b.Endpoint) })
	return rows
}
