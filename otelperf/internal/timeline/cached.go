// SPDX-License-Identifier: Apache-2.0

package timeline

const (
	// maxCachedBytes is the most that a cached window may take when a step ends; 21 octaves of durations fit.
	maxCachedBytes = 6 << 10
	// cachedSlack is what a line may grow by within a step.
	cachedSlack = 4 << 10
)

// cached is a window of a line that somebody asks for again and again, as a page does each second: made from the
// sealed steps once, and then kept up to date as requests come, until it slides. So a query need not decode six
// to seventy steps. There is one per line, of the window that was asked for first; others are put together each
// time. One that was not asked for from one minute to the next is given up, and so is one that no longer fits into
// MaxBytes beside the line's history.
type cached struct {
	span      Span
	valid     bool
	asked     bool // since the last whole minute
	aggregate Aggregate
}

// Window returns what was done in a span: valid until l changes, or x is used again. It is not to be changed. step is the number of
// the running step.
func (l *Line) Window(s Span, step int64, x *Aggregate) *Aggregate {
	if l.cached.valid && l.cached.span == s {
		l.cached.asked = true
		return &l.cached.aggregate
	}
	if l.cached.valid || l.Bytes() > MaxBytes-maxCachedBytes-cachedSlack {
		x.Reset()
		l.Collect(s, step, x)
		return x
	}
	t := &l.cached.aggregate
	t.Reset()
	l.Collect(s, step, t)
	l.cached.span, l.cached.valid, l.cached.asked = s, true, true
	return t
}

// slide drops a cached window that ends with the step or the minute that is over.
func (l *Line) slide(minute bool) {
	c := &l.cached
	switch {
	case minute && !c.asked || c.bytes() > maxCachedBytes || c.valid && l.Bytes() > MaxBytes-cachedSlack:
		*c = cached{}
	case minute:
		c.valid, c.asked = false, false
	case c.span.Steps > 0:
		c.valid = false
	}
}

// drop gives up a window whose steps have changed; its memory is kept.
func (c *cached) drop() { c.valid = false }

func (c *cached) bytes() int { return c.aggregate.Durations.Bytes() }
