// SPDX-License-Identifier: Apache-2.0

package history

import "context"

// summer is a store that adds rows up by itself, faster than by yielding them.
type summer interface {
	Sum(ctx context.Context, q Query) ([]Row, error)
}

// Sum is [Total] of what a store yields for the rows of a query. A store that has the method Sum, as that of history/bolt does, adds them up
// by itself. Step says in which steps it may do so: Hour for a range of hours.
func Sum(ctx context.Context, s Store, q Query) ([]Row, error) {
	if s, ok := s.(summer); ok {
		return s.Sum(ctx, q)
	}
	q.What = Rows
	return Total(s.Range(ctx, q))
}
