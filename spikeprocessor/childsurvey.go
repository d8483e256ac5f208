// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"math/bits"
	"slices"
	"sync/atomic"
)

// survey is which requests ran at one moment, by trace: those of the front and of the table. The others, which found no room there, are
// not in it.
type survey struct {
	table *inflight
	at    []uint16 // number of a slot plus one, by open addressing: a power of two, more than there are slots
	shift uint8
	n     int
	moves uint32 // of the table, before
	// crowded are traces of more than maxSameTrace requests, as where a client has one for all that it asks for. Those of its requests that are not
	// in the survey are marked at once. With more such traces than there is room for, any may be one.
	crowded [4]uint64
	crowds  int
}

const maxSameTrace = 8

func newSurvey(t *inflight) survey {
	width := bits.Len(uint(len(t.front.slots) + len(t.table.slots)))
	return survey{table: t, at: make([]uint16, 1<<width), shift: uint8(64 - width)}
}

// slot returns the slot of a number: those of the front come first.
func (v *survey) slot(i uint16) *inflightSlot {
	if front := v.table.front.slots; int(i) < len(front) {
		return &front[i]
	}
	return &v.table.table.slots[int(i)-len(v.table.front.slots)]
}

// take notes who runs. Whoever moves from the front into the table meanwhile is found at one of the places.
func (v *survey) take(t *inflight) {
	if v.n > 0 {
		clear(v.at)
		v.n, v.crowds = 0, 0
	}
	v.moves = t.moves.Load()
	for i := range t.front.slots {
		if sl := &t.front.slots[i]; sl.word.Load() != slotFree {
			if tw := sl.ask(&t.hash); tw != 0 {
				v.add(tw, i)
			}
		}
	}
	if !t.use.may() {
		return
	}
	for i := range t.table.traces {
		if tw := t.table.traces[i].Load(); tw != 0 {
			v.add(tw, len(t.front.slots)+i)
		}
	}
}

func (v *survey) add(tw uint64, slot int) {
	same := 0
	j := tw >> v.shift
	for v.at[j] != 0 {
		if v.slot(v.at[j]-1).trace.Load()&^traceMarks == tw {
			if same++; same == maxSameTrace {
				v.crowd(tw, v.slot(uint16(slot)))
				return
			}
		}
		j = (j + 1) & uint64(len(v.at)-1)
	}
	v.at[j] = uint16(slot + 1)
	v.n++
}

// crowd takes note of a trace of so many requests, and marks one of them that is not in the survey.
func (v *survey) crowd(tw uint64, sl *inflightSlot) {
	sl.mark(tw, markAside)
	if v.isCrowded(tw) {
		return
	}
	if v.crowds < len(v.crowded) {
		v.crowded[v.crowds] = tw
	}
	v.crowds++
}

func (v *survey) isCrowded(tw uint64) bool {
	return v.crowds > len(v.crowded) || slices.Contains(v.crowded[:v.crowds], tw)
}

// mark notes at the requests of a trace that something of theirs is aside. It reports whether there are any.
func (v *survey) mark(tw uint64) (any bool) {
	if v.n == 0 {
		return false
	}
	for j := tw >> v.shift; v.at[j] != 0; j = (j + 1) & uint64(len(v.at)-1) {
		any = v.slot(v.at[j]-1).mark(tw, markAside) || any
	}
	return any
}

// claim is what a child is held for: that its request runs, by a survey. The zero value always stands.
type claim struct {
	survey *survey
	trace  uint64
}

// stands reports whether a request of the trace runs, which is marked then if it is in the survey, or none is known. It is asked under the lock
// that who lets go of a request's children takes, after the request has ended: either he finds the child, or it is not held.
func (c claim) stands() bool {
	v := c.survey
	if v == nil || v.mark(c.trace) {
		return true
	}
	if v.moves != v.table.moves.Load() {
		if v.take(v.table); v.mark(c.trace) {
			return true
		}
	}
	return v.crowds > 0 && v.isCrowded(c.trace) || v.table.isOutside(c.trace) || !v.table.ended.has(c.trace)
}

// endedTraces remembers of which traces requests with children have ended, for a second or two: 64 bits of 1024 words each. Some are taken for one of
// those that are none, the more the more there are, a tenth at 3500 requests a second.
type endedTraces [2][1024]atomic.Uint64

// add is called before the request leaves the table. A nil e remembers nothing.
func (e *endedTraces) add(tw uint64) {
	if e == nil {
		return
	}
	word, bit := &e[0][tw>>54], uint64(1)<<(tw>>48&63)
	if word.Load()&bit == 0 {
		word.Or(bit)
	}
}

func (e *endedTraces) has(tw uint64) bool {
	bit := uint64(1) << (tw >> 48 & 63)
	return (e[0][tw>>54].Load()|e[1][tw>>54].Load())&bit != 0
}

// age is to be called once a second.
func (e *endedTraces) age() {
	for i := range e[0] {
		if w := e[0][i].Load(); w|e[1][i].Load() != 0 {
			e[1][i].Store(w)
			e[0][i].And(^w)
		}
	}
}
