// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// missing reports whether gaps are what lies from asked up to counted, or all that was asked for.
func missing(t *testing.T, gaps []map[string]any, asked, counted time.Time, all bool) bool {
	t.Helper()
	if asked = asked.Truncate(time.Minute); !all && !asked.Before(counted) {
		return len(gaps) == 0
	}
	if len(gaps) != 1 {
		return false
	}
	from, to := timeOf(t, gaps[0]["from"]), timeOf(t, gaps[0]["to"])
	return from.Equal(asked) && (all || to.Sub(counted).Abs() < time.Second)
}

// The time of an answer is that of what was counted, wherever it came from; where nothing is stored it is what was asked for, with no seconds of
// it, and nobody knows. What is missing at its beginning is a gap.
func TestCountedTimeOfAHistoryIsSaid(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &testrig.History{}
		s := newBubble(t, "1.0", everybody, otelperf.WithHistory(store))
		began := time.Now()
		s.slowly(5*time.Hour+20*time.Second, 20*time.Millisecond, "/a")
		now := time.Now()
		a, nothing := asker{t, s.mon.Handler()}, time.Time{}
		for _, of := range []struct {
			what           string
			from, to       time.Time // asked for
			counted, until time.Time
		}{
			{"all", began.Add(-time.Hour), now, began, now},
			{"an hour of the store", began.Add(time.Hour), began.Add(2 * time.Hour), began.Add(time.Hour), began.Add(2 * time.Hour)},
			{"within a minute of it", began.Add(time.Hour + 10*time.Second), began.Add(time.Hour + 20*time.Second), began.Add(time.Hour), began.Add(time.Hour + time.Minute)},
			{"of both", now.Add(-90 * time.Minute), now.Add(time.Hour), now.Add(-90 * time.Minute).Truncate(time.Minute), now},
			{"366 days", now.Add(-366 * 24 * time.Hour), now, began, now},
			{"more than that", time.Unix(0, 0), now.Add(50 * 365 * 24 * time.Hour), began, now},
			{"before all", time.Unix(0, 0), time.Unix(60, 0), nothing, nothing},
			{"some seconds before it began", began.Add(-2 * time.Hour).Add(20 * time.Second), began.Add(-time.Hour).Add(10 * time.Second), nothing, nothing},
		} {
			for _, path := range []string{"/summary", "/endpoints", "/dependencies", "/endpoints/series", "/endpoints/distribution", "/endpoints/heatmap", "/spikes", "/slow"} {
				q := fmt.Sprintf("?from=%d&to=%d", of.from.Unix(), of.to.Unix())
				is := strings.HasPrefix(path, "/endpoints/")
				if is {
					q += "&method=GET&route=/a"
				}
				v := a.ask(path, "%s", q)
				if v["from"] == nil || v["to"] == nil || v["stored_from"] != nil {
					t.Fatalf("%s %s: from %v to %v, stored from %v", path, of.what, v["from"], v["to"], v["stored_from"])
				}
				if path == "/spikes" || path == "/slow" {
					continue // of what was asked for
				}
				counted, until := of.counted, of.until
				if counted.IsZero() {
					counted, until = of.from.Truncate(time.Minute), of.to.Add(time.Minute-1).Truncate(time.Minute)
				}
				from, to := timeOf(t, v["from"]), timeOf(t, v["to"])
				if from.Sub(counted).Abs() > time.Second || to.Sub(until).Abs() > time.Second {
					t.Errorf("%s %s: counted is %v to %v, want %v to %v", path, of.what, from.UTC(), to.UTC(), counted.UTC(), until.UTC())
				}
				want := to.Sub(from).Seconds()
				if of.counted.IsZero() {
					want = 0
				}
				if seconds := v["window_seconds"].(float64); math.Abs(seconds-want) > 1 || (seconds == 0) != of.counted.IsZero() {
					t.Errorf("%s %s: %v s, want %v", path, of.what, seconds, want)
				}
				stored, _ := v["stored"].(map[string]any)
				if note, _ := stored["note"].(string); strings.Contains(note, "366 days") != (of.what == "more than that") {
					t.Errorf("%s %s: the note is %q", path, of.what, note)
				}
				if gaps := listOf(stored, "gaps"); stored != nil && !missing(t, gaps, of.from, counted, of.counted.IsZero()) {
					t.Errorf("%s %s: gaps are %v", path, of.what, gaps)
				}
				if path != "/summary" {
					continue
				}
				if n := v["count"].(float64); math.Abs(n-want/10) > 2 {
					t.Errorf("%s: %v requests, want %v", of.what, n, want/10)
				}
				if status := field(v, "verdict", "status"); (status == "unknown") != of.counted.IsZero() {
					t.Errorf("%s: the verdict is %v", of.what, v["verdict"])
				}
			}
		}
		_ = s.mon.Shutdown(t.Context())
	})
}

// lazy is a store that appends only when it is to.
type lazy struct {
	testrig.History
	refuses atomic.Bool
}

func (l *lazy) Append(ctx context.Context, b *history.Batch) error {
	if l.refuses.Load() {
		return errors.New("the disk is full")
	}
	return l.History.Append(ctx, b)
}

// Each minute of a time that is in the store and in memory is counted once: while the writer is behind, when it has caught up, and after a
// restart.
func TestEachMinuteIsCountedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &lazy{}
		s := newBubble(t, "1.0", everybody, otelperf.WithHistory(store))
		began := time.Now()
		sent := 0.
		send := func(d time.Duration) {
			s.slowly(d, 20*time.Millisecond, "/a")
			sent += d.Seconds() / 10
		}
		check := func(when string) {
			a := asker{t, s.mon.Handler()}
			for _, from := range []time.Time{began, began.Add(-24 * time.Hour), began.Add(-100 * 24 * time.Hour)} {
				q, args := "?from=%d&to=%d", []any{from.Unix(), time.Now().Unix() + 1}
				sum, rows := a.ask("/summary", q, args...), listOf(a.ask("/endpoints", q, args...), "endpoints")
				points := 0.
				for _, p := range listOf(a.ask("/endpoints/series", q+"&method=GET&route=/a", args...), "points") {
					points += p["count"].(float64)
				}
				if d := a.ask("/endpoints/distribution", q+"&method=GET&route=/a", args...)["count"]; sum["count"] != sent || rows[0]["count"] != sent || points != sent || d != sent {
					t.Errorf("%s, from %v on: %v in the summary, %v in its row, %v in points, %v in the distribution; %v were sent", when, from, sum["count"], rows[0]["count"], points, d, sent)
				}
			}
		}
		send(100 * time.Minute)
		check("at first")
		store.refuses.Store(true)
		send(40 * time.Minute)
		check("while the writer is behind")
		store.refuses.Store(false)
		send(10 * time.Minute)
		check("when it has caught up")
		if err := s.mon.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Minute)
		s = newBubble(t, "1.0", everybody, otelperf.WithHistory(store))
		check("at the restart")
		send(90 * time.Minute)
		check("after it")
		_ = s.mon.Shutdown(t.Context())
	})
}

// broken is a store whose reads fail.
type broken struct {
	testrig.History
	fails atomic.Bool
}

func (b *broken) Range(ctx context.Context, q history.Query) iter.Seq2[*history.Batch, error] {
	if b.fails.Load() {
		return func(yield func(*history.Batch, error) bool) { yield(nil, errors.New("the disk is gone")) }
	}
	return b.History.Range(ctx, q)
}

// Of a store that fails the answer is what is in memory and why that is all, and of a time that is not in memory when to ask again.
func TestHistoryThatCannotBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &broken{}
		s := newBubble(t, "1.0", everybody, otelperf.WithHistory(store))
		s.run(5*time.Minute, 1, 20*time.Millisecond, "/a")
		s.run(3*time.Second, 1, 2*time.Second, "/a")
		if err := s.mon.Mark("build 77"); err != nil {
			t.Fatal(err)
		}
		store.fails.Store(true)
		a, now := asker{t, s.mon.Handler()}, time.Now()
		ago := func(from, to time.Duration) string {
			return fmt.Sprintf("?from=%d&to=%d", now.Add(-from).Unix(), now.Add(-to).Unix())
		}
		long, before := ago(3*time.Hour, 0), ago(3*time.Hour, time.Hour)
		for _, of := range []string{long, "?window=24h", "?window=7d"} {
			sum := a.ask("/summary", "%s", of)
			if n := sum["count"].(float64); n < 300 || sum["window_seconds"].(float64) > 400 || len(listOf(sum, "slow_queries")) != 3 || len(listOf(sum, "marks")) == 0 {
				t.Errorf("%s: %v requests in %v s, slow ones %v, marks %v, want those in memory", of, n, sum["window_seconds"], sum["slow_queries"], sum["marks"])
			}
			if status := field(sum, "verdict", "status"); of == long && status != "unknown" {
				t.Errorf("the verdict on a time of which most cannot be read is %v", sum["verdict"])
			}
			for _, path := range []string{"/summary", "/endpoints", "/dependencies", "/endpoints/series", "/endpoints/distribution", "/endpoints/heatmap"} {
				stored, _ := a.ask(path, "%s", of+"&method=GET&route=/a")["stored"].(map[string]any)
				note, _ := stored["note"].(string)
				gaps := listOf(stored, "gaps")
				if stored["error"] != "the disk is gone" || !strings.Contains(note, "in memory") || strings.Count(note, "the disk is gone") != 1 || len(gaps) != 1 || timeOf(t, gaps[0]["to"]).Before(now.Add(-7*time.Minute)) {
					t.Errorf("%s%s: stored is %v", path, of, stored)
				}
			}
		}
		for _, path := range []string{"/spikes" + long, "/slow" + long, "/slow?window=24h", "/marks" + long} {
			path, query, _ := strings.Cut(path, "?")
			if note, _ := a.ask(path, "?%s", query)["note"].(string); !strings.Contains(note, "may be missing") || !strings.Contains(note, "the disk is gone") {
				t.Errorf("%s?%s does not say what it lacks: %q", path, query, note)
			}
		}
		if checks := a.ask("/health", "")["checks"]; !strings.Contains(fmt.Sprint(checks), "reading the history: the disk is gone") {
			t.Errorf("health says %v", checks)
		}
		for _, path := range []string{
			"/summary" + before, "/endpoints" + before, "/spikes" + before, "/slow" + before, "/marks" + before, "/endpoints/series" + before + "&method=GET&route=/a",
			"/endpoints/distribution" + before + "&method=GET&route=/a", "/endpoints/heatmap" + before + "&method=GET&route=/a",
			"/endpoints/series" + long + "&method=GET&route=/of-before",
			"/spikes/20000101T000000-none-1", "/spikes/20000101T000000-none-1/bundle", "/slow/0af7651916cd43dd8448eb211c80319c",
		} {
			r := testrig.Call(s.mon.Handler(), http.MethodGet, path)
			if r.Code != http.StatusServiceUnavailable || r.Header().Get("Retry-After") == "" || !strings.Contains(r.Body.String(), "the disk is gone") {
				t.Errorf("%s: %d, again after %q: %s", path, r.Code, r.Header().Get("Retry-After"), r.Body)
			}
		}
		for _, path := range []string{"/summary", "/endpoints", "/spikes", "/slow", "/health", "/diagnostics"} {
			a.ask(path, "")
		}
		for _, path := range []string{"/endpoints", "/endpoints/series"} {
			if note, _ := a.ask(path, "?window=1h&usual=true&method=GET&route=/a")["usual_note"].(string); !strings.Contains(note, "the disk is gone") {
				t.Errorf("%s does not say that other days could not be read: %q", path, note)
			}
		}
		if n := a.ask("/summary", "?from=%d&to=%d", now.Add(-2*time.Minute).Unix(), now.Unix())["count"]; n.(float64) < 115 {
			t.Errorf("of the last two minutes there are %v", n)
		}
		for _, path := range []string{"/slow", "/spikes"} {
			if note, _ := a.ask(path, "?from=%d&to=%d", now.Add(-2*time.Minute).Unix(), now.Unix())["note"].(string); !strings.Contains(note, "the disk is gone") {
				t.Errorf("%s of the last two minutes does not say what it lacks: %q", path, note)
			}
		}
		store.fails.Store(false)
		time.Sleep(2 * time.Second) // answers are shared for that long
		a.ask("/endpoints", "%s", long)
		a.ask("/spikes", "%s", long)
		a.ask("/slow", "%s", long)
		a.ask("/summary", "%s", long)
		_ = s.mon.Shutdown(t.Context())
	})
}

// A step of which a part is stored has the rate of that part, and one of which nothing is has none.
func TestRateOfAPartOfAStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &testrig.History{}
		for range 2 {
			time.Sleep(time.Until(time.Now().Truncate(time.Hour).Add(time.Hour + 12*time.Minute)))
			s := newBubble(t, "1.0", everybody, otelperf.WithHistory(store))
			s.run(2*time.Minute, 5, 20*time.Millisecond, "/a")
			a := asker{t, s.mon.Handler()}
			for _, p := range listOf(a.ask("/endpoints/series", "?method=GET&route=/a&window=24h"), "points") {
				rate, known := p["rate"].(float64)
				if n := p["count"].(float64); known && (n > 0) != (rate > 0) || !known && n > 0 || p["seconds"].(float64) > 600 {
					t.Errorf("a step has %v requests and a rate of %v", n, p["rate"])
				} else if n > 100 && rate < 3 {
					t.Errorf("%v requests of two minutes are %v a second, as if all ten minutes were stored", n, rate)
				}
			}
			_ = s.mon.Shutdown(t.Context())
		}
	})
}

// The minute of restarts is what all processes did in it, from its beginning, before and after it is written.
func TestMinuteOfARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &testrig.History{}
		time.Sleep(2 * time.Hour)
		minute := time.Now().Truncate(time.Minute)
		var s *bubble
		for range 5 {
			if s != nil {
				if err := s.mon.Shutdown(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			s = newBubble(t, "1.0", everybody, otelperf.WithHistory(store))
			s.run(11*time.Second, 2, 20*time.Millisecond, "/a")
		}
		check := func(when string, of, want float64) {
			t.Helper()
			a := asker{t, s.mon.Handler()}
			now := time.Now()
			until := minute.Add(time.Minute)
			if until.After(now) {
				until = now
			}
			for _, from := range []time.Time{minute, minute.Add(-time.Hour)} {
				q, args := "?from=%d&to=%d", []any{from.Unix(), minute.Add(time.Minute).Unix()}
				sum := a.ask("/summary", q, args...)
				if got := timeOf(t, sum["from"]); !got.Equal(minute) || math.Abs(sum["count"].(float64)-of) > 1 || math.Abs(sum["window_seconds"].(float64)-until.Sub(minute).Seconds()) > 0.1 {
					t.Errorf("%s: %v requests from %v in %v s, want %v from %v up to %v", when, sum["count"], got, sum["window_seconds"], of, minute, until)
				}
				rows, inRows := a.ask("/endpoints", q+"&histogram=true", args...), 0.
				for _, r := range listOf(rows, "endpoints") {
					inRows += r["count"].(float64)
				}
				if math.Abs(inRows-of) > 1 || !timeOf(t, rows["from"]).Equal(minute) {
					t.Errorf("%s: rows are of %v requests from %v, want %v", when, inRows, rows["from"], of)
				}
				n := 0.
				for _, p := range listOf(a.ask("/endpoints/series", q+"&method=GET&route=/a", args...), "points") {
					n += p["count"].(float64)
				}
				if n != want {
					t.Errorf("%s: points are of %v requests, want %v", when, n, want)
				}
			}
			if r := a.call("/summary", "?window=2h"); r.Code != http.StatusBadRequest || !strings.Contains(r.Body.String(), "24h") {
				t.Errorf("a window that there is not: %d %s", r.Code, r.Body)
			}
			day := a.ask("/summary", "?window=24h")
			if got := field(day, "stored", "from"); !timeOf(t, got).Equal(minute) {
				t.Errorf("%s: 24 h are stored from %v, want %v", when, got, minute)
			}
		}
		check("before it is written", 5*22, 5*22)
		s.run(10*time.Second, 2, 20*time.Millisecond, "/b")
		time.Sleep(20 * time.Second)
		check("once it is written", 5*22+10, 5*22)
		_ = s.mon.Shutdown(t.Context())
	})
}
