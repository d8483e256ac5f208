// SPDX-License-Identifier: Apache-2.0

package baseline

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Whatever the chances, empty bins and equal ones included: the evidence never falls from bin to bin, and exp of it
// has mean 1 under what is usual and at most 1 under all that is below it.
func TestIsotone(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		usual, shifted := []float64{1}, []float64{1}
		for k := 1; k <= r.IntN(mostBins); k++ {
			u, s := usual[k-1], shifted[k-1]
			if r.IntN(3) > 0 {
				u *= math.Pow(r.Float64(), 3)
			}
			if r.IntN(3) > 0 {
				s = max(u, s*r.Float64())
			}
			u = max(u, 1e-4)
			usual, shifted = append(usual, u), append(shifted, max(0.7*s+0.3*u, u))
		}
		nats := isotone(usual, shifted)
		if !slices.IsSorted(nats[:]) || !finite(nats[0]) || !finite(nats[mostBins-1]) {
			t.Fatalf("usual %v, shifted %v: evidence %v", usual, shifted, nats)
		}
		mean := func(above []float64) (sum float64) {
			for k := range above {
				chance := above[k]
				if k+1 < len(above) {
					chance -= above[k+1]
				}
				sum += chance * math.Exp(nats[k])
			}
			return sum
		}
		if m := mean(usual); math.Abs(m-1) > 1e-9 {
			t.Fatalf("usual %v, shifted %v: mean %v", usual, shifted, m)
		}
		below := []float64{1}
		for k := 1; k < len(usual); k++ {
			below = append(below, min(below[k-1], usual[k]*r.Float64()))
		}
		if m := mean(below); m > 1+1e-9 {
			t.Fatalf("usual %v, shifted %v, but %v: mean %v", usual, shifted, below, m)
		}
	}
}

// Below the floor the three cuts are one; eight outliers among thousands of requests are no evidence then.
func TestIsotoneEqualCuts(t *testing.T) {
	nats := isotone([]float64{1, 0.005, 0.005, 0.005}, []float64{1, 0.006, 0.006, 0.006})
	if drift := 0.998*nats[0] + 0.002*nats[3]; drift >= 0 {
		t.Errorf("evidence %v gains %g nats a request", nats, drift)
	}
}

func TestWorst(t *testing.T) {
	var s shape
	for _, c := range []struct{ n, share, guard, least, most float64 }{
		{500, 0, 1.3, 0.008, 0.012},      // none of 500 seen: up to 0.8 % may be
		{500, 0.01, 1, 0.02, 0.025},      // two standard deviations above
		{1e6, 0.01, 2, 0.0198, 0.0202},   // well known: the guard alone
		{1e6, 0, 2, 0, 1e-5},             // nothing to guard
		{100, 1, 2, almost - 1e-6, 1},    // everything
		{100, 0.5, 1000, 0.99, almost},   // never beyond
		{30, 0.999, 3, 0.999, almost},    // likewise
		{1e9, 0.5, 1, 0.5, 0.5001},       // what is known needs no margin
		{500, 0.01, 2, 0.028, 0.031},     // both: less than one after the other
		{500, 0.01, 1.001, 0.02, 0.0249}, // no guard to speak of
	} {
		s.sum, s.squares = c.n, c.n
		if got := s.worst(c.share, c.guard, 2); !(got >= c.least && got <= c.most) {
			t.Errorf("%v of %v with guard %v: %v, want %v to %v", c.share, c.n, c.guard, got, c.least, c.most)
		}
	}
}
