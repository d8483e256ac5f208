// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import "runtime"

// Marks beside the trace of a slot: the lowest bits of its word, see traceWord.
const (
	markAside  = 1 << iota // children of the request have been moved aside: it has to let them go
	markParent             // it has children
)

// mark marks the request of the slot, if it is one of the trace and has not ended.
func (sl *inflightSlot) mark(tw, mark uint64) bool {
	for {
		at := sl.trace.Load()
		if (at^tw)&^traceMarks != 0 {
			return false
		}
		if at&mark != 0 || sl.trace.CompareAndSwap(at, at|mark) {
			break
		}
	}
	switch sl.word.Load() & phaseMask {
	case slotUsed, slotBusy:
		return (sl.trace.Load()^tw)&^traceMarks == 0 // else it is another request that has the slot
	}
	return false
}

// unmark returns the marks of the request of the slot, which has none from then on; all, if it is of another trace, or if children of it have started of which
// it does not know. If it has children, its trace is among those that have ended before it is gone. The caller is closing the slot.
func (sl *inflightSlot) unmark(tw uint64, ended *endedTraces) uint64 {
	for {
		at := sl.trace.Load()
		if at == 0 {
			return 0
		}
		marks := at & traceMarks
		if at&^traceMarks != tw {
			marks = traceMarks
		}
		if marks&markParent != 0 {
			ended.add(tw)
		}
		if sl.trace.CompareAndSwap(at, 0) {
			return marks
		}
	}
}

// know has the slot know the trace of its request. The caller holds the slot.
func (sl *inflightSlot) know(tw, mark uint64) {
	for {
		at := sl.trace.Load()
		if at&^traceMarks != 0 {
			tw = 0
		}
		if at|tw|mark == at || sl.trace.CompareAndSwap(at, at|tw|mark) {
			return
		}
	}
}

// ask returns the trace of the request of the slot, without marks; 0 if none runs, or if somebody holds the slot for long: then a child may be
// about to start that is the first one of the request.
func (sl *inflightSlot) ask(h *traceHash) (tw uint64) {
	for range readerPatience {
		if at := sl.trace.Load(); at&^traceMarks != 0 {
			return at &^ traceMarks
		}
		word := sl.word.Load()
		switch word & phaseMask {
		case slotBusy:
			runtime.Gosched()
		case slotUsed:
			if own := word &^ phaseMask; sl.word.CompareAndSwap(word, own|slotBusy) {
				sl.know(h.of(sl.root.SpanContext().TraceID()), 0)
				sl.release(own)
			}
		default:
			return 0
		}
	}
	return 0
}
