// SPDX-License-Identifier: Apache-2.0

package history

import (
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/slowlog/order"
)

// MaxSpans bounds the spans of a batch that is appended.
const MaxSpans = 60

// Span is from a time up to another.
type Span struct {
	From time.Time `json:"from"` // the beginning, which belongs to it
	To   time.Time `json:"to"`   // the end, which does not
}

// Observed is what an instance has seen of a step.
type Observed struct {
	// Instance is the one that it is of, where several share a store, which fills it in. "" without a name.
	Instance string
	// Spans are in the order of time, apart from each other, known to the millisecond. Of an hour and an instance at most 200 come back: of more
	// those with the shortest gaps between them are one.
	Spans []Span
}

// Within are the parts of spans that lie in a time.
func Within(spans []Span, from, to time.Time) (out []Span) {
	for _, s := range spans {
		if s.From.Before(from) {
			s.From = from
		}
		if s.To.After(to) {
			s.To = to
		}
		if s.From.Before(s.To) {
			out = append(out, s)
		}
	}
	return out
}

// Union is the time of which there is anything, as spans in the order of time, apart from each other.
func Union(spans []Span) (out []Span) {
	spans = slices.Clone(spans)
	order.By(spans, func(a, b *Span) int { return a.From.Compare(b.From) })
	for _, s := range spans {
		switch last := len(out) - 1; {
		case !s.From.Before(s.To):
		case last >= 0 && !s.From.After(out[last].To):
			if s.To.After(out[last].To) {
				out[last].To = s.To
			}
		default:
			out = append(out, s)
		}
	}
	return out
}

// Presence is when any instance has observed a step, by a batch of signals. Where a store does not know it, for what was stored by a program
// that did not say it, a step with signals counts as a whole.
func (b *Batch) Presence() (spans []Span) {
	if b.Observed == nil && len(b.Signals) > 0 {
		return []Span{{b.Time, b.Time.Add(b.Step)}}
	}
	for i := range b.Observed {
		spans = append(spans, b.Observed[i].Spans...)
	}
	return Union(spans)
}
