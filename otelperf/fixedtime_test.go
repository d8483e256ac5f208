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
