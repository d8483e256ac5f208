// SPDX-License-Identifier: Apache-2.0

package baseline

import "math"

// silences tells when an endpoint has been without requests for so long that its caches and pools are cold. The grace
// that follows is the one after a restart: requests are neither judged nor learned from, as long as they still become
// faster from minute to minute.
type silences struct {
	gap       float64 // seconds between ticks with requests, on average
	coldFrom  float64 // seconds of the clock
	coldUntil float64

	minuteFrom   float64 // when the running minute of a cold start began
	minute, last coldMinute
}

// coldMinute sums the logarithms of durations in octaves.
type coldMinute struct{ n, sum, squares float64 }

const (
	coldAfter = 1800.0 // seconds without a request, at least,
	coldGaps  = 20.0   // or this many times the usual gap: an endpoint whose requests are rare is not always cold
	gapMemory = 64.0   // ticks with requests

	coldLongest  = 900.0 // seconds that a cold start may take
	coldRequests = 10    // that are worth being compared with those of the next minute
	coldFall     = 0.15  // octaves from one minute to the next that are still a fall
)

// note takes a tick with requests, gap seconds after the one before.
func (s *silences) note(now, gap, grace float64) {
	longest := max(coldAfter, coldGaps*s.gap)
	if gap > longest {
		s.begin(now, grace)
	}
	if s.gap == 0 {
		s.gap = gap
		return
	}
	s.gap += (min(gap, longest) - s.gap) / gapMemory
}

// begin begins a cold start.
func (s *silences) begin(now, grace float64) {
	s.coldFrom, s.coldUntil = now, now+grace
	s.minuteFrom, s.minute, s.last = now, coldMinute{}, coldMinute{}
}

// cold tells whether the grace after a silence lasts.
func (s *silences) cold(now float64) bool { return now < s.coldUntil }

// add takes requests of a cold start. After a minute in which they became faster there is another one, and a half to see
// it.
func (s *silences) add(now float64, index int32, n uint32) {
	if s.minute.n >= coldRequests && now-s.minuteFrom >= minuteLength {
		if s.minute.fasterThan(&s.last) {
			s.coldUntil = max(s.coldUntil, min(now+1.5*minuteLength, s.coldFrom+coldLongest))
		}
		s.minuteFrom, s.minute, s.last = now, coldMinute{}, s.minute
	}
	x, m := float64(index)/perOctave, float64(n)
	s.minute.n += m
	s.minute.sum += m * x
	s.minute.squares += m * x * x
}

// fasterThan tells whether durations have clearly fallen, and not by chance alone.
func (m *coldMinute) fasterThan(o *coldMinute) bool {
	if o.n == 0 {
		return false
	}
	fall := o.sum/o.n - m.sum/m.n
	return fall > coldFall && fall*fall > m.variance()/m.n+o.variance()/o.n
}

func (m *coldMinute) variance() float64 { return math.Max(0, m.squares/m.n-m.sum/m.n*m.sum/m.n) }
