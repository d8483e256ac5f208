// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"fmt"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// truth is when processes ran, and what they did.
type truth struct {
	requests float64
	seconds  float64
}

// life has a service run for a while, a request a second, and ends it: killed is without a word to the store.
func (x *truth) life(t *testing.T, store *testrig.History, d time.Duration, killed bool) {
	t.Helper()
	s := newBubble(t, "1.0", everybody, otelperf.WithHistory(store))
	began, written := time.Now(), 0.
	s.run(d, 1, 20*time.Millisecond, "/a")
	if killed { // what was written is up to the last whole minute
		store.Close() //nolint:errcheck // has none
		written = time.Since(time.Now().Truncate(time.Minute)).Seconds()
	}
	_ = s.mon.Shutdown(t.Context())
	if killed {
		store.Reopen()
	}
	x.seconds += time.Since(began).Seconds() - written
	x.requests += math.Floor(d.Seconds()) - math.Floor(written)
}

// A minute of a start, a restart or a kill counts as the seconds of it in which a process ran: of whatever time, from whatever steps, a request a second
// is a rate of one, and what is missing is said.
func TestSecondsOfAMinuteAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &testrig.History{Minutes: 4 * time.Hour, TenMinutes: 10 * time.Hour}
		begin := time.Now()
		var x truth
		time.Sleep(23*time.Second + 400*time.Millisecond)
		x.life(t, store, 10*time.Minute+10*time.Second, false)
		time.Sleep(12 * time.Second) // a restart within a minute
		x.life(t, store, 20*time.Minute, false)
		time.Sleep(7 * time.Minute) // less than the steps that are stored later
		x.life(t, store, 5*time.Minute+30*time.Second, true)
		time.Sleep(4 * time.Second)
		x.life(t, store, 20*time.Minute, false)
		end := time.Now()
		minute := begin.Add(10 * time.Minute)

		look := func(what string, a asker) {
			t.Helper()
			queries := []string{"?window=7d", fmt.Sprintf("?from=%d&to=%d", begin.Unix(), begin.Add(2*time.Hour).Unix())}
			for _, q := range queries {
				sum := a.ask("/summary", "%s", q)
				n, rate, seconds := sum["count"].(float64), sum["rate"].(float64), sum["window_seconds"].(float64)
				if math.Abs(n-x.requests) > 6 || math.Abs(seconds-x.seconds) > 4 || math.Abs(rate-n/seconds) > 1e-3 || rate < .99 || rate > 1.01 {
					t.Errorf("%s, %s: %v requests in %v s are %v a second, want %v in %v s", what, q, n, seconds, rate, x.requests, x.seconds)
				}
				missing, gaps := field(sum, "stored", "missing_seconds").(float64), 0.
				for _, g := range listOf(sum["stored"].(map[string]any), "gaps") {
					gaps += timeOf(t, g["to"]).Sub(timeOf(t, g["from"])).Seconds()
				}
				if math.Abs(missing-gaps) > 1 || gaps == 0 {
					t.Errorf("%s, %s: gaps are of %v s, missing are %v s", what, q, gaps, missing)
				}
				if q == queries[1] {
					if want := 2*3600 - x.seconds; math.Abs(missing-want) > 4 {
						t.Errorf("%s: missing are %v s of two hours, want %v", what, missing, want)
					}
				}
			}
		}
		time.Sleep(time.Until(begin.Add(2 * time.Hour)))
		for _, age := range []time.Duration{2 * time.Hour, 7 * time.Hour, 12 * time.Hour} { // minutes, ten minutes, hours
			time.Sleep(time.Until(begin.Add(age)))
			reader := newBubble(t, "1.0", everybody, otelperf.WithHistory(store.Copy()))
			time.Sleep(time.Second)
			a := asker{t, reader.mon.Handler()}
			what := fmt.Sprint("after ", age)
			x.seconds += 1 // of the reader
			look(what, a)
			x.seconds -= 1
			if age == 2*time.Hour { // the minute of the restart alone: 23.4 + 610 s, then 12 s of nothing
				of := a.ask("/summary", "?from=%d&to=%d", minute.Unix(), minute.Add(time.Minute).Unix())
				if s, rate := of["window_seconds"].(float64), of["rate"].(float64); math.Abs(s-48) > 1.5 || rate < .95 || rate > 1.05 {
					t.Errorf("the minute of the restart is %v s with %v a second, want 48 and 1", s, rate)
				}
				if gaps := listOf(of["stored"].(map[string]any), "gaps"); len(gaps) != 1 {
					t.Errorf("its gaps are %v", gaps)
				}
				series := a.ask("/endpoints/series", "?method=GET&route=/a&from=%d&to=%d", begin.Unix(), end.Unix())
				for _, p := range listOf(series, "points") {
					if n, ok := p["count"].(float64); ok && n > 0 && math.Abs(n-n/p["rate"].(float64)) > 2 {
						t.Errorf("the minute of %v has %v requests and a rate of %v", p["t"], n, p["rate"])
					}
				}
			}
			_ = reader.mon.Shutdown(t.Context())
		}
	})
}

// After a reset the rest of its minute is what is observed of it.
func TestMinuteOfAReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &testrig.History{}
		begin := time.Now()
		s := newBubble(t, "1.0", everybody, otelperf.WithHistory(store))
		s.run(10*time.Minute+40*time.Second, 1, 20*time.Millisecond, "/a")
		s.mon.Reset(false)
		s.run(2*time.Minute, 1, 20*time.Millisecond, "/a")
		for range 2 { // by memory and store, and by the store alone
			sum := asker{t, s.mon.Handler()}.ask("/summary", "?from=%d&to=%d", begin.Unix(), begin.Add(12*time.Minute).Unix())
			if n, seconds := sum["count"].(float64), sum["window_seconds"].(float64); math.Abs(n-680) > 3 || math.Abs(seconds-680) > 2 {
				t.Errorf("%v requests in %v s, want 680 in 680", n, seconds)
			}
			_ = s.mon.Shutdown(t.Context())
			s = newBubble(t, "1.0", everybody, otelperf.WithHistory(store))
		}
		_ = s.mon.Shutdown(t.Context())
	})
}

// Where one of several instances was there for a part of a time alone, the answer says so, and rates are by the time in which any was.
func TestWhoWasThereIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, names := &testrig.History{}, &sync.Map{}
		begin := time.Now()
		shop := func(name string) *bubble {
			return newBubble(t, "1.0", everybody, otelperf.WithHistory(&testrig.SharedHistory{History: store, Name: name, Names: names}))
		}
		one, two := shop("shop-1"), shop("shop-2")
		for range 60 {
			one.run(5*time.Second, 1, 20*time.Millisecond, "/a")
			two.run(5*time.Second, 1, 20*time.Millisecond, "/a")
		}
		_ = two.mon.Shutdown(t.Context())
		one.run(20*time.Minute, 1, 20*time.Millisecond, "/a")
		sum := asker{t, one.mon.Handler()}.ask("/summary", "?from=%d&to=%d", begin.Unix(), begin.Add(25*time.Minute).Unix())
		seen := listOf(sum["stored"].(map[string]any), "seen")
		if len(seen) != 2 {
			t.Fatalf("seen are %v, want both", seen)
		}
		for i, want := range []float64{1500, 600} {
			if got := seen[i]["seconds"].(float64); seen[i]["instance"] != fmt.Sprint("shop-", i+1) || math.Abs(got-want) > 2 || timeOf(t, seen[i]["from"]).Sub(begin).Abs() > 2*time.Second {
				t.Errorf("seen is %v, want shop-%d for %v s", seen[i], i+1, want)
			}
		}
		if s := sum["window_seconds"].(float64); math.Abs(s-1500) > 2 || field(sum, "stored", "missing_seconds").(float64) > 2 {
			t.Errorf("the window is %v s with %v missing, want 1500 and none", s, field(sum, "stored", "missing_seconds"))
		}
		_ = one.mon.Shutdown(t.Context())
	})
}

// Windows of days begin when they say, by the minute or by the steps of ten that are stored of then, and a line over time is of the same requests.
func TestWindowsOfDaysBeginInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, begin := &testrig.History{}, time.Now()
		for i := range 8*24*60 + 57 {
			row := history.Row{Endpoint: conventions.Endpoint{Method: "GET", Route: "/a"}}
			row.Outcomes[slowlog.OutcomeOK] = 60
			b := &history.Batch{Time: begin.Add(time.Duration(i) * time.Minute), Step: history.Minute, Rows: []history.Row{row}, Observed: []history.Observed{}}
			b.Observed = append(b.Observed, history.Observed{Spans: []history.Span{{From: b.Time, To: b.Time.Add(time.Minute)}}})
			if err := store.Append(t.Context(), b); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(8*24*time.Hour + 57*time.Minute + 30*time.Second)
		s := newBubble(t, "1.0", everybody, otelperf.WithHistory(store))
		time.Sleep(time.Second)
		a := asker{t, s.mon.Handler()}
		for window, want := range map[string]struct{ least, most time.Duration }{
			"24h": {24 * time.Hour, 24*time.Hour + time.Minute},
			"7d":  {7 * 24 * time.Hour, 7*24*time.Hour + 10*time.Minute},
		} {
			sum := a.ask("/summary", "?window=%s", window)
			covered := time.Duration(sum["window_seconds"].(float64) * float64(time.Second))
			if long := time.Since(timeOf(t, field(sum, "stored", "from"))); long < want.least || long > want.most || covered < want.least-time.Minute || covered > want.most {
				t.Errorf("%s begins %v ago, and covers %v", window, long, covered)
			}
			if rate := sum["rate"].(float64); math.Abs(rate-1) > 1e-3 {
				t.Errorf("%s has %v requests a second, want 1", window, rate)
			}
			n := 0.
			for i, p := range listOf(a.ask("/endpoints/series", "?method=GET&route=/a&window=%s", window), "points") {
				n += p["count"].(float64)
				if i == 0 && !timeOf(t, p["t"]).Equal(timeOf(t, field(sum, "stored", "from"))) {
					t.Errorf("the first point of %s is of %v, stored is %v", window, p["t"], field(sum, "stored", "from"))
				}
			}
			if n != sum["count"] {
				t.Errorf("the points of %s have %v requests, the summary has %v", window, n, sum["count"])
			}
		}
		_ = s.mon.Shutdown(t.Context())
	})
}
