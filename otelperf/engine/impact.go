// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"math"
	"time"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// evenWell is the share of all time that counts in an impact, so that of the endpoints that are well the busiest come first.
const evenWell = 0.01

// impact is what Row.Impact says. Where it is not known from when on a request is slow, failures cost nothing.
func (r *Row) impact(h *latency.Histogram) float64 {
	limit := r.BaselineP99
	if limit == 0 {
		limit = r.SlowFrom
	}
	_, over := beyond(h, limit)
	lost := max(r.Weight, 1)*(over+evenWell*r.TotalSeconds) + float64(r.Outcomes.Failed())*r.SlowFrom.Seconds()
	if x := 1e3 * lost / r.Seconds; r.Seconds > 0 && !math.IsInf(x, 0) {
		return x
	}
	return 0
}

// InIncident reports whether there is an open incident of it.
func (r *Row) InIncident() bool { return r.Spike != nil || r.Errors == failing || r.Traffic == silent }

// countSlow counts the durations of a row that are slow.
func (r *Row) countSlow(slowFrom func(conventions.Endpoint) time.Duration, h *latency.Histogram) {
	if slowFrom != nil {
		r.SlowFrom = slowFrom(r.Endpoint)
		r.Slow, _ = beyond(h, r.SlowFrom)
	}
}

// beyond is how many durations took longer than a limit, and the seconds that they did, all together: each is off by at most half its
// bucket. 0 for no limit.
func beyond(h *latency.Histogram, limit time.Duration) (count uint64, seconds float64) {
	if limit <= 0 {
		return 0, 0
	}
	width := 1 << (latency.Scale - h.Scale())
	for b, n := range h.Buckets() {
		if middle := (latency.LowerBound(b) + latency.LowerBound(min(b+width, latency.NumBuckets))) / 2; middle > limit.Seconds() {
			count += n
			seconds += float64(n) * (middle - limit.Seconds())
		}
	}
	return count, seconds
}
