// SPDX-License-Identifier: Apache-2.0

package past

import (
	"maps"
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/slowlog/order"
)

const (
	// maxGaps bounds the gaps that a Coverage names.
	maxGaps = 20
	// leastGap is how long a gap is at least that is named.
	leastGap = time.Second
)

// Span is from a time up to another.
type Span = history.Span

// Coverage says what of a time there is.
type Coverage struct {
	// From and To are its beginning and its end; both zero if there is nothing.
	From, To time.Time
	Step     time.Duration // the longest step of what was read
	// Gaps are what is missing of the time that was asked for, as far as it is over: before From, between From and To, and after To. No process
	// ran, or it could not be written. At most 20, the longest, of a second at least.
	Gaps     []Span
	MoreGaps int     // that are not in Gaps
	Missing  float64 // seconds of all gaps
	Seconds  float64 // that there are
	Note     string  // what else is missing; "" mostly
	// Pending is the end of the time that was asked for, as far as it is over, that not all of several instances have stored yet: it is neither
	// in From to To nor a gap. Zero if there is none.
	Pending Span
	Err     error // why the store could not be read, so that it is all of memory: gaps are what memory does not have; nil mostly
	Whose
	Seen []Seen // of several instances, by name, at most 20
}

// Seen is what of a time an instance was there for.
type Seen struct {
	Instance string    `json:"instance"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Seconds  float64   `json:"seconds"` // from From to To, without its gaps
}

// covered collects spans of which there is something. Rows are in a batch where there was a request, signals in each minute of a process, with who has
// observed it: where there are signals they tell, elsewhere rows do.
type covered struct {
	signals, rows []Span
	of            map[string][]Span // what is known of each instance
	step          time.Duration
	note          string
	err           error // why there is nothing of the store
}

func (c *covered) add(b *history.Batch) {
	if len(b.Signals) == 0 && b.Observed == nil {
		c.rows = append(c.rows, Span{From: b.Time, To: b.Time.Add(b.Step)})
		c.step = max(c.step, b.Step)
		return
	}
	for _, s := range b.Presence() {
		c.signals = join(c.signals, s)
	}
	for _, o := range b.Observed {
		if c.of == nil {
			c.of = map[string][]Span{}
		}
		for _, s := range o.Spans {
			c.of[o.Instance] = join(c.of[o.Instance], s)
		}
	}
}

// join adds a span that is not before the last one.
func join(spans []Span, s Span) []Span {
	if last := len(spans) - 1; last >= 0 && spans[last].To.Equal(s.From) {
		spans[last].To = s.To
		return spans
	}
	return append(spans, s)
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
	return history.Union(append(all, more...))
}

// seconds is how long spans are together.
func seconds(spans []Span) (s float64) {
	for _, x := range spans {
		s += x.To.Sub(x.From).Seconds()
	}
	return s
}

// askedFor is a time in whole minutes, as far as it is over.
func askedFor(from, to time.Time) Span {
	from, to = from.Truncate(time.Minute), upToNow(to.Add(time.Minute-1).Truncate(time.Minute))
	return Span{From: from, To: later(from, to)}
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

// coverage sums up, with more that there is.
func (c *covered) coverage(p *part, more ...Span) Coverage {
	spans := c.spans(more...)
	for i := range spans {
		spans[i].To = upToNow(spans[i].To)
	}
	out := Coverage{Step: max(c.step, history.Minute), Note: both(c.note, p.note), Err: c.err, Seconds: seconds(spans), Gaps: []Span{}, Whose: p.whose}
	at, end := p.asked.From, p.asked.To
	if from := later(p.pending, at); !p.pending.IsZero() && from.Before(end) {
		out.Pending, end = Span{From: from, To: end}, from
	}
	if len(spans) > 0 {
		out.From, out.To = spans[0].From, spans[len(spans)-1].To
	}
	for _, s := range append(spans, Span{From: end, To: end}) {
		if gap := (Span{From: at, To: s.From}); gap.From.Before(gap.To) {
			out.Missing += seconds([]Span{gap})
			if gap.To.Sub(gap.From) >= leastGap {
				out.Gaps = append(out.Gaps, gap)
			}
		}
		at = later(at, s.To)
	}
	if out.MoreGaps = max(0, len(out.Gaps)-maxGaps); out.MoreGaps > 0 {
		order.By(out.Gaps, func(a, b *Span) int { return int(b.To.Sub(b.From) - a.To.Sub(a.From)) })
		out.Gaps = out.Gaps[:maxGaps]
		order.By(out.Gaps, func(a, b *Span) int { return a.From.Compare(b.From) })
	}
	if len(p.whose.Instances) > 1 {
		out.Seen = c.seen()
	}
	return out
}

// seen is what each instance was there for.
func (c *covered) seen() (all []Seen) {
	for _, name := range slices.Sorted(maps.Keys(c.of)) {
		spans := history.Union(c.of[name])
		if len(spans) == 0 || len(all) >= maxInstances {
			continue
		}
		if name == "" {
			name = unnamed
		}
		all = append(all, Seen{Instance: name, From: spans[0].From, To: spans[len(spans)-1].To, Seconds: seconds(spans)})
	}
	return all
}
