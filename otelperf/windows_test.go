// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"fmt"
	"math"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
)

// In a bubble the clock starts at midnight, and stands still unless all wait. No network in there.

func TestWindowsSlide(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rg := newRig(t, plan{})
		start := time.Now()
		at := func(d time.Duration) { time.Sleep(time.Until(start.Add(d))) }

		at(5 * time.Second)
		rg.request("GET", "/a", http.StatusOK, 20*time.Millisecond)
		for _, moment := range []struct {
			at   time.Duration
			want [4]uint64 // in 1m, 5m, 1h, all
		}{
			{6 * time.Second, [4]uint64{1, 1, 1, 1}},
			{69 * time.Second, [4]uint64{1, 1, 1, 1}},                           // 6 whole steps and the running one
			{71 * time.Second, [4]uint64{0, 1, 1, 1}},                           // its step left the last minute
			{5*time.Minute + 59*time.Second, [4]uint64{0, 1, 1, 1}},             // 5 whole minutes and the running one
			{6*time.Minute + time.Second, [4]uint64{0, 0, 1, 1}},                // its minute left the last five
			{time.Hour + 59*time.Second, [4]uint64{0, 0, 1, 1}},                 // 60 whole minutes and the running one
			{time.Hour + time.Minute + time.Second, [4]uint64{0, 0, 0, 1}},      // its minute left the hour
			{30*time.Hour + 3*time.Minute + time.Second, [4]uint64{0, 0, 0, 1}}, // a night with no request at all
		} {
			at(moment.at)
			for i, w := range windows {
				if s := rg.mon.Summary(w); s.Count != moment.want[i] || s.TotalRequests != 1 {
					t.Errorf("after %v window %s has %d requests and the total is %d, want %d and 1", moment.at, w, s.Count, s.TotalRequests, moment.want[i])
				}
			}
		}
		rg.request("GET", "/a", http.StatusOK, 40*time.Millisecond)
		if s := rg.mon.Summary(otelperf.Window1m); s.Count != 1 || *s.P99 != 40 {
			t.Errorf("after the night: %d requests, p99 %v, want only the new one of 40ms", s.Count, *s.P99)
		}
	})
}

// window_seconds is what the numbers really cover: under one request a second, both are the same at any moment, also
// on the very boundaries of steps and minutes.
func TestWindowSecondsAreHonest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rg := newRig(t, plan{})
		longest := map[otelperf.Window]float64{"1m": 70, "5m": 360, "1h": 3660, "all": math.Inf(1)}
		for second := 1; second <= 2*3600; second++ {
			time.Sleep(time.Second)
			rg.request("GET", "/a", http.StatusOK, time.Millisecond)
			if second > 400 && second%61 != 0 && second%600 > 1 {
				continue // at the start each second, later now and then
			}
			for _, w := range windows {
				s := rg.mon.Summary(w)
				if diff := math.Abs(s.WindowSeconds - float64(s.Count)); diff > 1 {
					t.Fatalf("at second %d window %s covers %v s, and has %d requests of one a second", second, w, s.WindowSeconds, s.Count)
				}
				if s.WindowSeconds > longest[w] {
					t.Fatalf("at second %d window %s covers %v s, more than %v", second, w, s.WindowSeconds, longest[w])
				}
				if s.Rate == nil || second > 5 && math.Abs(*s.Rate-1) > 0.25 {
					t.Fatalf("at second %d window %s has rate %v, want about 1", second, w, value(s.Rate))
				}
			}
		}
	})
}

func value(p *float64) string {
	if p == nil {
		return "null"
	}
	return fmt.Sprint(*p)
}

// Requests that end before anyone looked for the first time are in a window that is not empty.
func TestWindowsBeginWithTheMonitor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rg := newRig(t, plan{})
		time.Sleep(500 * time.Millisecond)
		rg.request("GET", "/a", http.StatusOK, time.Millisecond)
		s := rg.mon.Summary(otelperf.Window5m)
		if s.WindowSeconds != 0.5 || s.Rate == nil || *s.Rate != 2 {
			t.Errorf("after half a second and a request: %v s, rate %s, want 0.5 s and 2", s.WindowSeconds, value(s.Rate))
		}
	})
}

func TestResetStartsAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rg := newRig(t, plan{})
		for range 90 {
			time.Sleep(time.Second)
			rg.request("GET", "/a", http.StatusOK, 700*time.Millisecond)
		}
		if s := rg.mon.Summary(otelperf.WindowAll); s.TotalRequests != 90 || s.SlowQueriesCount != 90 {
			t.Fatalf("before: %d requests, %d slow, want 90", s.TotalRequests, s.SlowQueriesCount)
		}
		rg.mon.Reset(false)
		for _, w := range windows {
			s := rg.mon.Summary(w)
			if s.TotalRequests != 0 || s.Count != 0 || s.P99 != nil || s.SlowQueriesCount != 0 || len(s.SlowQueries) != 0 || s.WindowSeconds != 0 {
				t.Errorf("right after a reset window %s has %d of %d requests, p99 %s, %d slow, %v s", w, s.Count, s.TotalRequests, value(s.P99), s.SlowQueriesCount, s.WindowSeconds)
			}
		}
		time.Sleep(30 * time.Second)
		rg.request("GET", "/a", http.StatusOK, 10*time.Millisecond)
		for _, w := range windows {
			if s := rg.mon.Summary(w); s.TotalRequests != 1 || s.Count != 1 || *s.P99 != 10 || s.WindowSeconds != 30 {
				t.Errorf("30s after a reset window %s has %d of %d requests, p99 %v in %v s", w, s.Count, s.TotalRequests, *s.P99, s.WindowSeconds)
			}
		}
	})
}

// What the program exports is not ours to reset: the Producer's points are cumulative since the start.
func TestResetLeavesTheProducerAlone(t *testing.T) {
	rg := newRig(t, plan{})
	rg.request("GET", "/a", http.StatusOK, time.Millisecond)
	rg.mon.Reset(true)
	rg.request("GET", "/a", http.StatusOK, time.Millisecond)
	if n := producedCount(t, rg.mon, "otelperf.request.duration"); n != 2 {
		t.Errorf("the Producer has %d requests, want 2", n)
	}
}

// The engine ticks by itself: what it knows does not depend on anybody's looking.
func TestTicksByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rg := newRig(t, plan{})
		before := rg.mon.Diagnostics().Engine.Ticks
		time.Sleep(10*time.Second + time.Millisecond)
		synctest.Wait()
		if n := rg.mon.Diagnostics().Engine.Ticks - before; n != 10 {
			t.Errorf("%d ticks in 10 s, want 10", n)
		}
	})
}

func TestUnknownWindow(t *testing.T) {
	rg := newRig(t, plan{})
	if s := rg.mon.Summary("2h"); s.Window != otelperf.Window5m {
		t.Errorf("Summary of an unknown window is of %q, want 5m", s.Window)
	}
	if s := rg.mon.Summary(""); s.Window != otelperf.Window5m {
		t.Errorf("Summary of no window is of %q, want 5m", s.Window)
	}
}
