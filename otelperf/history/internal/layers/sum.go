// SPDX-License-Identifier: Apache-2.0

package layers

import (
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/internal/compact"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// Sum is rows that others are added to.
type Sum map[conventions.Endpoint]*history.Row

// Add adds the rows of an hour, or of a minute, as they are stored. What is damaged is left out, and the error says so.
func (s Sum) Add(data []byte) error {
	w, err := compact.ParseWhole(data)
	if err != nil {
		return frameError(err)
	}
	var errs []error
	for i, name := range w.Names {
		row, err := w.Row(i)
		if err = addStored(s.row(name), &row, err); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// AddHour adds what a query, whose step is an hour, asks for of one, of which a store may have several parts of the endpoints: what Rows would
// come to, without rows in between.
func (s Sum) AddHour(q *history.Query, at int64, parts ...Stored) error {
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

// addSteps adds the steps of an hour that are asked for.
func (s Sum) addSteps(r *reading, parts []Stored) error {
	hours, known, damage := r.open(parts)
	nodes, err := r.load(hours)
	for _, step := range r.plan(known) {
		for i := range nodes {
			t := nodes[i].at(step)
			if t.Empty() {
				continue
			}
			to := s.row(nodes[i].name)
			to.Outcomes.Add(&t.Outcomes)
			if to.Guessed = to.Guessed || t.Guessed; t.Count == 0 {
				continue
			}
			if to.Durations == nil {
				to.Durations = new(latency.Histogram)
			}
			t.AddTo(to.Durations)
		}
	}
	return errors.Join(damage, err)
}

// row is the one that is added to.
func (s Sum) row(name conventions.Endpoint) *history.Row {
	to := s[name]
	if to == nil {
		to = &history.Row{Endpoint: name}
		s[name] = to
	}
	return to
}

// Together has two goroutines call add for each of n parts of a sum, in any order. After an error that is not about damage there may be parts
// for which it was not called; of those about damage the first ten are returned.
func Together(n int, add func(i int, to Sum) error) (Sum, error) {
	var all sync.WaitGroup
	var next atomic.Int64
	var failed atomic.Bool
	var sums [2]Sum
	var errs [2][]error
	for w := range sums {
		sums[w] = Sum{}
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
func (s Sum) Merge(o Sum) {
	for _, r := range o {
		s.merge(r)
	}
}

func (s Sum) merge(r *history.Row) {
	if to := s[r.Endpoint]; to != nil {
		to.Add(r)
	} else {
		s[r.Endpoint] = r
	}
}

// Rows are in the order in which names share their beginnings.
func (s Sum) Rows() []history.Row {
	rows := make([]history.Row, 0, len(s))
	for _, name := range slices.SortedFunc(maps.Keys(s), compareEndpoints) {
		rows = append(rows, *s[name])
	}
	return rows
}
