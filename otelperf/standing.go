// SPDX-License-Identifier: Apache-2.0

package otelperf

const (
	// maxStandingBytes is the most that a standing window may take when a step ends; 21 octaves of durations fit.
	maxStandingBytes = 6 << 10
	// standingSlack is what an endpoint may grow by within a step.
	standingSlack = 4 << 10
)

// standing is a window of an endpoint that somebody asks for again and again, as a page does each second: made from the
// sealed steps once, and then kept up to date as requests come, until it slides. So a query need not decode six
// to seventy steps. There is one per endpoint, of the window that was asked for first; others are put together each
// time. One that was not asked for from one minute to the next is given up, and so is one that no longer fits into
// maxSeriesBytes beside the endpoint's history.
type standing struct {
	window Window // "": none
	asked  bool   // since the last whole minute
	tally  tally
}

// in returns what the endpoint did in window w: valid until the engine's mutex is released, or x is used again. It is not to be
// changed. step is the number of the running step.
func (s *series) in(w Window, step int64, x *tally) *tally {
	if s.standing.window == w {
		s.standing.asked = true
		return &s.standing.tally
	}
	if s.standing.window != "" || s.bytes() > maxSeriesBytes-maxStandingBytes-standingSlack {
		x.reset()
		s.collect(w, step, x)
		return x
	}
	t := &s.standing.tally
	t.reset()
	s.collect(w, step, t)
	s.standing.window, s.standing.asked = w, true
	return t
}

// slide drops a standing window that ends with the step or the minute that is over.
func (s *series) slide(minute bool) {
	l := &s.standing
	switch {
	case minute && !l.asked || l.bytes() > maxStandingBytes || l.window != "" && s.bytes() > maxSeriesBytes-standingSlack:
		*l = standing{}
	case minute:
		l.window, l.asked = "", false
	case l.window == Window1m:
		l.window = ""
	}
}

// stale drops a standing window whose steps have changed; its memory is kept.
func (l *standing) stale() { l.window = "" }

func (l *standing) bytes() int { return l.tally.durations.Bytes() }
