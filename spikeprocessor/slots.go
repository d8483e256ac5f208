// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import "sync/atomic"

// slots is a set of entries by the hash of their names: open addressing, at most half full. Invariant: a slot goes from nil to an entry
// once and never changes, so a reader needs no lock: it sees the entry whole or not at all (the atomic store releases, the load
// acquires). What is to go out of a set goes with the set: another takes its place.
type slots []atomic.Pointer[entry]

// newSlots returns room for n entries.
func newSlots(n int) *slots {
	size := 1
	for size < 2*n {
		size *= 2
	}
	return new(make(slots, size))
}

// probe walks the slots of a hash up to the entry with these names, or to a free one: nil.
func (s *slots) probe(h uint64, c class, method, route string) *entry {
	at := *s
	for i := h; ; i++ {
		e := at[i&uint64(len(at)-1)].Load()
		if e == nil || e.hash == h && e.class == c && e.route == route && e.method == method {
			return e
		}
	}
}

// put adds an entry that is not there. One goroutine at a time may call it.
func (s *slots) put(e *entry) {
	at := *s
	for i := e.hash; ; i++ {
		if slot := &at[i&uint64(len(at)-1)]; slot.Load() == nil {
			slot.Store(e)
			return
		}
	}
}
