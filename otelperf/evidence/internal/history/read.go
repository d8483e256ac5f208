// SPDX-License-Identifier: Apache-2.0

package history

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	xtrace "golang.org/x/exp/trace"

	"github.com/otelperf/otelperf-go/otelperf/evidence/internal/generations"
	"github.com/otelperf/otelperf-go/otelperf/internal/site"
)

// The bounds of a history. A stretch takes 24 bytes, a goroutine about 150, a mark about 100.
const (
	MaxStretches  = 1 << 20
	MaxGoroutines = 1 << 18
	MaxMarks      = 1 << 17
)

// Stall is for how long nothing can happen, or a goroutine run on, while it is on a CPU: the scheduler asks it to make way after 10
// to 20 ms, and that is an event.
const Stall = Time(25 * time.Millisecond)

const (
	maxSpan    = Time(10 * time.Minute)
	stepEvents = 1024
)

// reader is the one pass.
type reader struct {
	*History
	index        map[xtrace.GoID]Goroutine
	stacks       map[xtrace.Stack]site.ID // of this generation
	stretches    int
	maxStretches int
	running      int // goroutines
	previous     Time
}

// Read reads a trace. step is called between two pieces of work; an error of it ends the reading. A trace that is broken gives an
// error and what was read until there, or nil where that is of no use.
func Read(trace []byte, sites *site.Table, step func() error) (*History, error) {
	return read(trace, sites, step, MaxStretches)
}

func read(trace []byte, sites *site.Table, step func() error, maxStretches int) (h *History, err error) {
	defer func() {
		if v := recover(); v != nil { // the decoder panics at some broken traces
			h, err = nil, fmt.Errorf("reading the trace: %v", v)
		}
	}()
	if _, err := generations.Version(trace); err != nil {
		return nil, err
	}
	events, err := xtrace.NewReader(bytes.NewReader(trace))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", generations.ErrFormat, err)
	}
	r := &reader{
		History:      &History{Sites: sites},
		index:        map[xtrace.GoID]Goroutine{},
		stacks:       map[xtrace.Stack]site.ID{},
		maxStretches: maxStretches,
	}
	broken := r.all(events, step)
	if errors.Is(broken, errStep) {
		return nil, errors.Unwrap(broken)
	}
	if r.End-r.Start > maxSpan {
		return nil, fmt.Errorf("the trace is of %v, at most %v are looked at", time.Duration(r.End-r.Start), time.Duration(maxSpan))
	}
	if err := errors.Join(r.settle(step), r.nameHandlers(step), r.busy.index(r.History, step), r.indexPeers(step)); err != nil {
		return nil, err
	}
	if broken != nil {
		broken = fmt.Errorf("reading the trace: %w", shorten(broken))
	}
	return r.History, broken
}

// errStep marks what step returned.
var errStep = errors.New("stopped")

type stepError struct{ error }

func (stepError) Is(target error) bool { return target == errStep }
func (e stepError) Unwrap() error      { return e.error }

// shorten cuts the decoder's errors, which can have whole tables in them.
func shorten(err error) error {
	first, _, _ := strings.Cut(err.Error(), "\n")
	return errors.New(first[:min(len(first), 200)])
}

func (r *reader) all(events *xtrace.Reader, step func() error) error {
	for n := 1; !r.Unread; n++ {
		ev, err := events.ReadEvent()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if n%stepEvents == 0 || ev.Kind() == xtrace.EventSync {
			if err := step(); err != nil {
				return stepError{err}
			}
		}
		if ev.Kind() == xtrace.EventSync {
			r.sync(ev)
			continue
		}
		r.Events++
		r.tick(Time(ev.Time()))
		r.event(ev, Time(ev.Time()))
		if r.stretches > r.maxStretches {
			r.forget()
		}
		r.Unread = len(r.Goroutines) >= MaxGoroutines || len(r.Marks) >= MaxMarks
	}
	return nil
}

// sync begins a generation: stacks are numbered anew.
func (r *reader) sync(ev xtrace.Event) {
	clear(r.stacks)
	if c := ev.Sync().ClockSnapshot; c != nil {
		r.Clock.Trace, r.Clock.Unix = Time(c.Trace), c.Wall.UnixNano()
	}
}

// tick moves the end on, and notes when nothing happened.
func (r *reader) tick(now Time) {
	if r.Start == 0 {
		r.Start = now
	}
	if r.previous != 0 && r.running > 0 && now-r.previous > Stall {
		r.Stalls = append(r.Stalls, Interval{r.previous, now})
	}
	r.previous, r.End = now, now
}

func (r *reader) event(ev xtrace.Event, now Time) {
	switch ev.Kind() {
	case xtrace.EventStateTransition:
		if t := ev.StateTransition(); t.Resource.Kind == xtrace.ResourceGoroutine {
			r.transition(ev, &t, now)
		}
	case xtrace.EventRangeBegin, xtrace.EventRangeActive:
		r.assist(ev.Range(), true, now)
	case xtrace.EventRangeEnd:
		r.assist(ev.Range(), false, now)
	case xtrace.EventLabel:
		if l := ev.Label(); l.Resource.Kind == xtrace.ResourceGoroutine && strings.HasPrefix(l.Label, "GC") {
			r.life(l.Resource.Goroutine()).GCWorker = true
		}
	case xtrace.EventLog:
		if l := ev.Log(); l.Category == Category && ev.Goroutine() != xtrace.NoGoroutine {
			r.mark(l.Message, r.of(ev.Goroutine()), r.site(ev.Stack()), now)
		}
	}
}

// mark notes the end of a request. What its goroutine does from then on is not its own: the stretch ends too.
func (r *reader) mark(message string, g Goroutine, stack site.ID, now Time) {
	m, ok := parseMark(message, now)
	if !ok {
		return
	}
	m.Goroutine = g
	l := &r.Goroutines[g]
	l.Marks = append(l.Marks, int32(len(r.Marks)))
	r.Marks = append(r.Marks, m)
	if s := l.last(); s != nil && s.State == Running {
		s.Stack = stack
		r.begin(l, Stretch{From: now, Waker: None, State: Running})
	}
}

// of returns the index of a goroutine, a new one where it was not seen yet.
func (r *reader) of(id xtrace.GoID) Goroutine {
	if id == xtrace.NoGoroutine {
		return None
	}
	g, ok := r.index[id]
	if !ok {
		g = Goroutine(len(r.Goroutines))
		r.index[id] = g
		r.Goroutines = append(r.Goroutines, Life{Creator: None})
	}
	return g
}

// life returns what is known of a goroutine. It is valid until the next goroutine is seen.
func (r *reader) life(id xtrace.GoID) *Life { return &r.Goroutines[r.of(id)] }

// site returns what a stack says.
func (r *reader) site(s xtrace.Stack) site.ID {
	if s == xtrace.NoStack {
		return 0
	}
	id, ok := r.stacks[s]
	if !ok {
		id = r.Sites.Of(frames(s))
		r.stacks[s] = id
	}
	return id
}

func frames(s xtrace.Stack) iter.Seq[site.Frame] {
	return func(yield func(site.Frame) bool) {
		for f := range s.Frames() {
			if !yield(site.Frame{Func: f.Func, File: f.File, Line: int(min(f.Line, 1<<30))}) {
				return
			}
		}
	}
}
