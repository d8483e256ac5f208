// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"cmp"
	"hash/maphash"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/slowlog/order"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// Bounds of the error groups.
const (
	maxErrorTypes     = 16      // groups of one endpoint; its further types share one more
	maxErrorGroups    = 500     // of all endpoints; beyond, all share one for each kind
	maxErrorMessage   = 1 << 10 // bytes
	maxErrorStack     = 16 << 10
	maxAllErrorStacks = 1 << 20 // bytes of all stacks together

	errorSlots = 2048 // a power of two, at most a quarter of which is used

	// otherErrorType is the type of a group that holds those types for which there was no group left.
	otherErrorType = "(other)"
	// unknownErrorType is the type of failures that name none.
	unknownErrorType = "(unknown)"
)

// ErrorGroup is the failures of one endpoint that have the same type.
type ErrorGroup struct {
	// Method and Route are those of the endpoint.
	Method, Route string
	// Kind is that of the endpoint.
	Kind conventions.Kind
	// Type is the exception's type, "(unknown)" where none was recorded, and "(other)" for all the types beyond the
	// 16th of an endpoint. Beyond 500 groups, failures of the same kind share a group with Route and Type "(other)".
	Type string
	// Message is the latest message (1 KiB at most). Stack is the first stack (16 KiB at most; "" once the
	// stacks of all groups fill 1 MiB).
	Message, Stack string
	// Count is the number of failures, Panics those of them that were panics.
	Count, Panics uint64
	// First and Last are when the first and the latest failure ended.
	First, Last time.Time
	// LastTraceID and LastSpanID are the trace and the local root of the latest, LastStart is when it began and LastDuration how long it
	// took. Of failures that ended at the very same time it may be any.
	LastTraceID  trace.TraceID
	LastSpanID   trace.SpanID  // see LastTraceID
	LastStart    time.Time     // see LastTraceID
	LastDuration time.Duration // see LastTraceID
}

// errorGroups counts failures by endpoint and type. It is fed in the goroutines of the requests: while a group exists,
// add takes no lock that waits, and allocates only until the group's message buffer has grown (1 KiB at most).
//
// Memory: 506 groups at most with 1.5 KiB each, 1 MiB of stacks and 16 KiB of table: below 2 MiB.
//
// All methods are safe for concurrent use.
type errorGroups struct {
	set atomic.Pointer[errorSet] // replaced as a whole by reset; never nil
}

// errorSet is a table like [table]: a slot goes from nil to a group once, so readers need no lock.
type errorSet struct {
	seed   maphash.Seed
	slots  [errorSlots]atomic.Pointer[errorGroup]
	others [conventions.NumKinds]atomic.Pointer[errorGroup] // by kind, when full
	full   atomic.Bool

	mu     sync.Mutex                   // serialises inserts, guards what follows
	n      int                          // groups in slots
	types  map[conventions.Endpoint]int // less "(other)"
	stacks atomic.Int64                 // bytes; reserved before a stack is kept
}

// errorGroup is one group. The fields before the counts never change.
type errorGroup struct {
	e        *entry // nil: of all endpoints of a kind
	kind     conventions.Kind
	typ      string
	overflow bool // typ is "(other)" by our doing

	count, panics atomic.Uint64

	mu      sync.Mutex // guards what follows; only list waits for it
	message []byte
	stack   string
	first   time.Time
	last    failed
}

// failed is a request that failed.
type failed struct {
	trace    trace.TraceID
	span     trace.SpanID
	start    time.Time
	took     time.Duration
	end      time.Time
	panicked bool
}

func newErrorGroups() *errorGroups {
	g := &errorGroups{}
	g.reset()
	return g
}

// reset forgets all groups. A failure that is being added may be forgotten with them.
func (g *errorGroups) reset() {
	g.set.Store(&errorSet{seed: maphash.MakeSeed(), types: map[conventions.Endpoint]int{}})
}

// add counts a failure. Its strings may be of any length and hold any bytes; what is kept of them is copied.
func (g *errorGroups) add(e *entry, typ, message, stack string, f failed) {
	if typ == "" {
		typ = unknownErrorType
	}
	s := g.set.Load()
	gr := s.group(e, conventions.Clip(typ), f)
	gr.count.Add(1)
	if f.panicked {
		gr.panics.Add(1)
	}
	gr.remember(s, message, stack, f)
}

// remember keeps what a failure looked like, unless another one of the group is just doing that: then the other's will do.
func (gr *errorGroup) remember(s *errorSet, message, stack string, f failed) {
	if !gr.mu.TryLock() {
		return
	}
	defer gr.mu.Unlock()
	if f.end.Before(gr.first) {
		gr.first = f.end
	}
	if !f.end.Before(gr.last.end) {
		gr.last = f
		gr.message = append(gr.message[:0], message[:min(len(message), maxErrorMessage)]...)
	}
	if gr.stack == "" && stack != "" && s.reserve(min(len(stack), maxErrorStack)) {
		gr.stack = strings.Clone(stack[:min(len(stack), maxErrorStack)])
	}
}

// reserve takes n bytes of those left for stacks.
func (s *errorSet) reserve(n int) bool {
	for {
		used := s.stacks.Load()
		if used+int64(n) > maxAllErrorStacks {
			return false
		}
		if s.stacks.CompareAndSwap(used, used+int64(n)) {
			return true
		}
	}
}

// group returns the group of a type, or the one that stands in for it.
func (s *errorSet) group(e *entry, typ string, f failed) *errorGroup {
	if gr, _ := s.find(e, typ, false); gr != nil {
		return gr
	}
	if gr, _ := s.find(e, otherErrorType, true); gr != nil {
		return gr
	}
	if s.full.Load() {
		if gr := s.others[e.class.kind()].Load(); gr != nil {
			return gr
		}
	}
	return s.insert(&errorGroup{e: e, kind: e.class.kind(), typ: typ, first: f.end, last: f})
}

// find returns the group, or nil and the slot in which it belongs. There is always a free slot, since the table never
// fills.
func (s *errorSet) find(e *entry, typ string, overflow bool) (*errorGroup, *atomic.Pointer[errorGroup]) {
	h := maphash.String(s.seed, typ) + (e.hash+uint64(e.class))*0x9E3779B97F4A7C15
	for i := h; ; i++ {
		slot := &s.slots[i%errorSlots]
		gr := slot.Load()
		if gr == nil || gr.of(e) && gr.overflow == overflow && gr.typ == typ {
			return gr, slot
		}
	}
}

// of reports whether a group is of the endpoint of e, which may have been forgotten and have come back.
func (gr *errorGroup) of(e *entry) bool {
	return gr.e == e || gr.e != nil && gr.e.class == e.class && gr.e.endpoint == e.endpoint
}

// insert publishes a group. It has its times already, since a list that comes before remember could keep remember out.
func (s *errorSet) insert(gr *errorGroup) *errorGroup {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.n >= maxErrorGroups {
		s.full.Store(true)
		return s.otherLocked(gr)
	}
	if gr.overflow = s.types[gr.e.endpoint] >= maxErrorTypes; gr.overflow {
		gr.typ = otherErrorType
	}
	same, slot := s.find(gr.e, gr.typ, gr.overflow)
	if same != nil { // another goroutine was first
		return same
	}
	if !gr.overflow {
		s.types[gr.e.endpoint]++
	}
	s.n++
	gr.typ = strings.Clone(gr.typ)
	slot.Store(gr)
	return gr
}

// otherLocked returns the group of all endpoints of a kind, which gr becomes if there is none.
func (s *errorSet) otherLocked(gr *errorGroup) *errorGroup {
	if other := s.others[gr.kind].Load(); other != nil {
		return other
	}
	gr.e, gr.typ, gr.overflow = nil, otherErrorType, true
	s.others[gr.kind].Store(gr)
	return gr
}

// list returns the groups, the one that failed last first.
func (g *errorGroups) list() []ErrorGroup {
	s, out := g.set.Load(), []ErrorGroup{}
	for i := range s.slots {
		out = s.slots[i].Load().appendTo(out)
	}
	for i := range s.others {
		out = s.others[i].Load().appendTo(out)
	}
	order.By(out, func(a, b *ErrorGroup) int {
		return cmp.Or(b.Last.Compare(a.Last), cmp.Compare(a.Route, b.Route), cmp.Compare(a.Method, b.Method), cmp.Compare(a.Type, b.Type))
	})
	return out
}

// appendTo appends the group, unless its first failure is still on its way.
func (gr *errorGroup) appendTo(out []ErrorGroup) []ErrorGroup {
	if gr == nil || gr.count.Load() == 0 {
		return out
	}
	gr.mu.Lock()
	defer gr.mu.Unlock()
	one := ErrorGroup{
		Route: conventions.OverflowRoute, Kind: gr.kind, Type: conventions.Text(gr.typ, conventions.MaxNameBytes), Count: gr.count.Load(), Panics: gr.panics.Load(),
		Message: conventions.Text(string(gr.message), maxErrorMessage), Stack: conventions.Text(gr.stack, maxErrorStack),
		First: gr.first, Last: gr.last.end, LastTraceID: gr.last.trace, LastSpanID: gr.last.span, LastStart: gr.last.start, LastDuration: gr.last.took,
	}
	if gr.e != nil {
		one.Method, one.Route = gr.e.endpoint.Method, gr.e.endpoint.Route
	}
	return append(out, one)
}
