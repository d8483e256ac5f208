// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"
)

func benchmarkIDs() []trace.SpanID {
	ids := make([]trace.SpanID, 1<<14)
	for i := range ids {
		ids[i] = spanID(rand.Uint64())
	}
	return ids
}

func BenchmarkInFlight(b *testing.B) {
	s, ids := snapshots(1, true)[0], benchmarkIDs()
	for _, load := range []int{0, 100, 500} {
		table := newInFlight(defaultInFlightSlots)
		for range load {
			table.startAs(spanID(rand.Uint64()), s)
		}
		b.Run(fmt.Sprintf("start+end/running=%d", load), func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				id := ids[i%len(ids)]
				table.startAs(id, s)
				table.endAs(id)
			}
		})
		b.Run(fmt.Sprintf("child/running=%d", load), func(b *testing.B) {
			table.startAs(ids[0], s)
			for b.Loop() {
				table.child(ids[0], s)
			}
			table.endAs(ids[0])
		})
		b.Run(fmt.Sprintf("grandchild/running=%d", load), func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				table.child(ids[i%len(ids)], s)
			}
		})
	}
	b.Run("start+end/parallel", func(b *testing.B) {
		table := newInFlight(defaultInFlightSlots)
		b.RunParallel(func(pb *testing.PB) {
			for i := rand.IntN(len(ids)); pb.Next(); i++ {
				id := ids[i%len(ids)]
				table.startAs(id, s)
				table.endAs(id)
			}
		})
	})
	b.Run("list/running=500", func(b *testing.B) {
		table := newInFlight(defaultInFlightSlots)
		tr := inflightTracer(table)
		for range 500 {
			_, _ = tr.Start(context.Background(), "root")
		}
		for b.Loop() {
			_, _ = table.list(time.Now(), 50)
		}
	})
}
