// SPDX-License-Identifier: Apache-2.0

package events

import (
	"sync/atomic"
	"time"
)

const minuteSlots = 60

// minutes counts by minute over the last hour. Each slot is one word, the minute since 1970 in its upper
// and the count in its lower half, and changes only by compare-and-swap: no count is lost or moved to
// another minute when a slot changes hands. The zero value is ready.
type minutes struct{ slots [minuteSlots]atomic.Uint64 }

func minuteOf(t time.Time) uint32 { return uint32(t.Unix() / 60) }

func (m *minutes) add(minute uint32) {
	slot := &m.slots[minute%minuteSlots]
	for {
		old := slot.Load()
		next := uint64(minute)<<32 | 1
		if uint32(old>>32) >= minute { // the same minute; or the clock went back an hour: count it where time was
			next = old + 1
		}
		if slot.CompareAndSwap(old, next) {
			return
		}
	}
}

// at returns the count of a minute, 0 if it is not among the last 60.
func (m *minutes) at(minute uint32) uint64 {
	w := m.slots[minute%minuteSlots].Load()
	if uint32(w>>32) != minute {
		return 0
	}
	return w & (1<<32 - 1)
}

// hour returns the sum over the minute and the 59 before it.
func (m *minutes) hour(minute uint32) (sum uint64) {
	for i := range uint32(minuteSlots) {
		sum += m.at(minute - i)
	}
	return sum
}
