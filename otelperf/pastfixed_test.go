// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// spikeOf is the only incident of an answer.
func (a asker) spikeOf(path, query string, args ...any) map[string]any {
	a.t.Helper()
	spikes := listOf(a.ask(path, query, args...), "spikes")
	if len(spikes) != 1 {
		a.t.Fatalf("%s%s: %d incidents, want one: %v", path, fmt.Sprintf(query, args...), len(spikes), spikes)
	}
	return spikes[0]
}

// A fixed time that memory does not have says of an incident what was to be said at its end, however it went on: while it goes on, when it has
// ended, when the process is another one, and when that has never known of it.
func TestIncidentOfAFixedTimeBeforeMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const usual, slow = 20 * time.Millisecond, 900 * time.Millisecond
		store := &testrig.History{}
		s := newBubble(t, "1.0", everybody, otelperf.WithHistory(store))
		s.both(20*time.Minute, usual, usual)
		began := time.Now()
		s.both(4*time.Minute+30*time.Second, slow, usual)
		to := time.Now().Truncate(time.Minute)
		from := to.Add(-10 * time.Minute)
		var first map[string]any
		check := func(when string) {
			a := asker{t, s.mon.Handler()}
			q, args := "?from=%d&to=%d", []any{from.Unix(), to.Unix()}
			sum := a.ask("/summary", q, args...)
			if field(sum, "verdict", "status") != "slow" || field(sum, "verdict", "of", "route") != "/checkout" {
				t.Errorf("%s: the verdict is %v", when, sum["verdict"])
			}
			for _, r := range listOf(a.ask("/endpoints", q, args...), "endpoints") {
				if want := map[any]string{"/checkout": "spiking", "/items": "normal"}[r["route"]]; r["state"] != want && (r["state"] != "learning" || want != "normal") {
					t.Errorf("%s: %v is %v, want %s", when, r["route"], r["state"], want)
				}
			}
			series := a.spikeOf("/endpoints/series", q+"&method=GET&route=/checkout", args...)
			is := a.spikeOf("/summary", q, args...)
			if first == nil {
				first = is
			}
			if is["id"] != first["id"] || is["state"] != "open" || is["end"] != nil || series["id"] != is["id"] || series["state"] != "open" {
				t.Errorf("%s: it is %v %v, its end %v, first it was %v", when, is["id"], is["state"], is["end"], first["id"])
			}
			if parts := listOf(is, "endpoints"); len(parts) != 1 || parts[0]["state"] != "open" || parts[0]["end"] != nil {
				t.Errorf("%s: its parts are %v", when, parts)
			}
			for _, r := range listOf(is, "slow_requests") {
				if end := timeOf(t, r["start"]).Add(time.Duration(r["duration_ms"].(float64)) * time.Millisecond); !end.Before(to) {
					t.Errorf("%s: it names a request that ended at %v", when, end)
				}
			}
			before := a.ask("/summary", q, began.Add(-10*time.Minute).Unix(), began.Add(-2*time.Minute).Unix())
			if n := len(listOf(before, "spikes")); n != 0 || field(before, "verdict", "status") != "ok" {
				t.Errorf("%s: before it began there are %d, the verdict is %v", when, n, before["verdict"])
			}
			if ended := listOf(a.ask("/summary", q, time.Now().Add(-time.Minute).Unix(), time.Now().Unix()), "spikes"); len(ended) != map[bool]int{true: 1}[when == "while it goes on"] {
				t.Errorf("%s: of the last minute there are %v", when, ended)
			}
		}
		check("while it goes on")
		if later, ok := first["ended_later"]; ok {
			t.Errorf("while it goes on it ended at %v", later)
		}
		s.both(20*time.Minute, usual, usual)
		check("when it has ended")
		s.slowly(2*time.Hour, usual, "/checkout", "/items")
		check("when memory does not have the time any more")
		if is := (asker{t, s.mon.Handler()}).spikeOf("/summary", "?from=%d&to=%d", from.Unix(), to.Unix()); is["ended_later"] == nil {
			t.Errorf("it did not end: %v", is)
		}
		if err := s.mon.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		s = newBubble(t, "1.1", everybody, otelperf.WithHistory(store))
		s.slowly(time.Minute, usual, "/checkout", "/items")
		check("when the process is another one")
		_ = s.mon.Shutdown(t.Context())
	})
}

// What an incident that goes on over a restart was before is as the process before has stored it, with what it had cost by then; and what
// nobody knows the end of was there as long as it was seen.
func TestIncidentOfAFixedTimeOverARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const usual, slow = 20 * time.Millisecond, 900 * time.Millisecond
		store := &testrig.History{}
		s := newBubble(t, "1.0", everybody, otelperf.WithHistory(store))
		s.both(20*time.Minute, usual, usual)
		s.both(5*time.Minute+30*time.Second, slow, usual)
		to := time.Now().Truncate(time.Minute)
		from := to.Add(-10 * time.Minute)
		look := func() map[string]any {
			return asker{t, s.mon.Handler()}.spikeOf("/summary", "?from=%d&to=%d", from.Unix(), to.Unix())
		}
		before := look()
		_ = s.mon.Shutdown(t.Context())
		restart := time.Now()
		killed := store.Copy()
		s = newBubble(t, "1.0", everybody, otelperf.WithHistory(store))
		for _, when := range []string{"at once", "later"} {
			is := look()
			cost, was := is["cost_slow"].(float64), before["cost_slow"].(float64)
			if is["id"] != before["id"] || is["state"] != "open" || is["cause"] != before["cause"] || cost < was || cost > was+400 || is["start"] != before["start"] {
				t.Errorf("%s it is\n%v\nbefore it was\n%v", when, is, before)
			}
			s.both(8*time.Minute, slow, usual)
		}
		_ = s.mon.Shutdown(t.Context())

		killed.State = func([]byte) []byte { return nil } // nobody goes on with it
		s = newBubble(t, "1.0", everybody, otelperf.WithHistory(killed))
		a := asker{t, s.mon.Handler()}
		time.Sleep(5 * time.Minute)
		if is := look(); is["state"] != "open" || is["ended_later"] != nil {
			t.Errorf("of then it is %v, ended later %v", is["state"], is["ended_later"])
		}
		if now := a.spikeOf("/spikes", "?from=%d&to=%d", from.Unix(), time.Now().Unix()); now["state"] != "unknown" {
			t.Errorf("now its state is %v", now["state"])
		}
		after := a.ask("/summary", "?from=%d&to=%d", restart.Add(2*time.Minute).Unix(), restart.Add(4*time.Minute).Unix())
		if n := len(listOf(after, "spikes")); n != 0 {
			t.Errorf("when nobody saw it any more there are %d", n)
		}
		_ = s.mon.Shutdown(t.Context())
	})
}

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
			{"to come", now.Add(time.Hour), now.Add(2 * time.Hour), nothing, nothing},
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

// Of a store that fails the answer is that it does, and when to ask again; what is in memory is as ever.
func TestHistoryThatCannotBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &broken{}
		s := newBubble(t, "1.0", everybody, otelperf.WithHistory(store))
		s.run(5*time.Minute, 1, 20*time.Millisecond, "/a")
		store.fails.Store(true)
		a, now := asker{t, s.mon.Handler()}, time.Now()
		long := fmt.Sprintf("?from=%d&to=%d", now.Add(-3*time.Hour).Unix(), now.Unix())
		for _, path := range []string{
			"/summary" + long, "/summary?window=7d", "/endpoints" + long, "/dependencies?window=24h", "/spikes" + long, "/slow" + long,
			"/endpoints/series" + long + "&method=GET&route=/a",
			"/endpoints/distribution" + long + "&method=GET&route=/a", "/endpoints/heatmap" + long + "&method=GET&route=/a",
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

// Slow requests of days are those of the store, too, where another process had them: in the summary and in the list; those of a shorter window
// are the ones in memory.
func TestSlowRequestsOfDays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &testrig.History{}
		s := newBubble(t, "1.0", everybody, otelperf.WithHistory(store))
		s.run(3*time.Minute, 1, 20*time.Millisecond, "/a")
		s.run(5*time.Second, 1, 2*time.Second, "/a")
		if err := s.mon.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Hour)
		s = newBubble(t, "1.1", everybody, otelperf.WithHistory(store))
		s.run(2*time.Second, 1, 2*time.Second, "/a")
		a := asker{t, s.mon.Handler()}
		for window, want := range map[string]int{"5m": 2, "24h": 7, "7d": 7} {
			sum, list := a.ask("/summary", "?window=%s", window), a.ask("/slow", "?window=%s", window)
			in := listOf(sum, "slow_queries")
			if len(in) != want || sum["slow_queries_count"] != float64(want) || !slices.IsSortedFunc(in, func(a, b map[string]any) int { return cmp.Compare(b["time"].(string), a["time"].(string)) }) {
				t.Errorf("%s: the summary says %v and has %d, want %d, newest first", window, sum["slow_queries_count"], len(in), want)
			}
			if n := len(listOf(list, "slow")); n != want || list["stored"] != float64(want) || list["from"] != nil {
				t.Errorf("%s: the list has %d of %v, from %v, want %d and no time", window, n, list["stored"], list["from"], want)
			}
		}
		if n := len(listOf(a.ask("/slow", "?window=24h&limit=5"), "slow")); n != 5 {
			t.Errorf("%d are listed, want 5", n)
		}
		if r := a.call("/slow", "?window=2h"); r.Code != http.StatusBadRequest {
			t.Errorf("of a window that there is not: %d %s", r.Code, r.Body)
		}
		before := len(store.Asked())
		for range 30 { // within a minute
			a.ask("/slow", "?window=7d")
			time.Sleep(time.Second)
		}
		if n := len(store.Asked()) - before; n > 2 {
			t.Errorf("30 polls asked the store %d times", n)
		}
		_ = s.mon.Shutdown(t.Context())
	})
}

// How many requests of a past time were slow is counted in histograms, by the threshold of now, and not in a list that has a bound: of a time
// that is in memory, of one that is stored, and after a restart. Jobs are no requests.
func TestSlowRequestsOfThenAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &testrig.History{}
		s := newBubble(t, "1.0", everybody, otelperf.WithHistory(store))
		time.Sleep(time.Until(time.Now().Truncate(time.Minute).Add(time.Minute)))
		from := time.Now()
		s.run(2*time.Minute, 10, 20*time.Millisecond, "/a")
		s.run(time.Minute, 50, 900*time.Millisecond, "/a")
		for range 5 {
			end := time.Now()
			_, job := s.tracer.Start(t.Context(), "sweep", trace.WithTimestamp(end.Add(-2*time.Second)))
			job.End(trace.WithTimestamp(end))
		}
		to := time.Now().Truncate(time.Minute).Add(time.Minute)
		check := func(when string, want float64) {
			t.Helper()
			a := asker{t, s.mon.Handler()}
			for _, q := range []string{fmt.Sprintf("?from=%d&to=%d", from.Unix(), to.Unix()), "?window=24h", "?window=7d"} {
				sum := a.ask("/summary", "%s", q)
				if n, listed := sum["slow_queries_count"], len(listOf(sum, "slow_queries")); n != want || listed < 10 || listed > 20 {
					t.Errorf("%s, %s: %v were slow, want %v, and %d are listed, want 10 to 20", when, q, n, want, listed)
				}
			}
			before := a.ask("/summary", "?from=%d&to=%d", from.Unix(), from.Add(time.Minute).Unix())["slow_queries_count"]
			if n, ok := before.(float64); !ok || n > 0 && want == 3000 {
				t.Errorf("%s: of the first minute %v were slow", when, before)
			}
		}
		restart := func(opts ...otelperf.Option) {
			if err := s.mon.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			s = newBubble(t, "1.1", append(opts, everybody, otelperf.WithHistory(store))...)
			s.run(10*time.Second, 1, time.Millisecond, "/b")
		}
		s.run(time.Minute, 1, 20*time.Millisecond, "/a")
		check("in memory", 3000)
		s.slowly(2*time.Hour, 20*time.Millisecond, "/a")
		check("in the store", 3000)
		restart()
		check("in another process", 3000)
		restart(otelperf.WithEndpointSlowThreshold("GET /a", time.Millisecond))
		a := asker{t, s.mon.Handler()}
		if n := a.ask("/summary", "?from=%d&to=%d", from.Unix(), to.Unix())["slow_queries_count"]; n != 4260. {
			t.Errorf("by a lower threshold %v were slow, want all 4260", n)
		}
		_ = s.mon.Shutdown(t.Context())
	})
}
