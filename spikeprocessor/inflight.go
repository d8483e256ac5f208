// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"sync/atomic"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Bounds of the table of running requests.
const (
	defaultInFlightSlots = 1024
	minInFlightSlots     = 1 << 6 // with fewer, a word would have no room for the id
	maxInFlightSlots     = 1 << 16
	inFlightProbes       = 1 << probeBits // slots that are tried for one id: 0, 1, 3, 6, ... from its home, so that full ones do not gather
	frontAge             = time.Second    // from which a request is to be in the table
)

// inflight is a table of the local roots that run now, and in front of it one of few slots: those stay in a core's cache, where those for
// all that may run at once do not, and to wait for a slot that nobody has touched for long is most of what such a table costs. Who finds no
// slot free in the front has one of the table, and what runs for longer than frontAge is moved there by sweep. Invariant: root and child of a slot are touched only by the
// goroutine that moved its word to busy or closing, and each such goroutine moves it on without waiting for another.
//
// A word is the phase, the how-manieth one tried from its home the slot is, and all bits of the span id that the home does
// not tell. So it names its owner in full, and a compare-and-swap that was prepared for one request can't hit the next
// one in the same slot: there is no need for a generation count. Compare-and-swap acquires what the last holder wrote
// into the slot, release and free publish it.
//
// start, end and child allocate nothing, take no lock and call no method of a span but SpanContext, which takes none. What they do when a slot
// is held by somebody else:
//
//   - start tries another slot, eight of the front, eight of the table, and eight of the spare slots, half as many again, where the next sweep
//     finds the request; end need not look there: readers pass over what has ended. Where these are taken, any other spare one will do:
//     the request is listed from there, but until the next sweep nobody finds it by its id, so that what it is in is not known. It is counted
//     as unfollowed. When all of them are in use, it is not listed, and is counted as dropped.
//   - child leaves its span out and is counted as skipped: a name less in a list.
//   - end must not be lost, or the request would run for ever. It turns busy into ended and goes; the holder's
//     release then fails to turn busy into used, and frees the slot. Either the mark comes first and release sees it,
//     or release comes first, the mark's compare-and-swap fails, and end finds the slot used and frees it itself.
//
// The trace of a slot is for those who ask whether a request of it runs, see [survey]. In the front it is put there by the first child, or by whoever asks:
// requests without children, which most are, do not pay for it.
//
// Once a second sweep moves what has been running longest out of a table that is more than half full, and all out of the spare
// slots, to where an index finds them. So of those that begin between two sweeps, at least as many as half of the table's slots are known, whatever their ids are.
//
// Memory: 64 bytes a slot, 100 KiB by default, or 1 KiB a CPU where there are more than four, and some 200 bytes for each request that made
// room, besides the spans: a request that is known, of at most 4096, and 1024 and as many as the front has that began after the last sweep
// but one, keeps its root alive, which runs, and the root's latest
// direct child until a sweep after its end, two spans of the SDK (about 1 KB each, and what the program put into them).
//
// All methods are safe for concurrent use.
type inflight struct {
	front slotTable // where most requests are from their start to their end; may have no slots
	table slotTable
	spare slotTable // freed under moved.mu alone

	use     inUse                      // of the table
	spilled atomic.Uint64              // a bit for each id that is to be looked for among the spare slots, see spareBit
	aside   atomic.Pointer[asideSlots] // those that made room; nil: none did

	dropped, skipped, unread, swept, unfollowed atomic.Uint64

	claimed  atomic.Uint64 // spare slots that start has tried one after the other since they were looked through
	spareUse inUse         // of the spare slots

	// letGo is called with requests that had ended while a sweep moved them: until it knew, they were taken for running. nil: nobody cares.
	letGo   func(root *trace.SpanContext)
	hash    traceHash
	ended   endedTraces
	moves   atomic.Uint32                 // requests that have moved from the front into the table
	outside atomic.Pointer[outsideTraces] // requests that left the table; nil: there are none
	moved   moved
}

// newInFlight returns a table of at least so many slots, a power of two from 64 to 65536, and no front.
func newInFlight(slots int) *inflight {
	t := &inflight{table: newSlotTable(slots), hash: newTraceHash()}
	t.table.list()
	t.spare = newSpare(len(t.table.slots) / 2)
	return t
}

// start puts a local root into the front, else into the table, else into a spare slot. It reports whether it is there already.
func (t *inflight) start(own *trace.SpanContext, s sdktrace.ReadOnlySpan) (again bool) {
	id, tw := own.SpanID(), t.hash.of(own.TraceID())
	done, again := t.front.put(id, tw, s)
	if !done {
		done, again = t.put(id, tw, s)
	}
	if !done {
		again = t.spill(id, tw, s)
	}
	return again
}

// put puts a local root into the table. It reports whether it has one of its slots, and whether it had that already.
func (t *inflight) put(id trace.SpanID, tw uint64, s sdktrace.ReadOnlySpan) (done, again bool) {
	done, again = t.table.put(id, tw, s)
	if done {
		t.use.begin()
	}
	return done, again
}

// end takes a local root out of the front or the table, and returns its marks. Of one that found no slot of its own, or had to leave it,
// nothing is known: it has all marks.
func (t *inflight) end(own *trace.SpanContext) (marks uint64) {
	id, tw := own.SpanID(), t.hash.of(own.TraceID())
	marks, ok := t.front.end(id, tw, &t.ended)
	if !ok {
		if marks, ok = t.table.end(id, tw, &t.ended); !ok {
			t.endOutside(tw)
			return traceMarks
		}
	}
	return marks
}

// runs reports whether a request of a trace runs.
func (t *inflight) runs(id trace.TraceID) bool {
	tw := t.hash.of(id)
	for i := range t.front.slots {
		if t.front.slots[i].ask(&t.hash) == tw {
			return true
		}
	}
	if t.use.may() {
		for i := range t.table.traces {
			if t.table.traces[i].Load() == tw && t.table.slots[i].trace.Load()&^traceMarks == tw {
				return true
			}
		}
	}
	return t.isOutside(tw)
}

// endedMeanwhile tells whoever cares of a request that has ended while a sweep moved it.
func (t *inflight) endedMeanwhile(r *running) {
	if t.letGo != nil {
		sc := r.root.SpanContext()
		t.letGo(&sc)
	}
}

// has reports whether a local root is in a slot of its own.
func (t *inflight) has(id trace.SpanID) bool { return t.front.has(id) || t.table.has(id) }

// child remembers s, a span that has just started, as what the local root with the id parent is in. For a parent that
// is no running local root it does nothing. It looks in the order in which requests move.
func (t *inflight) child(parent trace.SpanID, s sdktrace.ReadOnlySpan) {
	sl, own := t.front.find(parent)
	if sl == nil && t.use.may() {
		sl, own = t.table.find(parent)
	}
	if sl == nil && t.spilled.Load()&spareBit(parent) != 0 {
		sl, own = t.spare.find(parent)
	}
	if sl == nil {
		sl = t.aside.Load().find(parent)
		own = asideOwn
	}
	if sl != nil && !sl.adopt(own, s, &t.hash) {
		sl.trace.Or(markParent)
		t.skipped.Add(1)
	}
}
