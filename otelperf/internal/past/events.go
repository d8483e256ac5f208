// SPDX-License-Identifier: Apache-2.0

package past

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/slowlog/order"
)

const (
	// longestIncident is how long before a time incidents that were open in it may have begun.
	longestIncident = 2 * Day
	// maxEventBytes bounds the incidents, or requests, that are read at once.
	maxEventBytes = 16 << 20
	// maxEvents bounds their number.
	maxEvents = 1000
)

// events asks for a part of a time, as far as there is one in a store: from 1970 up to an hour from now.
func events(what history.Part, from, to time.Time) history.Query {
	if first := time.Unix(0, 0); from.Before(first) {
		from = first
	}
	if last := time.Now().Add(time.Hour); to.After(last) {
		to = last
	}
	if !from.Before(to) {
		from = to.Add(-time.Second)
	}
	return history.Query{What: what, From: from, To: to}
}

// writtenBy changes when there may be more of a time in the store.
func (r *Reader) writtenBy(to time.Time) string {
	return fmt.Sprint(r.memory.Unwritten().Unix(), " ", r.late(to, time.Now()))
}

// Incidents are those that were open in a time, newest first, at most 1000 and 16 MiB. More is how many older ones there are.
type Incidents struct {
	List []history.Incident
	More int
	Note string // what is missing; "" mostly
}

// Incidents reads the incidents that were open in a time.
func (r *Reader) Incidents(from, to time.Time) (Incidents, error) {
	renewal := history.RenewalOf(r.store)
	return cachedOf(&r.cache, fmt.Sprint("incidents ", from.Unix(), to.Unix(), renewal.At.UnixNano(), r.writtenBy(to)), func() (in Incidents, bytes int, err error) {
		q := events(history.Incidents, from.Add(-longestIncident), to)
		err = r.read(q.What, from, to, func(ctx context.Context) error {
			return r.each(ctx, &q, &in.Note, func(b *history.Batch) {
				for _, x := range b.Incidents {
					if x.Start.Before(to) && (x.End.IsZero() || x.End.After(from)) {
						in.List = append(in.List, x)
						bytes += len(x.Detail) + 200
					}
				}
				for len(in.List) > maxEvents || bytes > maxEventBytes {
					bytes -= len(in.List[0].Detail) + 200
					in.List, in.More = in.List[1:], in.More+1
				}
			})
		})
		in.Note = both(lost(&renewal, from), in.Note)
		order.By(in.List, func(a, b *history.Incident) int { return b.Start.Compare(a.Start) })
		return in, bytes, err
	})
}

// Marks are those of a time, newest first, at most 1000.
type Marks struct {
	List []history.Mark
	More int    // older ones
	Note string // what is missing; "" mostly
}

// Marks reads those of a time.
func (r *Reader) Marks(from, to time.Time) (Marks, error) {
	renewal := history.RenewalOf(r.store)
	return cachedOf(&r.cache, fmt.Sprint("marks ", from.Unix(), to.Unix(), renewal.At.UnixNano(), r.writtenBy(to)), func() (out Marks, bytes int, err error) {
		q := events(history.Marks, from.Truncate(time.Minute), to.Add(time.Hour)) // a store may have them in the minute in which they were written
		err = r.read(q.What, from, to, func(ctx context.Context) error {
			return r.each(ctx, &q, &out.Note, func(b *history.Batch) {
				for _, m := range b.Marks {
					if !m.Time.Before(from) && m.Time.Before(to) {
						out.List = append(out.List, m)
					}
				}
				if over := len(out.List) - maxEvents; over > 0 {
					out.List, out.More = out.List[over:], out.More+over
				}
			})
		})
		out.Note = both(lost(&renewal, from), out.Note)
		order.By(out.List, func(a, b *history.Mark) int { return b.Time.Compare(a.Time) })
		return out, 500 * len(out.List), err
	})
}

// Requests are slow and failed ones of a time, newest first, at most 1000.
type Requests struct {
	List []*slowlog.Entry
	More int    // older ones
	Note string // what is missing; "" mostly
}

// Requests reads those that began in a time.
func (r *Reader) Requests(from, to time.Time) (Requests, error) {
	renewal := history.RenewalOf(r.store)
	return cachedOf(&r.cache, fmt.Sprint("requests ", from.Unix(), to.Unix(), renewal.At.UnixNano(), r.writtenBy(to)), func() (out Requests, bytes int, err error) {
		q := events(history.Requests, from.Truncate(time.Minute), to.Add(time.Hour)) // they are in the minute in which they ended
		err = r.read(q.What, from, to, func(ctx context.Context) error {
			return r.each(ctx, &q, &out.Note, func(b *history.Batch) {
				for _, e := range b.Requests {
					if !e.Start.Before(from) && e.Start.Before(to) {
						out.List = append(out.List, e)
					}
				}
				if over := len(out.List) - maxEvents; over > 0 {
					out.List, out.More = out.List[over:], out.More+over
				}
			})
		})
		out.Note = both(lost(&renewal, from), out.Note)
		slices.SortStableFunc(out.List, func(a, b *slowlog.Entry) int { return b.Start.Compare(a.Start) })
		return out, 4 << 10 * len(out.List), err
	})
}
