// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"encoding/binary"
	"math/bits"
	"sync/atomic"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Bounds of the table of running requests.
const (
	defaultInFlightSlots = 1024
	minInFlightSlots     = 1 << 6 // with fewer, a word would have no room for the id
	maxInFlightSlots     = 1 << 16
	inFlightProbes       = 1 << probeBits // slots that are tried for one id: 0, 1, 3, 6, ... from its home, so that full ones do not gather
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

// inflight is a table of the local roots that run now. Invariant: root and child of a slot are touched only by the
// goroutine that moved its word to busy or closing, and each such goroutine moves it on without waiting for another.
//
// A word is the phase, the how-manieth one tried from its home the slot is, and all bits of the span id that the home does
// not tell. So it names its owner in full, and a compare-and-swap that was prepared for one request can't hit the next
// one in the same slot: there is no need for a generation count. Compare-and-swap acquires what the last holder wrote
// into the slot, release and free publish it.
//
// start, end and child allocate nothing, take no lock and call no method of a span. What they do when a slot
// is held by somebody else:
//
//   - start tries another slot, eight in all, then one of the spare slots, half as many again, where the next sweep finds the
//     request. It is listed from there, but what it is in is not known, and end need not look there: readers pass over what has
//     ended. When all of them are in use, it is not listed, and is counted as dropped.
//   - child leaves its span out and is counted as skipped: a name less in a list.
//   - end must not be lost, or the request would run for ever. It turns busy into ended and goes; the holder's
//     release then fails to turn busy into used, and frees the slot. Either the mark comes first and release sees it,
//     or release comes first, the mark's compare-and-swap fails, and end finds the slot used and frees it itself.
//
// Once a second sweep moves what has been running longest out of a table that is more than half full, and all out of the spare
// slots. So of those that begin between two sweeps, at least as many as half of the slots are known, whatever their ids are.
//
// Memory: 64 bytes a slot, 96 KiB by default, and about as much for each request that made room, besides the spans: a request
// that is known, of at most 4096 and 1024 that began after the last sweep, keeps its root alive, which runs, and the root's latest
// direct child until a sweep after its end, two spans of the SDK (about 1 KB each, and what the program put into them).
//
// All methods are safe for concurrent use.
type inflight struct {
	slots []inflightSlot
	spare []inflightSlot // claimed by start one after the other, freed under moved.mu alone; their words have no id
	mask  uint64
	shift uint8 // the home of an id is its hash >> shift

	dropped, skipped, unread, swept atomic.Uint64

	claimed atomic.Uint64 // spare slots that start has tried since they were looked through

	moved moved
}

// inflightSlot fills a cache line, so that requests in neighbouring slots do not slow each other down.
type inflightSlot struct {
	word        atomic.Uint64
	root, child sdktrace.ReadOnlySpan
	_           [64 - 8 - 4*bits.UintSize/8]byte // an interface is two words
}

// newInFlight returns a table of at least so many slots: a power of two from 64 to 65536.
func newInFlight(slots int) *inflight {
	slots = min(max(slots, minInFlightSlots), maxInFlightSlots)
	width := bits.Len(uint(slots - 1))
	return &inflight{
		slots: make([]inflightSlot, 1<<width), spare: make([]inflightSlot, 1<<width/2), mask: 1<<width - 1, shift: uint8(64 - width),
	}
}

// place returns the home of an id and the word of its slot there, less distance and phase. The hash is a
// multiplication by an odd number, which maps the ids one to one, so home and word together are the id; sequential
// ids of a generator of the user's own spread as well as random ones.
func (t *inflight) place(id trace.SpanID) (home, word uint64) {
	h := binary.BigEndian.Uint64(id[:]) * 0x9E3779B97F4A7C15
	return h >> t.shift, h << (64 - t.shift) >> (64 - t.shift) << (phaseBits + probeBits)
}

// start puts a local root into the table. It reports whether it is there already.
func (t *inflight) start(id trace.SpanID, s sdktrace.ReadOnlySpan) (again bool) {
	home, own := t.place(id)
	for i := range uint64(inFlightProbes) {
		home += i
		sl := &t.slots[home&t.mask]
		if word := sl.word.Load(); word != slotFree || !sl.word.CompareAndSwap(slotFree, own|slotBusy) {
			if word == own|slotUsed && sl.has(own, s) {
				return true
			}
			own += 1 << phaseBits
			continue
		}
		sl.root = s
		sl.release(own)
		return false
	}
	t.spill(s)
	return false
}

// spill puts a local root that found no slot into a spare one.
func (t *inflight) spill(s sdktrace.ReadOnlySpan) {
	for n := uint64(len(t.spare)); t.claimed.Load() < n; {
		i := t.claimed.Add(1) - 1
		if i < n && t.spare[i].word.CompareAndSwap(slotFree, slotBusy) {
			t.spare[i].root = s
			t.spare[i].release(0)
			return
		}
	}
	t.dropped.Add(1)
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

// end takes a local root out of the table. It does nothing for one that found no slot of its own.
func (t *inflight) end(id trace.SpanID) {
	home, own := t.place(id)
	for i := range uint64(inFlightProbes) {
		home += i
		if t.slots[home&t.mask].end(own) {
			return
		}
		own += 1 << phaseBits
	}
}

// end frees the slot if own holds it, or has its holder do so. A compare-and-swap fails only because somebody else's
// succeeded, and there are few of those: each child and each reader moves a slot twice.
func (sl *inflightSlot) end(own uint64) bool {
	for {
		switch sl.word.Load() {
		case own | slotUsed:
			if sl.word.CompareAndSwap(own|slotUsed, own|slotClosing) {
				sl.free()
				return true
			}
		case own | slotBusy:
			if sl.word.CompareAndSwap(own|slotBusy, own|slotEnded) {
				return true
			}
		default:
			return false
		}
	}
}

// has reports whether a local root is in a slot of its own.
func (t *inflight) has(id trace.SpanID) bool {
	home, own := t.place(id)
	for i := range uint64(inFlightProbes) {
		if word := t.slots[(home+i)&t.mask].word.Load(); word == own|slotUsed || word == own|slotBusy {
			return true
		}
		own += 1 << phaseBits
	}
	return false
}

// child remembers s, a span that has just started, as what the local root with the id parent is in. For a parent that
// is no running local root it does nothing.
func (t *inflight) child(parent trace.SpanID, s sdktrace.ReadOnlySpan) {
	home, own := t.place(parent)
	for i := range uint64(inFlightProbes) {
		home += i
		sl := &t.slots[home&t.mask]
		if word := sl.word.Load(); word&^phaseMask == own && word != slotFree {
			t.adopt(sl, own, s)
			return
		}
		own += 1 << phaseBits
	}
}

func (t *inflight) adopt(sl *inflightSlot, own uint64, s sdktrace.ReadOnlySpan) {
	if !sl.word.CompareAndSwap(own|slotUsed, own|slotBusy) {
		t.skipped.Add(1)
		return
	}
	sl.child = s
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
	sl.word.Store(slotFree)
}
