// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"math"
	"math/rand/v2"
	"sync"
	"time"
)

// seed makes runs alike: the same requests in the same order. What they take still depends on the machine.
const seed = 20

// dice is chance, for many requests at once.
type dice struct {
	mu sync.Mutex // guards r
	r  *rand.Rand
}

func newDice(stream uint64) *dice { return &dice{r: rand.New(rand.NewPCG(seed, stream))} }

// chance is true with probability p.
func (d *dice) chance(p float64) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.r.Float64() < p
}

// between returns a number from low to high, both included.
func (d *dice) between(low, high int) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return low + d.r.IntN(high-low+1)
}

// maxStretch bounds how many times its median a wait can take.
const maxStretch = 6

// wait takes about as long as median. Waits are lognormal, as service times are: most are near the median, a few are
// several times as long. spread is the standard deviation of the logarithm; 0.5 puts one in a hundred above 3.2 times
// the median. It ends early with ctx, and returns its error.
func (d *dice) wait(ctx context.Context, median time.Duration, spread float64) error {
	d.mu.Lock()
	stretch := math.Exp(spread * d.r.NormFloat64())
	d.mu.Unlock()
	t := time.NewTimer(time.Duration(float64(median) * min(stretch, maxStretch)))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
