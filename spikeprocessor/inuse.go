// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import "sync/atomic"

// inUse is whether there may be something in the slots of a table, for whoever would have to look through all of them. It says so from when begin
// returns until all that was there has gone, also while somebody looks.
type inUse struct{ state atomic.Uint32 }

const (
	useNone = iota
	useLooking
	useSome
)

// begin follows the taking of a slot: look has seen it, or is told.
func (u *inUse) begin() {
	if u.state.Load() != useSome {
		u.state.Store(useSome)
	}
}

func (u *inUse) may() bool { return u.state.Load() != useNone }

// look finds out whether one of the slots is taken. One goroutine at a time may.
func (u *inUse) look(slots []inflightSlot) {
	u.state.Store(useLooking)
	for i := range slots {
		if slots[i].word.Load() != slotFree {
			u.state.Store(useSome)
			return
		}
	}
	u.state.CompareAndSwap(useLooking, useNone)
}
