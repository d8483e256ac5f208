// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"runtime"
	"time"
)

// newFront returns a front of 16 slots for each CPU, 64 at least and as many as the table has at most: most are free where not many more
// requests run than there are CPUs for.
func newFront() slotTable {
	return newSlotTable(min(16*runtime.GOMAXPROCS(0), defaultInFlightSlots))
}

// moveOn moves what has been running for longer than frontAge out of the front into the table, and returns what finds no slot there, and what has
// ended. A request that ends meanwhile is found by end: it is in the table before it is out of the front. Where end was first, or somebody holds
// the slot, it is not to stay in the table. The caller holds moved.mu: nobody lists a request twice.
func (t *inflight) moveOn(now time.Time) (crowded []running) {
	for i := range t.front.slots {
		sl := &t.front.slots[i]
		r, ok := t.read(sl)
		switch {
		case !ok:
		case r.ended():
			crowded = append(crowded, r)
		case now.Sub(r.start) <= frontAge:
			sl.forget(&r)
		case !t.moveRoot(&r):
			crowded = append(crowded, r)
		}
	}
	return crowded
}

// moveRoot reports whether there was room. The request is taken for one of which children were moved aside: whoever is about to mark it
// does so in the slot that it leaves.
func (t *inflight) moveRoot(r *running) bool {
	tw := t.hash.of(r.root.SpanContext().TraceID())
	if done, _ := t.put(r.id, tw|traceMarks, r.root); !done {
		return false
	}
	t.moves.Add(1) // before it is gone from where a survey saw it
	if !r.leave() {
		t.table.takeBack(r.id, tw)
		if r.gone() {
			t.endedMeanwhile(r)
		}
	} else if sl, own := t.table.find(r.id); sl != nil {
		sl.adoptFirst(own, r)
	}
	return true
}
