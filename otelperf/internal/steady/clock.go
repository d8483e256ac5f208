// SPDX-License-Identifier: Apache-2.0

// Package steady is a clock for arithmetic that is driven by the times of its inputs: whole seconds that never go back, whatever
// the wall clock does.
package steady

import "time"

const (
	farthest = int64(1e12) // Unix seconds, either way, beyond which times count as this one
	longest  = 400 * 86400 // seconds: no single step is longer
	mostEver = 1 << 30     // seconds at which the clock stands still, 34 years: its times fit an int32
)

// Clock counts seconds from its first Advance on. The zero Clock is ready. It is not safe for concurrent use.
type Clock struct {
	unix    int64 // of the last Advance
	seconds int32
	started bool
}

// Advance moves on to now and returns the seconds that have passed: 0 the first time, 1 if now lies before the last one, and at
// most 400 days.
func (c *Clock) Advance(now time.Time) int32 {
	unix := min(max(now.Unix(), -farthest), farthest)
	step := int64(0)
	if c.started {
		if step = unix - c.unix; step < 0 {
			step = 1
		}
	}
	step = min(step, longest, mostEver-int64(c.seconds))
	c.unix, c.started = unix, true
	c.seconds += int32(step)
	return int32(step)
}

// Seconds returns how many have passed since the first Advance.
func (c *Clock) Seconds() int32 { return c.seconds }

// Time returns the wall time at which Seconds was at, as if the wall clock had not been set since.
func (c *Clock) Time(at int32) time.Time {
	return time.Unix(c.unix-int64(c.seconds)+int64(at), 0).UTC()
}

// Hour returns the number of the running hour since 1970, UTC; those before it are negative.
func (c *Clock) Hour() int64 {
	h := c.unix / 3600
	if c.unix < h*3600 {
		h--
	}
	return h
}
