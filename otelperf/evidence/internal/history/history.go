// SPDX-License-Identifier: Apache-2.0

// Package history turns an execution trace into what each goroutine did when, in one pass.
package history

import (
	"sort"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/site"
)

// Time is a moment in nanoseconds, as the trace counts them.
type Time int64

// State is what the scheduler says of a goroutine.
type State uint8

// The states of a stretch.
const (
	Gone State = iota // it does not exist, or nothing is known
	Running
	Assisting // the garbage collector
	Runnable
	Waiting
	Syscall
)

// Goroutine is an index into History.Goroutines.
type Goroutine int32

// None is no goroutine: the network poller, a timer, or the runtime itself.
const None Goroutine = -1

// Stretch is a part of a goroutine's life in one state. It ends where the next one begins.
type Stretch struct {
	From       Time
	Stack      site.ID   // where it waits or calls; where it stopped running
	WakerStack site.ID   // of the one that ended the wait
	Waker      Goroutine // who ended the wait
	State      State
	Reason     Reason // of the wait
}

// Life is what is known of a goroutine.
type Life struct {
	Stretches []Stretch
	Marks     []int32 // indexes into History.Marks, by their ends
	Wakes     []Wake  // whom it made run on, by time; only where its stack has none of the program's own code
	Created   Time    // 0: before the recording
	Creator   Goroutine
	First     site.ID // a stack of its own that says best how it began
	GCWorker  bool
	assisting bool
}

// Wake is that a goroutine made another one run on.
type Wake struct {
	At  Time
	Who Goroutine
}

// Mark is a request, as the end of its span reported it on the goroutine that ended it.
type Mark struct {
	SpanID, Endpoint string
	Slow             bool
	From, To         Time
	Goroutine        Goroutine
}

// Interval is from one moment to another.
type Interval struct{ From, To Time }

// History is a trace by goroutines. It may be read by many goroutines at the same time.
type History struct {
	Start, End Time
	Goroutines []Life
	Marks      []Mark
	Sites      *site.Table
	// Handlers are the endpoints of requests by the outermost functions of the program's own code that served them; "" for several.
	Handlers map[string]string
	// Stalls are when a goroutine ran, and nothing at all happened for longer than the scheduler lets one run.
	Stalls []Interval
	// Clock is a moment of the trace and of the wall clock, in Unix nanoseconds; 0 and 0 if there was none.
	Clock struct {
		Trace Time
		Unix  int64
	}
	Events int
	// Forgotten is set if the oldest part was left out to stay within MaxStretches.
	Forgotten bool
	// Unread is set if the newest part was left out: there were more than MaxGoroutines or MaxMarks.
	Unread bool

	busy  busy
	peers map[peerKey][]Peer
}

// until is where a stretch ends.
func (h *History) until(l *Life, i int) Time {
	if i+1 < len(l.Stretches) {
		return l.Stretches[i+1].From
	}
	return h.End
}

// Between yields the stretches of a goroutine that reach into an interval, with their own bounds, until yield returns false. Gone
// ones are left out.
func (h *History) Between(g Goroutine, from, to Time, yield func(s *Stretch, begin, end Time) bool) {
	l := &h.Goroutines[g]
	i := sort.Search(len(l.Stretches), func(i int) bool { return h.until(l, i) > from })
	for ; i < len(l.Stretches) && l.Stretches[i].From < to; i++ {
		if s := &l.Stretches[i]; s.State != Gone && !yield(s, s.From, h.until(l, i)) {
			return
		}
	}
}

// late is how long after a request's end its mark may be written. Its begin is reckoned from the mark, and too late by as much.
const late = Time(time.Millisecond)

// At returns the request that a goroutine served at a moment, or nil. Of several, as spans without a parent inside of each other are,
// it is the one that ended first.
func (h *History) At(g Goroutine, at Time) *Mark {
	marks := h.Goroutines[g].Marks
	i := sort.Search(len(marks), func(i int) bool { return h.Marks[marks[i]].To >= at })
	for end := min(i+4, len(marks)); i < end; i++ {
		if m := &h.Marks[marks[i]]; m.From-late <= at {
			return m
		}
	}
	return nil
}

// maxAncestors is how far creators are followed.
const maxAncestors = 8

// Of returns the request on whose behalf a goroutine worked at a moment: its own, or that of the goroutine that created it, if that
// was still open then. Else a connection's loops would be taken for part of the request that dialled it.
func (h *History) Of(g Goroutine, at Time) *Mark {
	created := at
	for range maxAncestors {
		if m := h.At(g, created); m != nil {
			if m.To < at {
				return nil
			}
			return m
		}
		l := &h.Goroutines[g]
		if l.Created == 0 || l.Creator == None {
			return nil
		}
		created, g = l.Created, l.Creator
	}
	return nil
}

// NextWoken returns whom a goroutine made run on first after a moment; ok is false if that is not known.
func (h *History) NextWoken(g Goroutine, after Time) (w Wake, ok bool) {
	wakes := h.Goroutines[g].Wakes
	i := sort.Search(len(wakes), func(i int) bool { return wakes[i].At > after })
	if i == len(wakes) {
		return Wake{}, false
	}
	return wakes[i], true
}
