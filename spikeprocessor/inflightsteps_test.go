// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"strings"
	"sync"
	"testing"
	"time"
)

// Each row is one order of the steps of a holder (a reader or a child) and of others, one compare-and-swap at a time.
func TestInFlightInterleavings(t *testing.T) {
	const id, later = 42, 43
	s := snapshots(1, true)[0]
	tests := []struct {
		name  string
		steps string
		held  int
		child bool
	}{
		{"end before the holder gives back", "hold end release", 0, false},
		{"end after the holder gave back", "hold release end", 0, false},
		{"two ends while it is held", "hold end end release", 0, false},
		{"a child while it is held", "hold child release", 1, false},
		{"a child after its root ended under a holder", "hold end child release", 0, false},
		{"a child when it is free", "child hold release", 1, true},
		{"a holder late by one request", "hold end release start release", 1, false},
		{"an end of a request that is not there", "end end", 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			table := newInFlight(64)
			home, own := table.table.place(spanID(id))
			sl := &table.table.slots[home]
			table.startAs(spanID(id), s)
			held := false
			for step := range strings.FieldsSeq(tt.steps) {
				switch step {
				case "hold":
					held = sl.word.CompareAndSwap(own|slotUsed, own|slotBusy)
				case "release":
					if held {
						sl.release(own)
					}
					held = false
				case "end":
					table.endAs(spanID(id))
				case "child":
					table.child(spanID(id), s)
				case "start":
					table.startAs(spanID(id), s)
				}
			}
			if got := table.held(); got != tt.held {
				t.Errorf("held %d slots, want %d", got, tt.held)
			}
			if got := sl.child != nil; got != tt.child {
				t.Errorf("child remembered: %v, want %v", got, tt.child)
			}
			table.endAs(spanID(later))
		})
	}
}

func TestInFlightConcurrentSafe(t *testing.T) {
	for name, table := range map[string]*inflight{"table": newInFlight(256), "front": withFront(256)} {
		t.Run(name, func(t *testing.T) { testConcurrentSafe(t, table) })
	}
}

func testConcurrentSafe(t *testing.T, table *inflight) {
	tr := inflightTracer(table)
	stop := make(chan struct{})
	var readers, requests sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					list, _ := table.list(time.Now(), 20)
					for _, r := range list {
						if r.Name != "root" || r.In != "" && r.In != "child" {
							t.Errorf("got %+v", r)
						}
					}
					table.sweep(time.Now())
				}
			}
		})
	}
	for range 8 {
		requests.Go(func() {
			for range 300 {
				ctx, root := tr.Start(t.Context(), "root")
				var kids sync.WaitGroup
				for range 3 {
					kids.Go(func() {
						_, c := tr.Start(ctx, "child")
						c.End()
					})
				}
				root.End() // while its children start
				kids.Wait()
			}
		})
	}
	requests.Wait()
	close(stop)
	readers.Wait()
	if n := table.held(); n != 0 {
		t.Errorf("%d slots are held after all requests ended, want 0", n)
	}
	table.sweep(time.Now())
	if list, n := table.list(time.Now(), 1); n != 0 || table.stats().Swept != 0 || len(table.moved.leaks) != 0 {
		t.Errorf("after all ended %d run: %+v; gave up %d", n, list, table.stats().Swept)
	}
}
