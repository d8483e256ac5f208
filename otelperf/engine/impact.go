// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"math"
	"time"

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
	lost := beyond(h, limit) + float64(r.Outcomes.Failed())*r.SlowFrom.Seconds() + evenWell*r.TotalSeconds
	if x := 1e3 * lost / r.Seconds; r.Seconds > 0 && !math.IsInf(x, 0) {
		return x
	}
	return 0
}

// InIncident reports whether there is an open incident of it.
func (r *Row) InIncident() bool { return r.Spike != nil || r.Errors == failing || r.Traffic == silent }

// beyond is the seconds that durations took longer than a limit, all together: each is off by at most half its bucket. 0 for no limit.
func beyond(h *latency.Histogram, limit time.Duration) (seconds float64) {
	if limit <= 0 {
		return 0
	}
	width := 1 << (latency.Scale - h.Scale())
	for b, n := range h.Buckets() {
		if middle := (latency.LowerBound(b) + latency.LowerBound(min(b+width, latency.NumBuckets))) / 2; middle > limit.Seconds() {
			seconds += float64(n) * (middle - limit.Seconds())
		}
	}
	return seconds
}
