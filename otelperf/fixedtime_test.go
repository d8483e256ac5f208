// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// The summary and the rows of a fixed time say what was done in it, and say the same whenever they are asked for.
func TestSummaryOfAFixedTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newBubble(t, "1.0", everybody)
		h := s.mon.Handler()
		ask := func(path, query string) map[string]any {
			body := testrig.Call(h, http.MethodGet, path+query).Body.String()
			for _, wrong := range newSchemaChecker(t).answer(path, body) {
				t.Errorf("%s: %s", path, wrong)
			}
			return object(t, body)
		}
		s.run(3*time.Minute, 10, 20*time.Millisecond, "/a")
		from := time.Now().Truncate(time.Minute)
		s.run(2*time.Minute, 10, 40*time.Millisecond, "/b")
		to := time.Now().Truncate(time.Minute)
		s.run(3*time.Minute, 10, 80*time.Millisecond, "/a")
		query := fmt.Sprintf("?from=%d&to=%d", from.Unix(), to.Unix())
		first := ask("/summary", query)
		if first["window"] != nil || first["from"] != from.UTC().Format(time.RFC3339) || first["to"] != to.UTC().Format(time.RFC3339) || first["window_seconds"] != to.Sub(from).Seconds() {
			t.Errorf("it is of window %v, %v to %v, %v s", first["window"], first["from"], first["to"], first["window_seconds"])
		}
		rows := map[string]float64{}
		for _, list := range [][]map[string]any{listOf(first, "endpoints"), listOf(ask("/endpoints", query), "endpoints")} {
			for _, r := range list {
				rows[r["route"].(string)] = r["count"].(float64)
			}
			if b := rows["/b"]; b < 1000 || first["count"].(float64) != rows["/a"]+b || rows["/a"] > b {
				t.Errorf("rows are %v, and %v requests in all", rows, first["count"])
			}
		}
		if p99 := first["p99_ms"].(float64); p99 < 35 || p99 > 70 {
			t.Errorf("p99 is %v ms, that of the two minutes about 60", p99)
		}
		s.run(20*time.Minute, 1, 80*time.Millisecond, "/a")
		later := ask("/summary", query)
		if later["count"] != first["count"] || later["p99_ms"] != first["p99_ms"] || later["window_seconds"] != first["window_seconds"] {
			t.Errorf("later it is %v requests with a p99 of %v, first %v with %v", later["count"], later["p99_ms"], first["count"], first["p99_ms"])
		}
		s.run(70*time.Minute, 1, 80*time.Millisecond, "/a")
		_ = s.mon.Shutdown(t.Context())
	})
}

// What was wrong in a fixed time is what was wrong then, whatever is wrong now.
func TestJudgementsOfAFixedTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newBubble(t, "1.0", everybody)
		h := s.mon.Handler()
		s.run(10*time.Minute, 10, 20*time.Millisecond, "/a")
		calm := time.Now().Truncate(time.Minute).Add(-3 * time.Minute)
		s.run(4*time.Minute, 10, 700*time.Millisecond, "/a")
		slow := time.Now().Truncate(time.Minute).Add(-time.Minute)
		check := func(when string) {
			for _, tt := range []struct {
				from          time.Time
				state, status string
				spikes        int
			}{{calm, "normal", "ok", 0}, {slow, "spiking", "slow", 1}} {
				query := fmt.Sprintf("?from=%d&to=%d", tt.from.Unix(), tt.from.Unix()+60)
				sum := object(t, testrig.Call(h, http.MethodGet, "/summary"+query).Body.String())
				rows := listOf(object(t, testrig.Call(h, http.MethodGet, "/endpoints"+query).Body.String()), "endpoints")
				if got := listOf(sum, "endpoints")[0]["state"]; got != tt.state || rows[0]["state"] != tt.state {
					t.Errorf("%s: the state is %v in the summary and %v in rows, want %s", when, got, rows[0]["state"], tt.state)
				}
				if v := sum["verdict"].(map[string]any); v["status"] != tt.status || len(listOf(sum, "spikes")) != tt.spikes {
					t.Errorf("%s: verdict %v with %d spikes, want %s with %d", when, v, len(listOf(sum, "spikes")), tt.status, tt.spikes)
				}
				if n := sum["slow_queries_count"].(float64); (n > 0) != (tt.spikes > 0) {
					t.Errorf("%s: %v slow requests", when, n)
				}
			}
		}
		check("while it is slow")
		s.run(15*time.Minute, 10, 20*time.Millisecond, "/a")
		check("after it has ended")
		_ = s.mon.Shutdown(t.Context())
	})
}

// The times of an answer are those of what was counted, and as long as it says.
func TestCountedTimeIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newBubble(t, "1.0", everybody)
		began := time.Now()
		h := s.mon.Handler()
		s.run(4*time.Minute+25*time.Second, 10, 20*time.Millisecond, "/a")
		now := time.Now()
		minute := now.Truncate(time.Minute)
		for _, tt := range []struct {
			what                     string
			from, to, counted, until time.Time
		}{
			{"within minutes", minute.Add(-130 * time.Second), minute.Add(-70 * time.Second), minute.Add(-180 * time.Second), minute.Add(-60 * time.Second)},
			{"whole minutes", minute.Add(-2 * time.Minute), minute.Add(-time.Minute), minute.Add(-2 * time.Minute), minute.Add(-time.Minute)},
			{"within steps", now.Truncate(10 * time.Second).Add(-27 * time.Second), now.Truncate(10 * time.Second).Add(-12 * time.Second),
				now.Truncate(10 * time.Second).Add(-30 * time.Second), now.Truncate(10 * time.Second).Add(-10 * time.Second)},
			{"more than there is", began.Add(-time.Hour), now.Add(time.Hour), began, now},
			{"before the start", began.Add(-2 * time.Hour), began.Add(-time.Hour), began.Add(-2 * time.Hour), began.Add(-time.Hour)},
		} {
			nothing := tt.what == "before the start"
			for _, path := range []string{"/summary", "/endpoints", "/dependencies"} {
				w := testrig.Call(h, http.MethodGet, fmt.Sprintf("%s?from=%d&to=%d", path, tt.from.Unix(), tt.to.Unix()))
				for _, wrong := range newSchemaChecker(t).answer(path, w.Body.String()) {
					t.Errorf("%s %s: %s", path, tt.what, wrong)
				}
				v := object(t, w.Body.String())
				from, to, stored := timeOf(t, v["from"]), timeOf(t, v["to"]), timeOf(t, v["stored_from"])
				if from.Sub(tt.counted).Abs() > time.Second || to.Sub(tt.until).Abs() > time.Second || stored.Sub(began).Abs() > time.Second {
					t.Errorf("%s %s: counted is %v to %v of what is stored from %v on, want %v to %v", path, tt.what, from, to, stored, tt.counted, tt.until)
				}
				seconds := v["window_seconds"].(float64)
				if nothing && seconds != 0 || !nothing && seconds != to.Sub(from).Seconds() {
					t.Errorf("%s %s: %v s for %v", path, tt.what, seconds, to.Sub(from))
				}
				if count, rate := v["count"].(float64), seconds*10; path == "/summary" && (count < rate-20 || count > rate+20) {
					t.Errorf("%s: %v requests, want about %v", tt.what, count, rate)
				}
				if path == "/summary" && nothing {
					verdict := v["verdict"].(map[string]any)
					if detail := verdict["detail"].(string); verdict["title"] != "Nothing of that time is stored" || !strings.Contains(detail, began.UTC().Format(time.DateTime)) {
						t.Errorf("%s: the verdict is %v", tt.what, verdict)
					}
				}
			}
		}
		_ = s.mon.Shutdown(t.Context())
	})
}

func timeOf(t *testing.T, v any) time.Time {
	t.Helper()
	text, _ := v.(string)
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// What an answer of a fixed time says of an incident is what it was then, however it went on.
func TestIncidentOfAFixedTimeStaysAsItWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newBubble(t, "1.0", everybody)
		h := s.mon.Handler()
		s.run(10*time.Minute+20*time.Second, 10, 20*time.Millisecond, "/a")
		s.run(80*time.Second, 10, 500*time.Millisecond, "/a")
		to := time.Now().Truncate(time.Minute)
		from := to.Add(-5 * time.Minute)
		time.Sleep(time.Until(to.Add(time.Minute)))
		to = to.Add(time.Minute)
		query := fmt.Sprintf("?from=%d&to=%d", from.Unix(), to.Unix())
		ask := func(path string) map[string]any {
			body := testrig.Call(h, http.MethodGet, path+query).Body.String()
			for _, wrong := range newSchemaChecker(t).answer(strings.Split(path, "?")[0], body) {
				t.Errorf("%s: %s", path, wrong)
			}
			spikes := listOf(object(t, body), "spikes")
			if len(spikes) != 1 {
				t.Fatalf("%s: %d incidents, want one", path, len(spikes))
			}
			return spikes[0]
		}
		series := func() map[string]any {
			spikes := listOf(object(t, testrig.Call(h, http.MethodGet, "/endpoints/series"+query+"&method=GET&route=/a").Body.String()), "spikes")
			if len(spikes) != 1 {
				t.Fatalf("series: %d incidents, want one", len(spikes))
			}
			return spikes[0]
		}
		first := ask("/summary")
		s.run(2*time.Second, 10, 900*time.Millisecond, "/a")
		if soon := listOf(ask("/summary"), "slow_requests"); len(soon) == 0 || soon[0]["duration_ms"].(float64) > 800 {
			t.Errorf("soon after it names %v", soon)
		}
		s.run(4*time.Minute, 10, 900*time.Millisecond, "/a")
		s.run(15*time.Minute, 10, 20*time.Millisecond, "/a")
		whole := s.mon.Summary("").Spikes[0]
		if slow := first["cost_slow"].(float64); slow < 700 || slow > 900 || whole.CostSlow < 3000 || whole.End == nil {
			t.Fatalf("then %v were slow, and %d in all; it ended at %v", slow, whole.CostSlow, whole.End)
		}
		for what, later := range map[string]map[string]any{"summary": ask("/summary"), "series": series()} {
			if later["state"] != "open" || later["end"] != nil || !timeOf(t, later["ended_later"]).Equal(whole.End.Truncate(time.Second)) && later["ended_later"] == nil {
				t.Errorf("%s: the state is %v, the end %v, it ended later at %v", what, later["state"], later["end"], later["ended_later"])
			}
			for name, want := range map[string]any{"cost_slow": first["cost_slow"], "cost_failed": first["cost_failed"]} {
				if later[name] != want {
					t.Errorf("%s: %s is %v, and was %v", what, name, later[name], want)
				}
			}
			was, is := first["cost_requests"].(float64), later["cost_requests"].(float64)
			if is < was || is > was+600 {
				t.Errorf("%s: of %v requests, then of %v: that is more than the minute that it began in", what, is, was)
			}
			for _, r := range listOf(later, "slow_requests") {
				if !timeOf(t, r["start"]).Before(to) || r["duration_ms"].(float64) > 800 {
					t.Errorf("%s: names %v, which began after %v", what, r, to)
				}
			}
			part := listOf(later, "endpoints")[0]
			if worst, last := part["worst_ms"].(float64), part["last_ms"].(float64); worst > 800 || last > 800 || part["end"] != nil || part["state"] != "open" {
				t.Errorf("%s: worst %v ms, last %v ms, %v until %v", what, worst, last, part["state"], part["end"])
			}
			if reason := later["reason"].(string); strings.Contains(reason, "in all") || !strings.Contains(reason, "usually") {
				t.Errorf("%s: %s", what, reason)
			}
		}
		_ = s.mon.Shutdown(t.Context())
	})
}
