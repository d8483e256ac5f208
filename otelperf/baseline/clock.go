// SPDX-License-Identifier: Apache-2.0

package baseline

import "time"

// clock turns the times of the ticks into seconds that never go backwards. It holds no time.Time, which would
// bring a pointer.
type clock struct {
	seconds  float64 // since the first tick
	unix     int64   // of the last tick
	nanos    int32
	started  bool
	lastStep float64
	behind   float64 // seconds by which it was put back and has not been put on again
}

const (
	farthest = int64(1e12)  // Unix seconds, either way, beyond which times count as this one
	leap     = hour         // seconds: a longer step is counted as an anomaly
	longest  = 400 * 86400. // seconds: no single step is longer
)

// advance moves on to now and tells whether the step was an ordinary one. A step back counts as one of usual
// seconds, so that durations being waited for neither restart nor last an hour longer, and so does a leap that takes it
// back.
func (c *clock) advance(now time.Time, usual float64) (ordinary bool) {
	unix, nanos := min(max(now.Unix(), -farthest), farthest), int32(now.Nanosecond())
	step := 0.0
	if c.started {
		step = float64(unix-c.unix) + float64(nanos-c.nanos)/1e9
	}
	ordinary = step >= 0 && step <= leap
	switch {
	case step < 0:
		c.behind = min(c.behind+usual-step, longest)
		step = usual
	case step > silence:
		back := min(c.behind, step-usual)
		c.behind -= back
		step -= back
	}
	c.lastStep = min(step, longest)
	c.seconds += c.lastStep
	c.unix, c.nanos, c.started = unix, nanos, true
	return ordinary
}

// wall returns the Unix seconds of the last tick.
func (c *clock) wall() float64 { return float64(c.unix) + float64(c.nanos)/1e9 }

// time returns the last tick moved back by some seconds, in UTC.
func (c *clock) time(ago float64) time.Time {
	return time.Unix(c.unix, int64(c.nanos)).Add(-duration(ago)).UTC()
}
