// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"math/bits"
	"slices"

	"go.opentelemetry.io/otel/trace"
)

const (
	asideOwn    = 0  // the words of slots aside have no id: the index has it
	asideProbes = 64 // of the index, which is at most half full; only ids that are not random need so many
)

// asideSlots finds the slots of requests that made room. It is written before it is stored, and never after: a sweep that moves more
// stores another. A nil one has none.
type asideSlots struct {
	at    []asideSlot
	shift uint8
	count int
}

type asideSlot struct {
	id   trace.SpanID
	slot *inflightSlot // nil: nothing is here, nor further on
}

func newAsideSlots(lists ...[]running) *asideSlots {
	x := &asideSlots{}
	for _, list := range lists {
		x.count += len(list)
	}
	if x.count == 0 {
		return nil
	}
	width := bits.Len(uint(2*x.count - 1))
	x.at, x.shift = make([]asideSlot, 1<<width), uint8(64-width)
	for _, list := range lists {
		for i := range list {
			x.put(list[i].id, list[i].slot)
		}
	}
	return x
}

func (x *asideSlots) put(id trace.SpanID, sl *inflightSlot) {
	home := hashID(id) >> x.shift
	for i := range uint64(asideProbes) {
		if at := &x.at[(home+i)&uint64(len(x.at)-1)]; at.slot == nil {
			*at = asideSlot{id, sl}
			return
		}
	}
}

func (x *asideSlots) find(id trace.SpanID) *inflightSlot {
	if x == nil {
		return nil
	}
	home := hashID(id) >> x.shift
	for i := range uint64(asideProbes) {
		if at := &x.at[(home+i)&uint64(len(x.at)-1)]; at.slot == nil || at.id == id {
			return at.slot
		}
	}
	return nil
}

// takePast takes what has ended out of what is aside, and returns those of which it was not heard yet, as far as their traces tell.
func (t *inflight) takePast() (past []running) {
	outside := t.outside.Load()
	t.moved.running = slices.DeleteFunc(t.moved.running, func(r running) bool {
		if !r.ended() {
			return false
		}
		if outside.find(t.hash.of(r.root.SpanContext().TraceID()), 0) != nil {
			past = append(past, r)
		}
		return true
	})
	return past
}

// makeRoom moves requests that were read out of their slots. A child that starts meanwhile finds its request: it is aside before it is out
// of its slot. One whose end was heard of, or whose slot somebody holds, stays where it is. Those that have ended, and those that had when they were aside, past, are
// outside for those who ask by trace, and else nowhere. The caller holds moved.mu.
func (t *inflight) makeRoom(leaving, past []running) {
	m, old := &t.moved, t.aside.Load()
	if len(leaving)+len(past)+m.past == 0 && (old == nil || old.count == len(m.running)) {
		return
	}
	aside := make([]running, len(leaving))
	var open []running // of those
	for i := range leaving {
		if leaving[i].ended() {
			continue
		}
		sl := &inflightSlot{root: leaving[i].root}
		sl.word.Store(asideOwn | slotUsed)
		aside[i] = running{root: sl.root, start: leaving[i].start, id: leaving[i].id, own: asideOwn, slot: sl}
		open = append(open, aside[i])
	}
	told := t.tellOutside(slices.Concat(m.running, past), leaving)
	t.aside.Store(newAsideSlots(m.running, open))
	m.past = len(past)
	var stayed []running
	for i := range leaving {
		switch {
		case !leaving[i].leave():
			stayed = append(stayed, leaving[i])
		case aside[i].slot == nil:
			m.past++
		default:
			aside[i].slot.adoptFirst(asideOwn, &leaving[i])
			m.running = append(m.running, aside[i])
		}
	}
	told(stayed)
}

// lookAside reads what requests that made room are in. The caller holds moved.mu.
func (t *inflight) lookAside() {
	for i := range t.moved.running {
		if r, ok := t.read(t.moved.running[i].slot); ok {
			t.moved.running[i].child = r.child
		}
	}
}
