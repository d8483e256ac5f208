// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"math"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// An impact is time beyond the usual p99, or beyond the slow threshold while that is not known, failures at the threshold, and 1 % of all.
func TestImpact(t *testing.T) {
	const second = time.Second
	took := func(pairs ...any) *latency.Histogram {
		h := new(latency.Histogram)
		for i := 0; i < len(pairs); i += 2 {
			for range pairs[i].(int) {
				h.Record(pairs[i+1].(time.Duration))
			}
		}
		return h
	}
	for _, tt := range []struct {
		name        string
		usual, slow time.Duration
		failed      uint64
		seconds     float64
		h           *latency.Histogram
		want        float64 // ms a second
	}{
		{"ordinary", 30 * time.Millisecond, second / 2, 0, 60, took(6000, 20*time.Millisecond), 0.01 * 2000},
		{"six times slower", 30 * time.Millisecond, second / 2, 0, 60, took(6000, 120*time.Millisecond), 100*90 + 0.01*12000},
		{"a tail of a tenth", 30 * time.Millisecond, second / 2, 0, 60, took(5400, 20*time.Millisecond, 600, 530*time.Millisecond), 10*500 + 0.01*(1800+5300)},
		{"learning, below the threshold", 0, second / 2, 0, 60, took(60, 400*time.Millisecond), 0.01 * 400},
		{"learning, above the threshold", 0, second / 2, 0, 60, took(60, 900*time.Millisecond), 400 + 0.01*900},
		{"nothing is known", 0, 0, 60, 60, took(60, 900*time.Millisecond), 0.01 * 900},
		{"all fail at once", 30 * time.Millisecond, second / 2, 600, 60, took(600, time.Millisecond), 10*500 + 0.01*10},
		{"no request", 30 * time.Millisecond, second / 2, 0, 60, took(), 0},
		{"no time", 30 * time.Millisecond, second / 2, 0, 0, took(1, second), 0},
		{"the longest durations", 30 * time.Millisecond, second / 2, 0, 1, took(1, time.Duration(math.MaxInt64)), -1},
	} {
		r := Row{BaselineP99: tt.usual, SlowFrom: tt.slow}
		r.Seconds, r.TotalSeconds = tt.seconds, tt.h.SumSeconds()
		r.Outcomes[slowlog.OutcomeServerError] = tt.failed
		got := r.impact(tt.h)
		if tt.want < 0 {
			if math.IsNaN(got) || math.IsInf(got, 0) || got <= 0 {
				t.Errorf("%s: impact %v", tt.name, got)
			}
			continue
		}
		if math.Abs(got-tt.want) > 0.01*tt.want {
			t.Errorf("%s: impact %.2f, want %.2f", tt.name, got, tt.want)
		}
	}
}

// A coarse histogram gives the same within its buckets.
func TestImpactOfCoarseBuckets(t *testing.T) {
	fine, coarse := new(latency.Histogram), latency.NewCoarse()
	for i := range 1000 {
		d := time.Duration(i) * time.Millisecond
		fine.Record(d)
		coarse.Record(d)
	}
	n, a := beyond(fine, 100*time.Millisecond)
	m, b := beyond(coarse, 100*time.Millisecond)
	if math.Abs(float64(n)-900) > 9 || math.Abs(float64(m)-900) > 45 {
		t.Errorf("%d are beyond 100 ms, coarse %d, want about 900", n, m)
	}
	if want := 0.9 * 900 / 2; math.Abs(a-want) > 0.01*want || math.Abs(b-want) > 0.05*want {
		t.Errorf("%.1f s beyond 100 ms, coarse %.1f s, want about %.1f s", a, b, want)
	}
}
