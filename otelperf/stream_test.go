// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// A stream that lasted long is not slow, and a canceled request's time counts, or timeouts would hide an incident.
func TestStreamsAreNotSlowAndCanceledRequestsCount(t *testing.T) {
	const threshold = 20 * time.Millisecond
	entered := make(chan struct{}, 1)
	rg := newRig(t, plan{}, otelperf.WithSlowThreshold(threshold))
	late := func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			began := time.Now()
			h.ServeHTTP(w, r)
			time.Sleep(time.Until(began.Add(2 * threshold)))
		})
	}
	rg.Serve(t, rg.instrument(late(rg.mon.Middleware(testrig.Shop(entered)))), false)
	leaves("/events")(t, rg, entered)
	leaves("/wait")(t, rg, entered)

	s := rg.settled(t, 2)
	if s.SlowQueriesCount != 1 || len(s.SlowQueries) != 1 || s.SlowQueries[0].Route != "/wait" {
		t.Errorf("%d slow requests %+v, want the canceled one alone", s.SlowQueriesCount, s.SlowQueries)
	}
	if s.ErrorCount != 0 || s.StreamCount != 1 {
		t.Errorf("%d errors, %d streams, want none and 1", s.ErrorCount, s.StreamCount)
	}
	if s.MaxMs == nil || *s.MaxMs < 2*float64(threshold.Milliseconds()) {
		t.Errorf("longest duration is %v, want that of the canceled request", s.MaxMs)
	}
}
