// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/history"
)

var _ history.Shared = (*Store)(nil)

// Instance is the name of this instance: see WithInstance.
func (s *Store) Instance() string { return s.instance }

// Instances are those that have stored something from a time up to another, by name, as far as their batches are known: as long as minutes
// are stored. A process and the one after it, which may have a minute in common, are one instance; those with more in common are several.
func (s *Store) Instances(ctx context.Context, from, to time.Time) (all []history.Instance, err error) {
	if there, err := s.there(ctx); err != nil || !there {
		return nil, err
	}
	err = s.read(ctx, func(t *session) error {
		all = nil
		return t.query(`SELECT instance, count(*), count(DISTINCT began), count(DISTINCT origin), max(began) FROM otelperf_batches
			WHERE service = $1 AND began >= $2 AND began < $3 GROUP BY instance`,
			func(r *sql.Rows) error {
				var in history.Instance
				var batches, minutes, processes, last int64
				err := r.Scan(&in.Name, &batches, &minutes, &processes, &last)
				in.Last, in.Several = time.Unix(last, 0).UTC(), batches-minutes >= processes
				all = append(all, in)
				return err
			}, s.service, from.Unix(), to.Unix())
	})
	slices.SortFunc(all, func(a, b history.Instance) int { return cmp.Compare(a.Name, b.Name) })
	return all, err
}
