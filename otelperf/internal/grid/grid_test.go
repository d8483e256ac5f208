// SPDX-License-Identifier: Apache-2.0

package grid

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// However durations are spread, there are no more buckets than may be, each duration is counted, between the bounds of its bucket.
func TestFit(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		low, span := 1+r.Int64N(1<<(1+r.IntN(40))), 1+r.Int64N(1<<(1+r.IntN(50)))
		h, all := latency.NewCoarse(), make([]time.Duration, 1+r.IntN(50))
		for i := range all {
			all[i] = time.Duration(low + r.Int64N(span))
			h.Record(all[i])
		}
		usual := []int{r.IntN(216) - 136}
		for _, most := range []int{36, 48, 64} {
			g := Fit(most, usual, h)
			if g.Len() < 1 || g.Len() > most || g.Scale() > Finest || g.Scale() < 0 {
				t.Fatalf("%d buckets at scale %d, want at most %d", g.Len(), g.Scale(), most)
			}
			if g.Scale() < Finest && Fit(2*most, usual, h).Scale() == g.Scale() && (g.Len()-2)*2 > 2*most {
				t.Fatalf("%d buckets at scale %d, though finer ones would have had room", g.Len(), g.Scale())
			}
			if i := g.At(usual[0]); i < 0 || i >= g.Len() {
				t.Fatalf("bucket %d is not in a grid of %d", i, g.Len())
			}
			want := make([]uint64, g.Len())
			for _, d := range all {
				s, i := min(max(d.Seconds(), 0x1p-20), 0x1p15), 0
				for i < g.Len()-1 && g.Bound(i+1) < s {
					i++
				}
				want[i]++
			}
			for i, n := range g.Counts(h) {
				if n != want[i] {
					t.Fatalf("bucket %d of %v has %d, want %d", i, all, n, want[i])
				}
			}
		}
	}
}

func TestFitNothing(t *testing.T) {
	if g := Fit(48, nil, latency.NewCoarse(), new(latency.Histogram)); g.Len() != 0 || len(g.Counts(latency.NewCoarse())) != 0 {
		t.Errorf("a grid for nothing has %d buckets", g.Len())
	}
}
