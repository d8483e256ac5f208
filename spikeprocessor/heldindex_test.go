// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"go.opentelemetry.io/otel/trace"
)

// TestTraceIndex compares it with a map while lists come and go, with seeds and with none: then all traces have one hash.
func TestTraceIndex(t *testing.T) {
	for _, seeded := range []bool{true, false} {
		var x traceIndex
		if seeded {
			x.seed()
		}
		rng := rand.New(rand.NewPCG(1, 2))
		want := map[trace.TraceID]int32{}
		var lists []heldList
		var free []int32
		for range 3000 {
			var id trace.TraceID
			binary.LittleEndian.PutUint64(id[8:], rng.Uint64N(300))
			if li := x.find(lists, id); li < 0 {
				if len(free) > 0 {
					li, free = free[len(free)-1], free[:len(free)-1]
				} else {
					li, lists = int32(len(lists)), append(lists, heldList{})
				}
				lists[li].trace = id
				x.add(lists, li, len(want))
				want[id] = li
			} else {
				if want[id] != li {
					t.Fatalf("seeded %v: found list %d, want %d", seeded, li, want[id])
				}
				x.remove(lists, li)
				delete(want, id)
				free = append(free, li)
			}
			if _, known := want[id]; known != (x.find(lists, id) >= 0) {
				t.Fatalf("seeded %v: a trace is known: %v", seeded, !known)
			}
		}
		for id, li := range want {
			if got := x.find(lists, id); got != li {
				t.Errorf("seeded %v: found list %d, want %d", seeded, got, li)
			}
		}
		if len(x.heads) < len(want) || len(x.heads) > 1024 {
			t.Errorf("%d heads for %d lists", len(x.heads), len(want))
		}
	}
}
