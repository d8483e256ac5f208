// SPDX-License-Identifier: Apache-2.0

package sampling

import "github.com/otelperf/otelperf-go/slowlog"

// Counts are the requests that sampled ones stand for, by outcome. It is not safe for concurrent use.
type Counts [slowlog.NumOutcomes]float64

// Add counts one request that stands for so many.
func (c *Counts) Add(o slowlog.Outcome, weight float64) {
	if o < slowlog.NumOutcomes {
		c[o] += weight
	}
}

// Take returns the whole requests, and leaves what is left of them for the next time: no request is lost by rounding.
func (c *Counts) Take() (n slowlog.OutcomeCounts) {
	for o, x := range c {
		n[o] = uint64(x + 1e-6)
		c[o] = max(0, x-float64(n[o]))
	}
	return n
}

// Seen is what is known of the share of the requests of a service that its spans are. The zero Seen has seen none. It is not safe for
// concurrent use.
type Seen struct {
	Weighted uint64  // requests that say what they stand for,
	StandFor float64 // and that is so many
	Unknown  uint64  // those that do not
}

// Add counts a request.
func (s *Seen) Add(weight float64, known bool) {
	if !known {
		s.Unknown++
		return
	}
	s.Weighted++
	s.StandFor += weight
}

// Weight is what a request stands for on average, and whether that is known of nearly all of them.
func (s *Seen) Weight() (weight float64, known bool) {
	if s.Weighted == 0 || s.Unknown > s.Weighted/100 {
		return 1, false
	}
	return s.StandFor / float64(s.Weighted), true
}

// Text says it in words: "" if all are seen.
func (s *Seen) Text() string {
	switch w, known := s.Weight(); {
	case s.Weighted+s.Unknown == 0 || known && w < 1.0001:
		return ""
	case known:
		return "counts and rates are estimates from a sample, by the thresholds in tracestate"
	case s.Weighted > 0:
		return "some spans say nothing of sampling: counts and rates are lower bounds"
	default:
		return "spans say nothing of sampling: if the service samples, counts and rates are of the share that is seen"
	}
}
