// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"math/bits"
	"slices"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// newSpare returns a table of so many slots, a power of two. Where they are fewer than 64, their words do not name an id in full: child asks
// for the trace as well, and nobody ends what is there by its id.
func newSpare(slots int) slotTable {
	t := slotTable{slots: make([]inflightSlot, slots), shift: uint8(65 - bits.Len(uint(slots)))}
	t.list()
	return t
}

// spareBit tells most ids that no spare slot has: children of children ask for their parents, too, and seldom need look further.
func spareBit(id trace.SpanID) uint64 { return 1 << (hashID(id) >> 58) }

// spill puts a local root that found no slot into a spare one. It reports whether it is there already.
func (t *inflight) spill(id trace.SpanID, tw uint64, s sdktrace.ReadOnlySpan) (again bool) {
	defer t.spareUse.begin()
	done, again := t.spare.put(id, tw|traceMarks, s)
	if done {
		// Afterwards: a sweep takes the bits back before it empties the slots. Children begin when start is done.
		if bit := spareBit(id); t.spilled.Load()&bit == 0 {
			t.spilled.Or(bit)
		}
		return again
	}
	for n := uint64(len(t.spare.slots)); t.claimed.Load() < n; {
		i := t.claimed.Add(1) - 1
		if i < n && t.spare.slots[i].word.CompareAndSwap(slotFree, slotBusy) {
			t.spare.slots[i].root = s
			t.spare.traces[i].Store(tw)
			t.spare.slots[i].release(0)
			t.unfollowed.Add(1)
			return false
		}
	}
	t.dropped.Add(1)
	return false
}

// openSpare is open for the spare slots, of which it frees those whose request's end was heard of, after which start claims them from the first one on.
func (t *inflight) openSpare(to []running) []running {
	from := len(to)
	to = t.open(to, t.spare.slots)
	left := slices.DeleteFunc(to[from:], func(r running) bool { return r.slot.listed.Load() == 0 && r.ended() && r.leave() })
	t.claimed.Store(0)
	return to[:from+len(left)]
}
