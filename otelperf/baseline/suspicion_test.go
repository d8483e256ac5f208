// SPDX-License-Identifier: Apache-2.0

package baseline

import (
	"testing"
	"time"
)

// Suspicion comes before the alarm, says how long slow requests take, stays while these come, and goes with the spike.
func TestSuspicion(t *testing.T) {
	b := newBench(t, Config{})
	for range 1200 {
		b.run(1)
		if s := b.d.Suspicion(0.5); s != (Suspicion{}) {
			t.Fatalf("while all is well: %+v", s)
		}
	}
	usual, _ := b.d.Quantile(0.99)
	median, _ := b.d.Quantile(0.5)
	b.src.slow = 5
	var first Suspicion
	for len(b.events) == 0 && b.now.Second() < 60 {
		b.run(1)
		if s := b.d.Suspicion(0.5); first == (Suspicion{}) && len(b.events) == 0 {
			first = s
		}
	}
	b.wantKinds("started")
	if first.Evidence < 0.5 || first.Evidence >= 1 || first.Threshold < 3*median/2 || first.Slow <= first.Threshold || first.Slow > 5*usual {
		t.Errorf("before the alarm: %+v; the usual p99 is %v", first, usual)
	}
	if s := b.d.Suspicion(0.5); s.Evidence != 1 || s.Threshold != b.events[0].Threshold || s.Slow != b.events[0].QuantileNow {
		t.Errorf("at the alarm: %+v, want threshold %v and quantile %v", s, b.events[0].Threshold, b.events[0].QuantileNow)
	}
	b.src.slow = 1
	b.run(300)
	b.wantKinds("started ended")
	if s := b.d.Suspicion(0.5); s != (Suspicion{}) {
		t.Errorf("afterwards: %+v", s)
	}
}

// What is below the floor is never an alarm, and no suspicion either.
func TestNoSuspicionBelowTheFloor(t *testing.T) {
	b := newBench(t, Config{Floor: time.Second})
	b.run(1200)
	b.src.slow = 5
	for range 60 {
		b.run(1)
		if s := b.d.Suspicion(0.5); s != (Suspicion{}) {
			t.Fatalf("%+v", s)
		}
	}
}
