// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"math/bits"
	"sync/atomic"
)

// outsideTraces are the traces of requests that had to leave the table, by open addressing. One that has ended since is marked.
type outsideTraces struct {
	words []atomic.Uint64 // a power of two, at most half of them in use
	shift uint8
}

const outsideEnded = 1 // beside the trace

func newOutsideTraces(n int) *outsideTraces {
	width := bits.Len(uint(2 * n))
	return &outsideTraces{words: make([]atomic.Uint64, 1<<width), shift: uint8(64 - width)}
}

func (o *outsideTraces) add(tw uint64) {
	j := tw >> o.shift
	for o.words[j].Load() != 0 {
		j = (j + 1) & uint64(len(o.words)-1)
	}
	o.words[j].Store(tw)
}

// find returns the place of a request of the trace that runs, or with ended of one that does not; nil if there is none.
func (o *outsideTraces) find(tw uint64, ended uint64) *atomic.Uint64 {
	if o == nil {
		return nil
	}
	for j := tw >> o.shift; ; j = (j + 1) & uint64(len(o.words)-1) {
		switch o.words[j].Load() {
		case tw | ended:
			return &o.words[j]
		case 0:
			return nil
		}
	}
}

// end marks a request of the trace, if there is one.
func (o *outsideTraces) end(tw uint64) {
	if at := o.find(tw, 0); at != nil {
		at.CompareAndSwap(tw, tw|outsideEnded)
	}
}

// isOutside reports whether a request of a trace runs that is neither in the front nor in the table. It looks in the order in which they move.
func (t *inflight) isOutside(tw uint64) bool {
	if t.spareUse.may() {
		for i := range t.spare.traces {
			if t.spare.traces[i].Load() == tw {
				return true
			}
		}
	}
	return t.outside.Load().find(tw, 0) != nil
}

// endOutside is called when a request ends that is neither in the front nor in the table.
func (t *inflight) endOutside(tw uint64) {
	t.ended.add(tw)
	if t.spareUse.may() {
		for i := range t.spare.traces {
			if t.spare.traces[i].CompareAndSwap(tw, 0) {
				break
			}
		}
	}
	for o := t.outside.Load(); ; { // a sweep that had read that it runs may put another one there
		o.end(tw)
		now := t.outside.Load()
		if now == o {
			return
		}
		o = now
	}
}

// tellOutside has it known which traces have requests outside, before those leave their slots. The caller holds moved.mu, and calls leave for each of
// those that leave, and then the function that it gets, with those that did not.
func (t *inflight) tellOutside(stay, leaving []running) (stayed func(back []running)) {
	before := t.outside.Load()
	if len(stay)+len(leaving) == 0 {
		if before != nil {
			t.outside.Store(nil)
		}
		return func([]running) {}
	}
	word := func(r *running) uint64 { return t.hash.of(r.root.SpanContext().TraceID()) }
	now := newOutsideTraces(len(stay) + len(leaving))
	for _, some := range [][]running{stay, leaving} {
		for i := range some {
			now.add(word(&some[i]))
		}
	}
	t.outside.Store(now)
	return func(back []running) {
		for i := range back {
			if now.end(word(&back[i])); back[i].gone() {
				t.endedMeanwhile(&back[i])
			}
		}
		for i := range stay {
			if tw := word(&stay[i]); before.find(tw, outsideEnded) != nil && before.find(tw, 0) == nil {
				now.end(tw)
				t.endedMeanwhile(&stay[i])
			}
		}
	}
}
