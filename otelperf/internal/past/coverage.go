// SPDX-License-Identifier: Apache-2.0

package past

import (
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/slowlog/order"
)

// maxGaps bounds the gaps that a Coverage names.
const maxGaps = 20

// Span is from a time up to another.
type Span struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Coverage says what of a time there is.
type Coverage struct {
	// From and To are its beginning and its end; both zero if there is nothing.
	From, To time.Time
	Step     time.Duration // the longest step of what was read
	// Gaps are what is missing of the time that was asked for, as far as it is over: before From, between From and To, and after To. No process
	// ran, or it could not be written. At most 20, the longest.
	Gaps     []Span
	MoreGaps int     // that are not in Gaps
	Seconds  float64 // that there are
	Note     string  // what else is missing; "" mostly
	Err      error   // why the store could not be read, so that it is all of memory: gaps are what memory does not have; nil mostly
	Whose
}

// covered collects spans of which there is something. Rows are in a batch where there was a request, signals in each minute of a process: where
// there are signals they tell, elsewhere rows do.
type covered struct {
	signals, rows []Span
	step          time.Duration
	note          string
	err           error // why there is nothing of the store
}

func (c *covered) add(b *history.Batch) {
	s := Span{b.Time, b.Time.Add(b.Step)}
	if len(b.Signals) > 0 {
		c.signals = append(c.signals, s)
		return
	}
	c.rows = append(c.rows, s)
	c.step = max(c.step, b.Step)
}

// spans are those of which there is something, in the order of time, without a gap between two of them only where there is one.
func (c *covered) spans(more ...Span) (out []Span) {
	all := slices.Clone(c.signals)
	for _, s := range c.rows {
		at, _ := slices.BinarySearchFunc(c.signals, s.From, func(x Span, from time.Time) int { return x.To.Compare(from.Add(1)) })
		if at == len(c.signals) || !c.signals[at].From.Before(s.To) {
			all = append(all, s)
		}
	}
	all = append(all, more...)
	order.By(all, func(a, b *Span) int { return a.From.Compare(b.From) })
	for _, s := range all {
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

// within is how many seconds of a time spans have, which are in the order of time.
func within(spans []Span, from, to time.Time) (seconds float64) {
	for _, s := range spans {
		if begin, end := later(s.From, from), earlier(s.To, to); begin.Before(end) {
			seconds += end.Sub(begin).Seconds()
		}
	}
	return seconds
}

// askedFor is a time in whole minutes, as far as it is over.
func askedFor(from, to time.Time) Span {
	from, to = from.Truncate(time.Minute), upToNow(to.Add(time.Minute-1).Truncate(time.Minute))
	return Span{from, later(from, to)}
}

// both are two notes.
func both(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + " " + b
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// coverage sums up, with more that there is. Of the minute in which this process started it has what came after, unless another one ran in it
// or in the minute before.
func (c *covered) coverage(p *part, more ...Span) Coverage {
	spans, started := c.spans(more...), p.started
	for i := range spans {
		if from := spans[i].From; started.After(from) && started.Sub(from) < history.Minute && started.Before(spans[i].To) {
			spans[i].From = started
		}
		spans[i].To = upToNow(spans[i].To)
	}
	out := Coverage{Step: max(c.step, history.Minute), Note: c.note, Err: c.err, Gaps: []Span{}, Whose: p.whose}
	at, end := p.asked.From, p.asked.To
	if len(spans) > 0 {
		out.From, out.To = spans[0].From, spans[len(spans)-1].To
	}
	for _, s := range append(spans, Span{end, end}) {
		out.Seconds += s.To.Sub(s.From).Seconds()
		if at.Before(s.From) {
			out.Gaps = append(out.Gaps, Span{at, s.From})
		}
		at = later(at, s.To)
	}
	if out.MoreGaps = max(0, len(out.Gaps)-maxGaps); out.MoreGaps > 0 {
		order.By(out.Gaps, func(a, b *Span) int { return int(b.To.Sub(b.From) - a.To.Sub(a.From)) })
		out.Gaps = out.Gaps[:maxGaps]
		order.By(out.Gaps, func(a, b *Span) int { return a.From.Compare(b.From) })
	}
	return out
}
