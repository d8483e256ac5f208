// SPDX-License-Identifier: Apache-2.0

package runtimesignals

import "time"

// What counts as having left its normal at about a time.
const (
	leftBefore = 60  // seconds before it, or less
	leftAfter  = 30  // seconds after it
	wellBefore = 120 // seconds for which it was within its normal before that
)

// explaining are the kinds that make requests slow whatever these do. Others, such as waits for locks or the heap in use, are as often
// what slow requests make.
var explaining = map[*kind]bool{
	&kinds[gcCPU]: true, &kinds[gcAssist]: true, &kinds[pauses]: true, &kinds[schedLatency]: true, &kinds[cpuThrottled]: true,
	&kinds[memoryPressure]: true, &ofPool[poolWaiting]: true,
}

// Left names the signals that make requests slow and that left their normal at about a time of the last hour, or began to again after two
// minutes within it: those of a pool with the pool behind a space.
func (r *Recorder) Left(at time.Time) (names []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	about := r.second(at)
	for _, l := range r.lines {
		if !explaining[l.kind] {
			continue
		}
		name := l.name
		if l.pool != nil {
			name += " " + l.poolName()
		}
		if since, ok := l.beyondSince(about-leftBefore-wellBefore, min(about+leftAfter+stepSeconds, r.last)); ok && since >= about-leftBefore {
			names = append(names, name)
		}
	}
	return names
}

// beyondSince is the first second in (from, to] at the end of ten seconds beyond the limit.
func (l *line) beyondSince(from, to int64) (second int64, ok bool) {
	for s := max(from, 0); s <= to; s++ {
		if l.excess(l.ring.over(l.digest, s-stepSeconds, s)) > 0 {
			return s, true
		}
	}
	return 0, false
}
