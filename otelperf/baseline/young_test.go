// SPDX-License-Identifier: Apache-2.0

//go:build !race

package baseline_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/internal/lab/traffic"
	"github.com/otelperf/otelperf-go/otelperf/internal/lab/trial"
)

// What may be the beginning of an incident is not learned: the alert of a young endpoint shows what was usual before,
// whenever within the time between two folds the fault begins.
func TestYoungEndpointsDoNotLearnTheirIncident(t *testing.T) {
	const trials = 60
	for _, c := range []struct {
		grace       time.Duration
		ages        []int // seconds
		rate, times float64
	}{
		{time.Minute, []int{75, 90, 120, 180, 600}, 20, 10},
		{time.Minute, []int{75, 90, 120, 180, 600}, 20, 5},
		{time.Minute, []int{80, 150, 300, 600}, 5, 5},
		{time.Second, []int{12, 20, 40, 60, 180}, 20, 10}, // as after the baselines are reset
		{time.Second, []int{40, 60, 180}, 200, 5},
	} {
		t.Run(fmt.Sprintf("%v grace, %v/s, %v times slower", c.grace, c.rate, c.times), func(t *testing.T) {
			t.Parallel()
			found := 0
			for i := range trials {
				r := trial.Seeded(seed, int(c.rate), int(c.times), i)
				p := traffic.NewProfile(r, []traffic.Scale{traffic.Milliseconds, traffic.Seconds}[i%2])
				begin := c.ages[i%len(c.ages)] + r.IntN(10)
				s := traffic.NewStream(r, p, c.rate, 0, traffic.During(begin, begin+60, traffic.Slower(c.times)))
				ev, most := firstAlert(t, baseline.Config{Grace: c.grace}, s, begin)
				if ev.Kind != baseline.Started {
					continue
				}
				found++
				if ev.Ratio < 2 {
					t.Errorf("%s, fault after %d s: ratio %.2f", p.Family, begin, ev.Ratio)
				}
				if usual := ev.Baseline.P99.Seconds(); usual > 1.3*most {
					t.Errorf("%s, fault after %d s: usual p99 %.3g s, want %.3g s", p.Family, begin, usual, most)
				}
			}
			if found < trials*9/10 {
				t.Errorf("%d of %d found", found, trials)
			}
		})
	}
}

// firstAlert returns what starts within a minute from begin, and the p99 in seconds that is usual at most: just before
// that minute, or now, had there been no requests in it.
func firstAlert(t *testing.T, c baseline.Config, s *traffic.Stream, begin int) (baseline.Event, float64) {
	t.Helper()
	d, err := baseline.New(c)
	spared, _ := baseline.New(c)
	if err != nil {
		t.Fatal(err)
	}
	var before time.Duration
	for at := range begin + 60 {
		now, requests := time.Unix(1_700_000_000+int64(at), 0), s.Second(at)
		ev := d.Tick(now, requests)
		if at == begin {
			before, _ = d.Quantile(0.99)
		}
		if at >= begin {
			requests = nil
		}
		spared.Tick(now, requests)
		if ev.Kind != baseline.None {
			after, _ := spared.Quantile(0.99)
			return ev, max(before, after).Seconds()
		}
	}
	return baseline.Event{}, 0
}
