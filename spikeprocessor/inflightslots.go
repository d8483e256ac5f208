// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"encoding/binary"
	"math/bits"
	"sync/atomic"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Phases of a slot: the lowest bits of its word.
const (
	slotFree    = iota // the whole word is 0
	slotUsed           // a request that runs
	slotBusy           // held by start, child or a reader, each of which calls release
	slotEnded          // held as before, and the request has ended: release frees the slot
	slotClosing        // held by whoever frees it

	phaseBits = 3
	probeBits = 3
	phaseMask = 1<<phaseBits - 1
)

// slotTable is a table of slots by span id; the zero value has none. See [inflight].
type slotTable struct {
	slots []inflightSlot
	// traces are those of the slots, 0 of one that is free, for who looks through all of them; nil where there are few.
	traces []atomic.Uint64
	shift  uint8 // the home of an id is its hash >> shift
}

// inflightSlot fills a cache line, so that requests in neighbouring slots do not slow each other down.
type inflightSlot struct {
	word        atomic.Uint64
	trace       atomic.Uint64 // of the request, with marks; in the front, only from when somebody has asked or a child has started, see know
	root, child sdktrace.ReadOnlySpan
	listed      *atomic.Uint64                     // of the slot in slotTable.traces; nil: there are none
	_           [64 - 2*8 - 5*bits.UintSize/8]byte // an interface is two words
}

// newSlotTable returns one of at least so many slots: a power of two from 64 to 65536.
func newSlotTable(slots int) slotTable {
	slots = min(max(slots, minInFlightSlots), maxInFlightSlots)
	width := bits.Len(uint(slots - 1))
	return slotTable{slots: make([]inflightSlot, 1<<width), shift: uint8(64 - width)}
}

// place returns the home of an id and the word of its slot there, less distance and phase. The hash is a
// multiplication by an odd number, which maps the ids one to one, so home and word together are the id; sequential
// ids of a generator of the user's own spread as well as random ones.
func (t *slotTable) place(id trace.SpanID) (home, word uint64) {
	h := hashID(id)
	return h >> t.shift, h << (64 - t.shift) >> (64 - t.shift) << (phaseBits + probeBits)
}

func hashID(id trace.SpanID) uint64 { return binary.BigEndian.Uint64(id[:]) * 0x9E3779B97F4A7C15 }

// at returns the i-th slot; t must have some.
func (t *slotTable) at(i uint64) *inflightSlot { return &t.slots[i&uint64(len(t.slots)-1)] }

// list has the traces of the slots listed.
func (t *slotTable) list() {
	t.traces = make([]atomic.Uint64, len(t.slots))
	for i := range t.slots {
		t.slots[i].listed = &t.traces[i]
	}
}

// put puts a local root of a trace, with marks, into a slot. It reports whether it has one, and whether it had that already.
func (t *slotTable) put(id trace.SpanID, tw uint64, s sdktrace.ReadOnlySpan) (done, again bool) {
	if len(t.slots) == 0 {
		return false, false
	}
	home, own := t.place(id)
	for i := range uint64(inFlightProbes) {
		home += i
		sl := t.at(home)
		if word := sl.word.Load(); word != slotFree || !sl.word.CompareAndSwap(slotFree, own|slotBusy) {
			if word == own|slotUsed && sl.has(own, s) {
				return true, true
			}
			own += 1 << phaseBits
			continue
		}
		sl.root = s
		if sl.listed != nil {
			sl.trace.Store(tw)
			sl.listed.Store(tw &^ traceMarks)
		}
		sl.release(own)
		return true, false
	}
	return false, false
}

// find returns the slot of a local root and its word less phase, nil if there is none.
func (t *slotTable) find(id trace.SpanID) (sl *inflightSlot, own uint64) {
	if len(t.slots) == 0 {
		return nil, 0
	}
	home, own := t.place(id)
	for i := range uint64(inFlightProbes) {
		home += i
		sl = t.at(home)
		if word := sl.word.Load(); word&^phaseMask == own && word != slotFree {
			return sl, own
		}
		own += 1 << phaseBits
	}
	return nil, 0
}

// has reports whether a local root is in a slot and has not ended.
func (t *slotTable) has(id trace.SpanID) bool {
	sl, own := t.find(id)
	if sl == nil {
		return false
	}
	word := sl.word.Load()
	return word == own|slotUsed || word == own|slotBusy
}

// end takes a local root of a trace out of its slot, and returns its marks. If it has children, the trace is among those that have ended, before
// it is no longer found in the slot. It reports false if it has none.
func (t *slotTable) end(id trace.SpanID, tw uint64, ended *endedTraces) (marks uint64, ok bool) {
	sl, own := t.find(id)
	if sl == nil {
		return 0, false
	}
	return sl.end(own, tw, ended)
}

// takeBack frees the slot of a local root of a trace that did not leave another one.
func (t *slotTable) takeBack(id trace.SpanID, tw uint64) {
	if sl, own := t.find(id); sl != nil {
		sl.end(own, tw, nil)
	}
}

// has reports whether the slot is that of s, or of another value for the same span: providers whose ids are not random share some.
func (sl *inflightSlot) has(own uint64, s sdktrace.ReadOnlySpan) bool {
	if !sl.word.CompareAndSwap(own|slotUsed, own|slotBusy) {
		return false
	}
	root := sl.root
	sl.release(own)
	return root.SpanContext().TraceID() == s.SpanContext().TraceID() && root.StartTime().Equal(s.StartTime())
}

// end frees the slot if own holds it, or has its holder do so, and returns the marks of its request; all, if somebody held it. A compare-and-swap fails only
// because somebody else's succeeded, and there are few of those: each child and each reader moves a slot twice. Afterwards nobody marks the request.
func (sl *inflightSlot) end(own, tw uint64, ended *endedTraces) (marks uint64, ok bool) {
	for {
		switch sl.word.Load() {
		case own | slotUsed:
			if sl.word.CompareAndSwap(own|slotUsed, own|slotClosing) {
				marks = sl.unmark(tw, ended)
				sl.free()
				return marks, true
			}
		case own | slotBusy: // whoever holds it may be about to put a trace there, and may free it at once
			ended.add(tw)
			if sl.word.CompareAndSwap(own|slotBusy, own|slotEnded) {
				return traceMarks, true
			}
		default:
			return 0, false
		}
	}
}

// adopt remembers a child, unless its parent is another span of the same id. It reports false if somebody else holds the slot.
func (sl *inflightSlot) adopt(own uint64, s sdktrace.ReadOnlySpan, h *traceHash) bool {
	if !sl.word.CompareAndSwap(own|slotUsed, own|slotBusy) {
		return false
	}
	if id := sl.root.SpanContext().TraceID(); id == s.SpanContext().TraceID() {
		sl.child = s
		if at := sl.trace.Load(); at&markParent == 0 || at&^traceMarks == 0 {
			sl.know(h.of(id), markParent)
		}
	}
	sl.release(own)
	return true
}

// adoptFirst gives the slot of a request that has moved the child that it was in, unless a later one has come.
func (sl *inflightSlot) adoptFirst(own uint64, r *running) {
	if r.child == nil || !r.child.EndTime().IsZero() || !sl.word.CompareAndSwap(own|slotUsed, own|slotBusy) {
		return
	}
	if sl.child == nil {
		sl.child = r.child
	}
	sl.release(own)
}

// release gives a slot back that was busy; it reports false, and frees the slot, when the request has ended meanwhile.
func (sl *inflightSlot) release(own uint64) bool {
	if sl.word.CompareAndSwap(own|slotBusy, own|slotUsed) {
		return true
	}
	sl.free()
	return false
}

// free empties a slot that the caller holds.
func (sl *inflightSlot) free() {
	sl.root, sl.child = nil, nil
	if sl.trace.Load() != 0 {
		sl.trace.Store(0)
	}
	if sl.listed != nil {
		sl.listed.Store(0)
	}
	sl.word.Store(slotFree)
}
