// SPDX-License-Identifier: Apache-2.0

package past

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/history"
)

// lost says that a store was begun anew, for what is asked of the time before; "" else.
func lost(r *history.Renewal, from time.Time) string {
	if !from.Before(r.At) {
		return ""
	}
	return fmt.Sprintf("The history was begun anew at %s, as %s: what was stored before is lost, but for the last hour that the process had in memory.", r.At.UTC().Format(time.RFC3339), r.Why)
}

// sayLost adds that a store was begun anew, where something is missing of the time before.
func (c *Coverage) sayLost(p *part) {
	if c.Err == nil && slices.ContainsFunc(c.Gaps, func(g Span) bool { return g.From.Before(p.renewal.At) }) {
		c.Note = both(c.Note, lost(&p.renewal, p.asked.From))
	}
}

// recover makes memory's what a part has of a time that memory has, too, if some of that is damaged in the store, as note says of the whole. Of the minute
// in which the process began it is then what this one did, alone. ok is false if nothing has changed.
func (r *Reader) recover(p *part, note string) (ok bool) {
	first := r.memory.Began()
	if started := r.memory.Started(); first.Equal(started) {
		first = started.Truncate(time.Minute)
	}
	first = later(first.Add(time.Minute-1).Truncate(time.Minute), p.from)
	if note == "" || r.several != nil || !first.Before(p.until) {
		return false
	}
	damaged, err := cachedOf(&r.cache, fmt.Sprint("damaged ", first.Unix(), p.until.Unix(), p.renewal.At.UnixNano()), func() (bool, int, error) {
		found := ""
		err := r.read(history.Rows, first, p.until, func(ctx context.Context) (err error) {
			for _, what := range []history.Part{history.Rows, history.Signals} {
				q := history.Query{What: what, From: first, To: p.until, Step: history.Minute}
				if err == nil {
					err = r.each(ctx, &q, &found, func(*history.Batch) {})
				}
			}
			return err
		})
		return found != "", 1, err
	})
	if damaged = damaged && err == nil; damaged {
		p.at, p.until, p.written = first, first, first
	}
	return damaged
}
