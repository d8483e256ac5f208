// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// The summary and the rows of a fixed time say what was done in it, and say the same whenever they are asked for.
func TestSummaryOfAFixedTime(t *testing.T) {
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
		if body := testrig.Call(h, http.MethodGet, "/summary"+query); body.Code != http.StatusBadRequest {
			t.Errorf("when it is no longer stored: %d", body.Code)
		}
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
