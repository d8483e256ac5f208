// SPDX-License-Identifier: Apache-2.0

package past

import (
	"context"
	"fmt"
	"slices"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/slowlog"
)

// maxOfTrace bounds the requests of one trace.
const maxOfTrace = 100

// Trace reads the slow and failed requests of one trace that began from a time up to another, newest first, at most 100. If both are zero, it
// looks back from now, 366 days at most, until it finds some: a trace is of one time. Note says what else there may be. As every read it takes
// five seconds at most: what takes longer is ErrSlow, and found if its time is given.
func (r *Reader) Trace(id trace.TraceID, from, to time.Time) (Requests, error) {
	key := fmt.Sprint("trace ", id, " ", from.Unix(), to.Unix(), r.memory.Unwritten().Unix())
	return cachedOf(&r.cache, key, func() (out Requests, bytes int, err error) {
		times := []Span{{From: from, To: to}}
		if from.IsZero() && to.IsZero() {
			times = backwards(time.Now())
		}
		err = r.read(history.Requests, times[len(times)-1].From, times[0].To, func(ctx context.Context) error {
			for _, s := range times {
				if err := r.traceIn(ctx, id, s, &out); err != nil || len(out.List) > 0 {
					return err
				}
			}
			return nil
		})
		slices.SortStableFunc(out.List, func(a, b *slowlog.Entry) int { return b.Start.Compare(a.Start) })
		return out, 200 + 4<<10*len(out.List), err
	})
}

func (r *Reader) traceIn(ctx context.Context, id trace.TraceID, s Span, out *Requests) error {
	q := events(history.Requests, s.From.Truncate(time.Minute), s.To.Add(time.Hour)) // they are in the minute in which they ended
	return r.each(ctx, &q, &out.Note, func(b *history.Batch) {
		for _, e := range b.Requests {
			if e.TraceID == id && !e.Start.Before(s.From) && e.Start.Before(s.To) {
				out.List = append(out.List, e)
			}
		}
		if over := len(out.List) - maxOfTrace; over > 0 {
			out.List, out.More = out.List[over:], out.More+over
		}
	})
}

// backwards are the times before now, of a day and then of twice as much each, so that what is looked for is mostly in the first.
func backwards(now time.Time) (times []Span) {
	to, last := now.Add(time.Minute), now.Add(-Longest) // a clock may be ahead
	for length := Day; to.After(last); length *= 2 {
		from := later(to.Add(-length), last)
		times = append(times, Span{From: from, To: to})
		to = from
	}
	return times
}
