// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"
)

// The story of a spike: all is well until slowFrom, then prices are updated for slowFor, product by product, under a lock that one
// endpoint wants, too. In a run without an end it repeats.
const (
	slowFrom    = 45 * time.Second
	slowFor     = 30 * time.Second
	storyLength = 2 * time.Minute // with the end of the spike
	storyEvery  = 4 * time.Minute
	updateTime  = 100 * time.Millisecond // for each product
)

// Knobs of the baselines for the story: a service would take the defaults, a minute and five minutes.
const (
	storyGrace    = 10 * time.Second
	storyCooldown = time.Minute
)

// story makes GET /products/{id} slow for a while, and says so.
type story struct {
	out    io.Writer
	prices sync.RWMutex
}

// tell runs the story until ctx ends.
func (s *story) tell(ctx context.Context) {
	if s == nil {
		return
	}
	for pause(ctx, slowFrom) {
		s.say("prices are updated for %v from now on, under a lock that GET /products/{id} wants, too", slowFor)
		s.updatePrices(ctx)
		s.say("the update is over; the spike ends when enough requests have been as fast as usual")
		if !pause(ctx, storyEvery-slowFrom-slowFor) {
			return
		}
	}
}

// updatePrices holds the lock for each product.
func (s *story) updatePrices(ctx context.Context) {
	over := time.Now().Add(slowFor)
	for time.Now().Before(over) && ctx.Err() == nil {
		s.prices.Lock()
		pause(ctx, updateTime)
		s.prices.Unlock()
	}
}

func (s *story) say(format string, args ...any) {
	_, _ = fmt.Fprintf(s.out, ">>> "+format+"\n", args...)
}

// price is read under the lock.
func (s *story) price() {
	if s != nil {
		s.prices.RLock()
		defer s.prices.RUnlock()
	}
}

// pause reports whether ctx lasted for d.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
