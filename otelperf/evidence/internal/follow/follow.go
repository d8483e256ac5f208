// SPDX-License-Identifier: Apache-2.0

// Package follow divides the time of a request by what it was spent on and due to whom, over wake-ups from goroutine to goroutine.
package follow

import (
	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/evidence/internal/history"
)

// The bounds of following one request.
const (
	MaxSteps     = 5000   // goroutines that are asked
	MaxHops      = 200    // from one to the next
	MaxStretches = 50_000 // of all of them

	maxPeerHops = 20  // further on the chain, peers are not asked
	maxPeers    = 200 // of one wait
)

// Pieces are the parts of a request's time by their reasons.
type Pieces map[causes.Reason]history.Time

// Result is how a request spent its time.
type Result struct {
	Pieces Pieces
	Waits  map[Wait]Waits // of the request's own goroutine
	Cut    bool           // a bound was reached: the rest is unknown
}

// Wait is what is waited for, and at which line.
type Wait struct {
	State causes.State
	Line  causes.Place
}

// Waits are how long those at one line were.
type Waits struct{ sum, squares float64 }

// Number is how many waits of equal length would come to the same: a long one besides some short ones is one wait.
func (w Waits) Number() float64 {
	if w.squares == 0 {
		return 0
	}
	return w.sum * w.sum / w.squares
}

// walk follows one request.
type walk struct {
	h         *history.History
	m         *history.Mark
	result    Result
	steps     int
	stretches int
	state     causes.State // of the request's own goroutine, in the stretch at hand
	line      causes.Place
	owners    []string // whose doing each hop of the chain is
}

// Request follows a request. No step of it is longer than the bounds allow, whatever is in the history.
func Request(h *history.History, m *history.Mark) Result {
	w := &walk{h: h, m: m, result: Result{Pieces: Pieces{}, Waits: map[Wait]Waits{}}}
	if before := min(h.Start, m.To) - m.From; before > 0 {
		w.add(causes.Reason{State: causes.BeforeRecording}, before)
	}
	w.goroutine(m.Goroutine, max(m.From, h.Start), m.To, causes.Place{})
	return w.result
}

// hops is how many goroutines lie between the request's own one and that at hand.
func (w *walk) hops() int { return len(w.owners) - 1 }

// goroutine divides an interval of a goroutine's life. up is the nearest line of the program's own code on the way to it. Intervals
// get narrower only.
func (w *walk) goroutine(g history.Goroutine, from, to history.Time, up causes.Place) {
	if from >= to {
		return
	}
	owner := causes.Itself
	if len(w.owners) > 0 {
		owner = w.who(g, from)
	}
	w.owners = append(w.owners, owner)
	defer func() { w.owners = w.owners[:len(w.owners)-1] }()
	if w.steps++; w.steps > MaxSteps || w.hops() > MaxHops {
		w.result.Cut = true
		w.leaf(from, to, causes.Unknown, up)
		return
	}
	at := from
	w.h.Between(g, from, to, func(s *history.Stretch, begin, end history.Time) bool {
		if w.stretches++; w.stretches > MaxStretches {
			w.result.Cut = true
			w.leaf(at, to, causes.Unknown, up)
			at = to
			return false
		}
		w.gap(g, at, begin, up)
		at = min(end, to)
		w.stretch(g, s, max(begin, from), at, end-begin, up)
		return true
	})
	w.gap(g, at, to, up)
}

// gap is time of which nothing is known of a goroutine. Before it was there, its creator is asked; one that a timer created was
// not there because its time had not come.
func (w *walk) gap(g history.Goroutine, from, to history.Time, up causes.Place) {
	if from >= to {
		return
	}
	l := &w.h.Goroutines[g]
	if l.Created != 0 && from < l.Created && w.hops() > 0 {
		born := min(to, l.Created)
		if l.Creator == history.None {
			w.leaf(from, born, causes.Timer, up)
		} else {
			w.goroutine(l.Creator, from, born, up)
		}
		from = born
	}
	if from < to {
		w.leaf(from, to, causes.Unknown, up)
	}
}

// stretch divides the part [from, to] of a stretch that is whole long.
func (w *walk) stretch(g history.Goroutine, s *history.Stretch, from, to, whole history.Time, up causes.Place) {
	line := w.h.Sites.At(s.Stack).Line
	if line == (causes.Place{}) {
		line = up
	}
	name := w.name(s)
	if w.hops() == 0 {
		w.state, w.line = name, line
		if s.State == history.Waiting {
			k, d := Wait{name, line}, float64(to-from)
			n := w.result.Waits[k]
			w.result.Waits[k] = Waits{n.sum + d, n.squares + d*d}
		}
	}
	switch s.State {
	case history.Running, history.Assisting, history.Runnable:
		w.scheduled(s, from, to, whole, name, line)
	case history.Waiting:
		w.wait(g, s, from, to, name, line)
	default:
		w.leaf(from, to, name, line)
	}
}

// wait follows whoever ended it.
func (w *walk) wait(g history.Goroutine, s *history.Stretch, from, to history.Time, name causes.State, line causes.Place) {
	switch {
	case s.Reason.GC():
		w.leaf(from, to, causes.GC, line)
	case s.Reason.Followed() && s.Waker != history.None && s.Waker != g:
		w.held(s, from, to, line)
	case s.Reason.Timed() && s.Waker == history.None && to < w.h.End:
		w.leaf(from, to, causes.Timer, line)
	default:
		w.leaf(from, to, name, line)
	}
}

// held divides a wait among those who held it up. Whoever ended it did so from the begin of the request that it served; before, it
// was the one who ended another wait for the same: pools wake any of those that wait, and locks let others in.
func (w *walk) held(s *history.Stretch, from, to history.Time, line causes.Place) {
	begin := from
	if m := w.h.Of(s.Waker, to-1); m != nil && m != w.m && m.From > from {
		begin = min(m.From, to)
	}
	at := from
	if begin > from && w.hops() < maxPeerHops {
		n := 0
		w.h.Peers(s, from, func(waker history.Goroutine, end history.Time) bool {
			if n++; n > maxPeers || at >= begin {
				return false
			}
			if m := w.h.Of(waker, end-1); end > at && m != nil && m.From <= at && m != w.m {
				part := min(end, begin)
				w.goroutine(waker, at, part, line)
				at = part
			}
			return true
		})
	}
	if at < begin && s.Reason.Queued() && w.worker(s.Waker, at) {
		begin = at
	}
	if at < begin {
		w.add(causes.Reason{State: w.state, Line: w.line, Who: causes.Nobody, What: causes.Unknown}, begin-at)
	}
	w.goroutine(s.Waker, begin, to, line)
}

// worker reports whether a goroutine is one of the program's own that was there at a moment: it does not wait for requests from a network.
func (w *walk) worker(g history.Goroutine, at history.Time) bool {
	l := &w.h.Goroutines[g]
	return l.Created <= at && w.h.Sites.At(l.First).Begin != ""
}

// add counts a piece.
func (w *walk) add(r causes.Reason, d history.Time) { w.result.Pieces[r] += d }

// leaf is where the following ends: the goroutine at hand is in a state that says enough.
func (w *walk) leaf(from, to history.Time, what causes.State, line causes.Place) {
	if from >= to {
		return
	}
	r := causes.Reason{State: w.state, Line: w.line, Who: w.owners[len(w.owners)-1], What: what, Where: line}
	if w.hops() == 0 {
		if what != causes.Timer {
			r.State = what
		}
		r.Line = line
	}
	switch what {
	case causes.Runnable:
		w.queued(r, from, to)
		return
	case causes.NotScheduled, causes.GC:
		r = causes.Reason{State: what, What: what}
	case causes.Running: // the line is that of the moment at which it was seen
		r.Where = function(r.Where)
		if r.State == causes.Running {
			r.Line = function(r.Line)
		}
	}
	w.add(r, to-from)
}

// function is a place without its line.
func function(p causes.Place) causes.Place {
	p.Line = 0
	return p
}
