// SPDX-License-Identifier: Apache-2.0

//go:build !race

package baseline

import (
	"testing"
	"time"
)

func TestTickAllocatesNothing(t *testing.T) {
	b := newBench(t, Config{Cooldown: time.Second})
	b.run(1200)
	seconds, events := 0, 0
	ticks := func() {
		for range 4000 {
			if seconds++; seconds%200 < 60 {
				b.src.slow = 5
			} else {
				b.src.slow = 1
			}
			b.now = b.now.Add(time.Second)
			if ev := b.d.Tick(b.now, b.src.second()); ev.Kind != None {
				events++
			}
			_ = b.d.State()
		}
	}
	least := testing.AllocsPerRun(1, ticks)
	for range 4 { // the runtime allocates for itself now and then
		least = min(least, testing.AllocsPerRun(1, ticks))
	}
	if least != 0 || events == 0 {
		t.Errorf("at least %v allocations in 4000 ticks with %d events", least, events)
	}
}
