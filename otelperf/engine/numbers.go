// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"math"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/timeline"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// Numbers are what was done in a span of time.
type Numbers struct {
	Seconds  float64               // of the span that are covered
	Outcomes slowlog.OutcomeCounts // requests by how they ended

	Timed        uint64        // durations that the following are of; with 0 they mean nothing
	TotalSeconds float64       // sum of the durations; see Mean
	Min, Max     time.Duration // shortest and longest
	// Quantiles, off by at most ErrorBound as a share of them. P999 is that of 0.999; with fewer than 1000 durations it is Max, and says
	// nothing.
	P50, P90, P95, P99, P999 time.Duration
	ErrorBound               float64       // 0.0055 mostly; NaN if buckets were wider than ours
	Beyond                   time.Duration // what is not shorter is not known: it came from a bucket without an end; 0 is none
}

var quantiles = []float64{0.5, 0.9, 0.95, 0.99, 0.999}

func numbersOf(t *timeline.Aggregate, seconds float64) Numbers {
	h := &t.Durations
	n := Numbers{Seconds: seconds, Outcomes: t.Outcomes, ErrorBound: h.ErrorBound()}
	var q [5]time.Duration
	if h.Quantiles(q[:], quantiles) {
		n.Timed, n.TotalSeconds, n.Min, n.Max = h.Count(), h.SumSeconds(), h.Min(), h.Max()
		n.P50, n.P90, n.P95, n.P99, n.P999 = q[0], q[1], q[2], q[3], q[4]
	}
	return n
}

// numbers are those of durations of ep.
func (ep *endpoint) numbers(t *timeline.Aggregate, seconds float64) Numbers {
	n := numbersOf(t, seconds)
	n.limit(ep.coarse, ep.beyond)
	return n
}

// limit says what is not known of durations that came from others' buckets.
func (n *Numbers) limit(coarse bool, beyond time.Duration) {
	if coarse {
		n.ErrorBound, n.Beyond = math.NaN(), beyond
	}
}

// Known reports whether a duration of n says more than that it was in a bucket without an end.
func (n *Numbers) Known(d time.Duration) bool {
	return n.Beyond == 0 || latency.Bucket(d) < latency.Bucket(n.Beyond)
}

// Mean is the average duration in seconds. ok is false where there are none, and where sources say nothing of them but how many there were.
// Of what came in others' buckets without a sum it is as good as its quantiles are, and counts a bucket without an end from its beginning on.
func (n *Numbers) Mean() (seconds float64, ok bool) {
	return n.TotalSeconds / float64(n.Timed), n.Timed > 0 && (n.TotalSeconds > 0 || n.Beyond == 0)
}

// earlier is the shorter one of two bounds, of which 0 is none.
func earlier(a, b time.Duration) time.Duration {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}
