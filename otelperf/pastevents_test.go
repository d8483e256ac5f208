// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf"
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
	t.Parallel()
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

// Slow requests of days are those of the store, too, where another process had them: in the summary and in the list; those of a shorter window
// are the ones in memory.
func TestSlowRequestsOfDays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &testrig.History{}
		s := newBubble(t, "1.0", everybody, otelperf.WithHistory(store))
		s.run(3*time.Minute, 1, 20*time.Millisecond, "/a")
		s.run(5*time.Second, 1, 2*time.Second, "/a")
		fails := func() {
			end := time.Now()
			_, span := s.tracer.Start(t.Context(), "GET /a", trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(end.Add(-time.Millisecond)), trace.WithAttributes(
				attribute.String("http.request.method", "GET"), attribute.String("http.route", "/a"), attribute.Int("http.response.status_code", 500)))
			span.End(trace.WithTimestamp(end))
		}
		fails()
		if err := s.mon.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Hour)
		s = newBubble(t, "1.1", everybody, otelperf.WithHistory(store))
		s.run(2*time.Second, 1, 2*time.Second, "/a")
		fails()
		time.Sleep(time.Second)
		a, now := asker{t, s.mon.Handler()}, time.Now().Unix()
		for window, want := range map[string]int{"?window=5m": 2, "?window=24h": 7, "?window=7d": 7, fmt.Sprintf("?from=%d&to=%d", now-4*3600, now): 7, fmt.Sprintf("?from=%d&to=%d", now-60, now): 2} {
			sum, list := a.ask("/summary", "%s", window), a.ask("/slow", "%s", window)
			fast := 1 // those that failed fast are in the list, and in no summary
			if want == 7 {
				fast = 2
			}
			in := listOf(sum, "slow_queries")
			if len(in) != want || sum["slow_queries_count"] != float64(want) || !slices.IsSortedFunc(in, func(a, b map[string]any) int { return cmp.Compare(b["time"].(string), a["time"].(string)) }) {
				t.Errorf("%s: the summary says %v and has %d, want %d, newest first", window, sum["slow_queries_count"], len(in), want)
			}
			if n := len(listOf(list, "slow")); n != want+fast || list["stored"] != float64(want+fast) || (list["from"] != nil) != strings.HasPrefix(window, "?from") {
				t.Errorf("%s: the list has %d of %v, from %v, want %d", window, n, list["stored"], list["from"], want+fast)
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

// Who looked after a spike is known when it has ended and another process runs.
func TestAckOfThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &testrig.History{State: func([]byte) []byte { return nil }}
		s := newBubble(t, "1.0", everybody, otelperf.WithHistory(store))
		began := time.Now()
		s.run(15*time.Minute, 2, 20*time.Millisecond, "/a")
		s.run(4*time.Minute, 2, 900*time.Millisecond, "/a")
		id := s.mon.Summary("").Spikes[0].ID
		var acked otelperf.Spike
		sendJSON(t, s.mon.Handler(), "POST", "/spikes/"+id+"/ack", `{"by": "ben", "why": "on it"}`, http.StatusOK, &acked)
		s.run(15*time.Minute, 2, 20*time.Millisecond, "/a")
		_ = s.mon.Shutdown(t.Context())
		time.Sleep(3 * time.Hour)
		s = newBubble(t, "1.1", everybody, otelperf.WithHistory(store))
		a := asker{t, s.mon.Handler()}
		query := fmt.Sprintf("?from=%d&to=%d", began.Unix(), began.Add(time.Hour).Unix())
		for what, is := range map[string]map[string]any{"the list": a.spikeOf("/spikes", "%s", query), "the summary of then": a.spikeOf("/summary", "%s", query), "itself": a.ask("/spikes/"+id, "")} {
			if is["state"] != "ended" || field(is, "ack", "by") != "ben" || field(is, "ack", "why") != "on it" {
				t.Errorf("%s: %v, looked after by %v", what, is["state"], is["ack"])
			}
		}
		_ = s.mon.Shutdown(t.Context())
	})
}

// What failed fast, and may be listed, is not counted as slow: in a window of days and in a fixed time, as in any other.
func TestFastFailuresAreNotSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newBubble(t, "1.0", everybody, otelperf.WithHistory(&testrig.History{}))
		from := time.Now()
		s.pay(10*time.Minute, func(n int) bool { return n%2 == 0 }, func(n int) bool { return n%20 == 1 })
		a := asker{t, s.mon.Handler()}
		for _, q := range []string{"?window=1h", "?window=24h", "?window=7d", fmt.Sprintf("?from=%d&to=%d", from.Unix(), time.Now().Unix()+1)} {
			sum := a.ask("/summary", "%s", q)
			if n := len(listOf(sum, "slow_queries")); sum["slow_queries_count"] != 3. || n < 3 {
				t.Errorf("%s: %v were slow, and %d are listed, want 3 and at least as many", q, sum["slow_queries_count"], n)
			}
		}
		_ = s.mon.Shutdown(t.Context())
	})
}
