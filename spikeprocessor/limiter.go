// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"sync/atomic"
	"time"
)

// limiter lets burst events through at once and rate a second in the long run: the generic cell rate algorithm
// (ITU-T I.371), whose whole state is the time at which the bucket will be empty again. A refusal writes nothing, so a
// flood of them does not contend. It takes its time from the spans and needs no clock of its own.
type limiter struct {
	interval, burst int64 // ns
	empty           atomic.Int64
}

func newLimiter(rate, burst float64) *limiter {
	interval := float64(time.Second) / rate
	return &limiter{interval: int64(interval), burst: int64(interval * burst)}
}

func (l *limiter) allow(t time.Time) bool {
	now := t.UnixNano()
	for {
		old := l.empty.Load()
		from := max(old, now)
		if old > now+2*l.burst {
			from = now // a span from the future had set it
		}
		if from+l.interval-now > l.burst {
			return false
		}
		if l.empty.CompareAndSwap(old, from+l.interval) {
			return true
		}
	}
}
