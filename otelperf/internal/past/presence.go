// SPDX-License-Identifier: Apache-2.0

package past

import (
	"context"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/slowlog/order"
)

// maxLooked bounds the times without signals that are looked through for rows.
const maxLooked = 50

// unsignalled adds the steps of rows where signals leave gaps of whole minutes, in the 50 longest of them: what was appended without signals is there, too. Where
// there are no signals at all, rows tell by themselves.
func (r *Reader) unsignalled(ctx context.Context, q *history.Query, c *covered) error {
	if len(c.signals) == 0 {
		return nil
	}
	var gaps []Span
	at := q.From
	for _, s := range c.spans(Span{From: q.To, To: q.To.Add(1)}) {
		from, to := at.Add(history.Minute-1).Truncate(history.Minute), s.From.Truncate(history.Minute)
		if from.Before(to) {
			gaps = append(gaps, Span{From: from, To: to})
		}
		at = s.To
	}
	order.By(gaps, func(a, b *Span) int { return int(b.To.Sub(b.From) - a.To.Sub(a.From)) })
	for _, g := range gaps[:min(len(gaps), maxLooked)] {
		rows := *q
		rows.What, rows.Endpoint, rows.From, rows.To, rows.Step = history.Rows, nil, g.From, g.To, stepWithin(g.To.Sub(g.From))
		err := r.each(ctx, &rows, &c.note, func(b *history.Batch) {
			c.rows = append(c.rows, Span{From: b.Time, To: b.Time.Add(b.Step)})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// stepWithin is the shortest step in which a query may ask for a time.
func stepWithin(d time.Duration) time.Duration {
	switch {
	case d <= history.MaxSteps*history.Minute:
		return history.Minute
	case d <= history.MaxSteps*history.TenMinutes:
		return history.TenMinutes
	}
	return history.Hour
}
