// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"context"
	"math/rand/v2"
	"runtime/pprof"
	"strconv"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/trace"
)

// Bounds of Goroutines.
const (
	fewestSlots = 256
	mostSlots   = 4096
	slotProbes  = 8 // slots that are tried for one request
	labelTurns  = 4 // label sets of a slot
)

// ServingFrame is the function that the goroutine of a request has on its stack, and no other that the request started.
const ServingFrame = "github.com/otelperf/otelperf-go/otelperf/internal/httpmw.(*handler).serveOuter"

// Goroutines gives the goroutine of each request pprof labels of its own, by which it and those that it starts are found in a goroutine
// profile. The label sets are made in advance, four for each of 256 to 4096 slots, 120 bytes a set: a request takes a slot and its next
// set, and gives the slot back. So a goroutine that outlives its request is not taken for one of the next request in that slot, but for
// one of the fourth after it, at the earliest. Requests that find no slot go without.
//
// Invariant: a slot is the exchange's that it points to; only that one's outermost instance empties it.
//
// Labels of the program's own, in the request's context, stay in force beside ours, and they alone when the request ends; then, and
// only then, a request costs allocations. All methods are safe for concurrent use.
type Goroutines struct {
	key        string
	slots      atomic.Pointer[[]*goroutineSlot]
	unlabelled atomic.Uint64 // requests that found no slot
	missed     uint64        // of these, when Grow was called last
}

// goroutineSlot fills two cache lines.
type goroutineSlot struct {
	owner  atomic.Pointer[exchange] // nil: free
	turn   atomic.Uint32
	labels [labelTurns]context.Context
	values *[labelTurns]string
	_      [40]byte
}

// instances numbers those of a process, whose labels must not be mixed up.
var instances atomic.Uint64

// NewGoroutines returns a table of the fewest slots.
func NewGoroutines() *Goroutines {
	g := &Goroutines{key: "otelperf"}
	if n := instances.Add(1); n > 1 {
		g.key += strconv.FormatUint(n, 10)
	}
	g.slots.Store(new([]*goroutineSlot))
	g.resize(fewestSlots)
	return g
}

func (g *Goroutines) resize(n int) {
	slots := append(make([]*goroutineSlot, 0, n), *g.slots.Load()...)
	more := make([]goroutineSlot, n-len(slots))
	for i := range more {
		s := &more[i]
		s.values = new([labelTurns]string)
		for turn := range s.labels {
			s.values[turn] = strconv.Itoa(len(slots)) + "." + strconv.Itoa(turn)
			s.labels[turn] = pprof.WithLabels(context.Background(), pprof.Labels(g.key, s.values[turn]))
		}
		slots = append(slots, s)
	}
	g.slots.Store(&slots)
}

// Grow doubles the table where more than half of it is in use or a request found no slot. It is for one goroutine, which does not
// serve requests.
func (g *Goroutines) Grow() {
	slots, used := *g.slots.Load(), 0
	for _, s := range slots {
		if s.owner.Load() != nil {
			used++
		}
	}
	missed := g.unlabelled.Load()
	if (used > len(slots)/2 || missed > g.missed) && len(slots) < mostSlots {
		g.resize(2 * len(slots))
	}
	g.missed = missed
}

// Unlabelled is how many requests found no slot.
func (g *Goroutines) Unlabelled() uint64 { return g.unlabelled.Load() }

// Key is the key of the labels.
func (g *Goroutines) Key() string { return g.key }

// label labels the goroutine of a request, whose exchange nobody else knows yet: from then on it is locked to be written.
func (g *Goroutines) label(e *exchange) {
	slots := *g.slots.Load()
	at := rand.IntN(len(slots))
	for i := range slotProbes {
		s := slots[(at+i)&(len(slots)-1)]
		if s.owner.Load() == nil && s.owner.CompareAndSwap(nil, e) {
			e.take(s, g.key)
			return
		}
	}
	g.unlabelled.Add(1)
}

// take puts the slot's next labels on the goroutine and into the exchange's context.
func (e *exchange) take(s *goroutineSlot, key string) {
	turn := s.turn.Load() % labelTurns
	e.slot, e.labels = s, s.labels[turn]
	if e.Context.Value(labelKey) != nil {
		e.labelled, e.labels = true, pprof.WithLabels(e.Context, pprof.Labels(key, s.values[turn]))
	}
	pprof.SetGoroutineLabels(e.labels)
}

// unlabel is deferred by the outermost instance: the goroutine gets the labels of the request as it arrived.
func (e *exchange) unlabel() {
	if e.slot == nil {
		return
	}
	e.slot.turn.Add(1) // before the slot is free: the next one takes the next set
	e.slot.owner.Store(nil)
	arrived := background
	if e.labelled {
		arrived = e.Context
	}
	pprof.SetGoroutineLabels(arrived)
}

// background has no labels.
var background = context.Background()

// labelKey is what package pprof asks a context for to have its labels.
var labelKey = func() (key any) {
	pprof.ForLabels(keyCatcher{context.Background(), &key}, func(string, string) bool { return false })
	return key
}()

// keyCatcher is a context that notes what it is asked for.
type keyCatcher struct {
	context.Context
	key *any
}

func (c keyCatcher) Value(key any) any {
	*c.key = key
	return nil
}

// Labelled is a request whose goroutine has labels.
type Labelled struct {
	Value   string // of the label
	TraceID trace.TraceID
	Spans   [2]trace.SpanID // one of them may be that of its local root
	Start   time.Time
	Method  string // known method or _OTHER
	Stream  bool   // its reply is a stream, which takes as long as it takes
	e       *exchange
}

// Labelled returns the requests that have been running at least that long, and whose goroutines have labels.
func (g *Goroutines) Labelled(now time.Time, least time.Duration) (list []Labelled) {
	for _, s := range *g.slots.Load() {
		e := s.owner.Load()
		if e == nil || now.Sub(epoch)-e.began < least {
			continue
		}
		turn := s.turn.Load() % labelTurns
		if s.owner.Load() != e { // the turn may be the next one's
			continue
		}
		e.mu.Lock()
		l := Labelled{Value: s.values[turn], Spans: [2]trace.SpanID{e.span.SpanID(), e.below}, Start: epoch.Add(e.began), Method: e.method, e: e}
		l.TraceID = e.span.TraceID()
		e.mu.Unlock()
		l.Stream = e.marked(markHijacked) || e.marked(markEvents) || e.marked(markLines) && e.marked(markFlushed)
		list = append(list, l)
	}
	return list
}

// Route is the route that the request takes, "" if that is not known before its end: a mux is asked that stands next to an instance.
func (l *Labelled) Route() string {
	e := l.e
	if route := e.routeName(); route != "" {
		return route
	}
	_, pattern := e.ask()
	return templateOf(pattern)
}
