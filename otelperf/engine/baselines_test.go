// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// Baselines of an earlier process stay for endpoints that may come yet, for a week.
func TestBaselinesThatAreNotNeededStayForAWeek(t *testing.T) {
	e := newEngine(t)
	e.Offer([]Baseline{{Endpoint: conventions.Endpoint{Method: "GET", Route: "/a"}, At: midnight, State: []byte{1}}, {Endpoint: conventions.Endpoint{Method: "GET", Route: "/b"}, At: midnight.Add(time.Hour), State: []byte{2}}}, "1.0")
	for _, tt := range []struct {
		age  time.Duration
		want int
	}{{time.Minute, 2}, {7*24*time.Hour - 1, 2}, {7 * 24 * time.Hour, 1}, {7*24*time.Hour + time.Hour - 1, 1}, {7*24*time.Hour + time.Hour, 0}} {
		saved := e.Baselines(midnight.Add(tt.age))
		if len(saved) != tt.want {
			t.Errorf("after %v %d baselines are saved, want %d", tt.age, len(saved), tt.want)
		}
		for _, s := range saved {
			if s.At.After(midnight.Add(time.Hour)) {
				t.Errorf("after %v that of %s is from %v: saving has made it younger", tt.age, s.Endpoint, s.At)
			}
		}
	}
}
