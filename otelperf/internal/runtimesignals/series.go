// SPDX-License-Identifier: Apache-2.0

package runtimesignals

import (
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/units"
)

// Series is a time of the last hour in equal steps, the oldest first.
type Series struct {
	Start       time.Time // of the first step
	StepSeconds int
	Signals     []Line
}

// Line is one signal over time.
type Line struct {
	Reading
	Values []*float64 `json:"values"` // one for each step; nil where nothing is known
}

// Series returns the last seconds, 1 to 3600, in steps of so many seconds, 1 to 60. Steps begin at multiples of their length since the
// start; the running one is the last.
func (r *Recorder) Series(now time.Time, seconds, step int) Series {
	r.mu.Lock()
	defer r.mu.Unlock()
	width := int64(step)
	last := r.last / width
	first := max(0, last-int64(seconds)/width+1)
	s := Series{Start: now.Add(-time.Duration(r.second(now)-first*width) * time.Second), StepSeconds: step}
	from, to := r.newest(now)
	for _, l := range r.lines {
		out := Line{Reading: l.reading(from, to), Values: make([]*float64, 0, last-first+1)}
		for i := first; i <= last; i++ {
			out.Values = append(out.Values, units.Number(l.ring.over(l.digest, i*width-1, min(i*width+width-1, r.last))))
		}
		s.Signals = append(s.Signals, out)
	}
	return s
}
