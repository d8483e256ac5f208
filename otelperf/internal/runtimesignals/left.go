// SPDX-License-Identifier: Apache-2.0

package runtimesignals

import "time"

// What counts as having left its normal at about a time.
const (
	leftBefore = 60  // seconds before it, or less
	leftAfter  = 30  // seconds after it
	wellBefore = 120 // seconds for which it was within its normal before that

	clearly   = 2.0 // times as far from the usual as its limit is,
	leastOver = 5   // in so many seconds of ten: short of that a busy machine takes any signal
)

// explaining are the kinds that make all requests slow, whatever these do. Others, such as waits for locks, the scheduler's delays or the
// heap in use, are as often what slow requests make, or what the machine does besides; waits for a pool are those of some endpoints.
var explaining = map[*kind]bool{&kinds[gcAssist]: true, &kinds[cpuThrottled]: true, &kinds[memoryPressure]: true}

// Left names the signals that make requests slow and that left their normal clearly at about a time of the last hour, or began to again
// after two minutes within it.
func (r *Recorder) Left(at time.Time) (names []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	about := r.second(at)
	for _, l := range r.lines {
		if !explaining[l.kind] {
			continue
		}
		if since, ok := l.beyondSince(about-leftBefore-wellBefore, min(about+leftAfter+stepSeconds, r.last)); ok && since >= about-leftBefore {
			names = append(names, l.name)
		}
	}
	return names
}

// beyondSince is the first second in (from, to] at the end of ten seconds clearly beyond the limit.
func (l *line) beyondSince(from, to int64) (second int64, ok bool) {
	for s := max(from, 0); s <= to; s++ {
		if l.excess(l.ring.over(l.digest, s-stepSeconds, s)) >= clearly && l.secondsOver(s) >= leastOver {
			return s, true
		}
	}
	return 0, false
}

// secondsOver counts the seconds beyond the limit, of the ten up to one.
func (l *line) secondsOver(to int64) (n int) {
	for s := max(0, to-stepSeconds+1); s <= to; s++ {
		if l.excess(l.ring.over(l.digest, s-1, s)) > 0 {
			n++
		}
	}
	return n
}
