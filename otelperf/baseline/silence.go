// SPDX-License-Identifier: Apache-2.0

package baseline

// silences tells when an endpoint has been without requests for so long that its caches and pools are cold. The grace
// that follows is the one after a restart: requests are neither judged nor learned from.
type silences struct {
	gap       float64 // seconds between ticks with requests, on average
	coldUntil float64 // seconds of the clock
}

const (
	coldAfter = 1800.0 // seconds without a request, at least,
	coldGaps  = 20.0   // or this many times the usual gap: an endpoint whose requests are rare is not always cold
	gapMemory = 64.0   // ticks with requests
)

// note takes a tick with requests, gap seconds after the one before.
func (s *silences) note(now, gap, grace float64) {
	longest := max(coldAfter, coldGaps*s.gap)
	if gap > longest {
		s.coldUntil = now + grace
	}
	if s.gap == 0 {
		s.gap = gap
		return
	}
	s.gap += (min(gap, longest) - s.gap) / gapMemory
}

// cold tells whether the grace after a silence lasts.
func (s *silences) cold(now float64) bool { return now < s.coldUntil }
