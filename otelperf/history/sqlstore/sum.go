// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"context"
	"maps"
	"slices"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/internal/layers"
)

// Sum is history.Total of the rows of a query, which it adds up as they are stored: a day in a query, where hours are asked for.
func (s *Store) Sum(ctx context.Context, q history.Query) ([]history.Row, error) {
	q.What = history.Rows
	if err := q.Validate(); err != nil {
		return nil, err
	}
	if q.Step != history.Hour || q.Endpoint != nil {
		return history.Total(s.Range(ctx, q))
	}
	if there, err := s.there(ctx); err != nil || !there {
		return nil, err
	}
	sum, damage := layers.NewSum(), layers.Damage{}
	end := (q.To.Unix() + layers.HourSeconds - 1) / layers.HourSeconds
	for at := q.From.Unix() / layers.HourSeconds; at < end; {
		to := s.together(&q, at, end)
		hours, err := s.load(ctx, &q, at, to)
		if err == nil && len(hours) == 0 {
			to, err = s.next(ctx, to)
		}
		if err != nil {
			return nil, err
		}
		for _, hour := range slices.Sorted(maps.Keys(hours)) {
			if err := damage.Note(sum.AddHour(&q, hour, sorted(hours[hour])...)); err != nil {
				return nil, err
			}
		}
		at = to
	}
	return sum.Rows(), damage.Err()
}

// sorted are the parts of an hour in their order.
func sorted(parts map[int]*layers.Stored) (all []layers.Stored) {
	for _, p := range slices.Sorted(maps.Keys(parts)) {
		all = append(all, *parts[p])
	}
	return all
}
