// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"
	"time"
)

// The story of a spike: all is well until slowFrom, then a lock in the database makes one endpoint slow for slowFor. In a run
// without an end it repeats.
const (
	slowFrom    = 45 * time.Second
	slowFor     = 30 * time.Second
	storyLength = 2 * time.Minute // with the end of the spike
	storyEvery  = 4 * time.Minute
	lockWait    = 60 * time.Millisecond // for each product
)

// Knobs of the baselines for the story: a service would take the defaults, a minute and five minutes.
const (
	storyGrace    = 10 * time.Second
	storyCooldown = time.Minute
)

// story makes GET /products/{id} slow for a while, and says so.
type story struct {
	out    io.Writer
	locked atomic.Bool
}

// tell runs the story until ctx ends.
func (s *story) tell(ctx context.Context) {
	if s == nil {
		return
	}
	for pause(ctx, slowFrom) {
		s.say("a lock in the database: GET /products/{id} takes %v longer for %v from now on", lockWait, slowFor)
		s.locked.Store(true)
		pause(ctx, slowFor)
		s.locked.Store(false)
		s.say("the lock is gone; the spike ends when enough requests have been as fast as usual")
		if !pause(ctx, storyEvery-slowFrom-slowFor) {
			return
		}
	}
}

func (s *story) say(format string, args ...any) {
	_, _ = fmt.Fprintf(s.out, ">>> "+format+"\n", args...)
}

// lock is what a query of one product waits for.
func (s *story) lock(ctx context.Context) {
	if s != nil && s.locked.Load() {
		pause(ctx, lockWait)
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
