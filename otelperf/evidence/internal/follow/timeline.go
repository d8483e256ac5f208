// SPDX-License-Identifier: Apache-2.0

package follow

import (
	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/evidence/internal/history"
)

// MaxSpans bounds a timeline.
const MaxSpans = 64

// Timeline returns a request's own states in the order of time, neighbours of one state and line as one, at most MaxSpans of them: as
// many of the longest as there is room for; what is between them belongs to the one before.
func Timeline(h *history.History, m *history.Mark) []causes.Span {
	var all []causes.Span
	put := func(from, to history.Time, s causes.State, line causes.Place) {
		if n := len(all); n > 0 && all[n-1].State == s && all[n-1].Line == line {
			all[n-1].Nanos = int64(to-m.From) - all[n-1].OffsetNanos
		} else if to > from {
			all = append(all, causes.Span{OffsetNanos: int64(from - m.From), Nanos: int64(to - from), State: s, Line: line})
		}
	}
	put(m.From, min(h.Start, m.To), causes.BeforeRecording, causes.Place{})
	last := max(m.From, h.Start)
	h.Between(m.Goroutine, last, m.To, func(s *history.Stretch, from, to history.Time) bool {
		last = min(to, m.To)
		put(max(from, m.From, h.Start), last, nameOf(h, s), h.Sites.At(s.Stack).Line)
		return len(all) < MaxStretches
	})
	put(last, m.To, causes.Unknown, causes.Place{})
	return thin(all)
}

// thin merges the shortest spans into those before them until there is room for all.
func thin(all []causes.Span) []causes.Span {
	for shortest := int64(1); len(all) > MaxSpans; shortest *= 2 {
		kept := all[:1]
		for _, s := range all[1:] {
			last := &kept[len(kept)-1]
			if s.Nanos < shortest || s.State == last.State && s.Line == last.Line {
				last.Nanos += s.Nanos
			} else {
				kept = append(kept, s)
			}
		}
		all = kept
	}
	return all
}
