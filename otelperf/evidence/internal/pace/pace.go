// SPDX-License-Identifier: Apache-2.0

// Package pace holds work that nobody waits for to a share of one CPU.
package pace

import (
	"errors"
	"time"
)

// ErrStopped is returned once the work is to be given up.
var ErrStopped = errors.New("given up: shutting down")

// slice is how long work goes on without a rest.
const slice = 5 * time.Millisecond

// Pace makes its goroutine rest in proportion to the time that it worked. That is counted by the clock, which is never less than what
// it used of a CPU. It is for one goroutine.
type Pace struct {
	share float64
	stop  <-chan struct{}
	since time.Time
	total time.Duration
}

// New starts the work. share is that of one CPU, above 0 and at most 1; stop is closed when the work is to be given up.
func New(share float64, stop <-chan struct{}) *Pace {
	return &Pace{share: share, stop: stop, since: time.Now()}
}

// Step is called between two pieces of work, the more often the better. It rests if it is time to, and fails once the work is to be
// given up.
func (p *Pace) Step() error {
	worked := time.Since(p.since)
	if worked < slice {
		return nil
	}
	p.total += worked
	rest := time.NewTimer(time.Duration(float64(worked) * (1 - p.share) / p.share))
	defer rest.Stop()
	select {
	case <-p.stop:
		return ErrStopped
	case <-rest.C:
	}
	p.since = time.Now()
	return nil
}

// Worked is how long the work took so far, without the rests.
func (p *Pace) Worked() time.Duration { return p.total + time.Since(p.since) }
