// SPDX-License-Identifier: Apache-2.0

package instances

import (
	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

const (
	// Usually slow are at least this share of requests, and at most these times the share that the baseline has: what the worst hour has is
	// not known of a baseline.
	leastShare = 0.002
	times      = 2
)

// ReportOf counts the requests of an endpoint that were slow for it, by what is usual there.
func ReportOf(h *latency.Histogram, usual engine.UsualSlow) (r Report) {
	limit := latency.Bucket(usual.Limit - 1)
	for b, n := range h.Buckets() {
		r.Requests += n
		if b > limit {
			r.Slow += n
		}
	}
	r.Expected = float64(r.Requests) * ExpectedShare(usual)
	return r
}

// ExpectedShare is which share of an endpoint's requests is slow at most, where an instance is like the others.
func ExpectedShare(usual engine.UsualSlow) float64 { return min(max(times*usual.Share, leastShare), 1) }
