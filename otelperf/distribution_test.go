// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// asked is the answer about one endpoint, which the contract allows.
func asked(t *testing.T, h http.Handler, path, query string) map[string]any {
	t.Helper()
	body := testrig.Call(h, http.MethodGet, path+"?method=GET&route=/a&"+query).Body.String()
	for _, wrong := range newSchemaChecker(t).answer(path, body) {
		t.Errorf("%s?%s: %s", path, query, wrong)
	}
	return object(t, body)
}

// between is the sum of a member over the buckets that reach into a range of ms.
func between(buckets []map[string]any, member string, from, to float64) (sum float64) {
	for _, b := range buckets {
		if x, ok := b[member].(float64); ok && b["to_ms"].(float64) > from && b["from_ms"].(float64) < to {
			sum += x
		}
	}
	return sum
}

// A distribution has the requests of its window or its fixed time in buckets that lie in a row, beside what was usual before the spike.
func TestDistribution(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newBubble(t, "1.0", everybody)
		h := s.mon.Handler()
		s.run(time.Second, 10, 20*time.Millisecond, "/a")
		if d := asked(t, h, "/endpoints/distribution", "window=5m"); listOf(d, "buckets")[0]["baseline_share"] != nil || listOf(d, "quantiles")[3]["baseline_ms"] != nil {
			t.Errorf("while it is learned what is usual: %v", d)
		}
		s.run(8*time.Minute, 10, 20*time.Millisecond, "/a")
		slow := time.Now()
		s.run(2*time.Minute, 10, 200*time.Millisecond, "/a")
		for _, query := range []string{"window=1m", fmt.Sprintf("from=%d&to=%d", slow.Unix(), time.Now().Unix())} {
			d := asked(t, h, "/endpoints/distribution", query)
			buckets, count := listOf(d, "buckets"), d["count"].(float64)
			if all, now := between(buckets, "share", 0, 1e9), between(buckets, "share", 199, 300); math.Abs(all-1) > 1e-4 || now < 0.9 {
				t.Errorf("%s: shares add up to %v, those of 200 to 300 ms to %v", query, all, now)
			}
			if n := between(buckets, "count", 0, 1e9); n != count || count < 500 {
				t.Errorf("%s: counts add up to %v, count is %v", query, n, count)
			}
			if all, usual := between(buckets, "baseline_share", 0, 1e9), between(buckets, "baseline_share", 20, 30); math.Abs(all-1) > 1e-4 || usual < 0.9 {
				t.Errorf("%s: usual shares add up to %v, those of 20 to 30 ms to %v", query, all, usual)
			}
			for i := range buckets[1:] {
				if buckets[i]["to_ms"] != buckets[i+1]["from_ms"] {
					t.Errorf("%s: a gap after %v", query, buckets[i])
				}
			}
			p99 := listOf(d, "quantiles")[3]
			if ms, usual := p99["ms"].(float64), p99["baseline_ms"].(float64); p99["quantile"] != 0.99 || math.Abs(ms-300) > 5 || math.Abs(usual-30) > 2 {
				t.Errorf("%s: p99 is %v", query, p99)
			}
		}
		before := asked(t, h, "/endpoints/distribution", fmt.Sprintf("from=%d&to=%d", slow.Unix()-240, slow.Unix()-60))
		if at, _ := time.Parse(time.RFC3339, before["to"].(string)); at.After(slow) || between(listOf(before, "buckets"), "count", 100, 1e9) != 0 || before["count"].(float64) < 1000 {
			t.Errorf("before it became slow: %v", before)
		}
		if before["window"] != nil {
			t.Errorf("a fixed time has the window %v", before["window"])
		}
		_ = s.mon.Shutdown(t.Context())
	})
}

// A heatmap has the points of the series, and as many requests in each.
func TestHeatmap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newBubble(t, "1.0", everybody)
		h := s.mon.Handler()
		s.run(2*time.Minute, 10, 20*time.Millisecond, "/a")
		time.Sleep(3 * time.Minute) // without any
		s.run(70*time.Second, 10, 40*time.Millisecond, "/a")
		now := time.Now().Unix()
		for _, query := range []string{
			"window=1m", "window=5m", "window=1h", "window=all", fmt.Sprintf("from=%d&to=%d", now-200, now-100), fmt.Sprintf("from=%d&to=%d", now-30, now-10),
			fmt.Sprintf("from=%d&to=%d", now-7200, now+7200),
		} {
			m, series := asked(t, h, "/endpoints/heatmap", query), asked(t, h, "/endpoints/series", query)
			columns, points := listOf(m, "columns"), listOf(series, "points")
			if len(columns) != len(points) || len(columns) == 0 {
				t.Fatalf("%s: %d columns, %d points", query, len(columns), len(points))
			}
			bounds := m["bounds_ms"].([]any)
			for i, c := range columns {
				sum, quicker, slower := 0.0, 0.0, 0.0
				p50, _ := points[i]["p50_ms"].(float64)
				for k, n := range c["counts"].([]any) {
					sum += n.(float64)
					if bounds[k].(float64) < p50 {
						quicker += n.(float64)
					}
					if bounds[k+1].(float64) > p50 {
						slower += n.(float64)
					}
				}
				if quicker < sum/2 || slower < sum/2 {
					t.Errorf("%s: of %v requests %v are up to, and %v from the bucket of p50 on", query, sum, quicker, slower)
				}
				if sum != c["count"] || c["count"] != points[i]["count"] || c["t"] != points[i]["t"] || c["seconds"] != points[i]["seconds"] {
					t.Errorf("%s: column %v, point %v", query, c, points[i])
				}
			}
		}
		if m := asked(t, h, "/endpoints/heatmap", fmt.Sprintf("from=%d&to=%d", now-180, now-120)); len(m["bounds_ms"].([]any)) != 0 || len(listOf(m, "columns")) == 0 {
			t.Errorf("of minutes without a request: %v", m)
		}
		_ = s.mon.Shutdown(t.Context())
	})
}

// Whatever requests take, answers have no more buckets than the contract says, and few bytes.
func TestBucketsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rg := newRig(t, plan{}, everybody)
		for range 62 {
			for d := time.Duration(1); d < 20*time.Hour; d = d*5/4 + 1 {
				rg.request("GET", "/a", http.StatusOK, d)
			}
			time.Sleep(time.Minute)
		}
		for path, most := range map[string]int{"/endpoints/distribution": 16 << 10, "/endpoints/heatmap": 32 << 10} {
			body := testrig.Call(rg.mon.Handler(), http.MethodGet, path+"?method=GET&route=/a&window=1h").Body.String()
			for _, wrong := range newSchemaChecker(t).answer(path, body) {
				t.Errorf("%s: %s", path, wrong)
			}
			if len(body) > most || !strings.Contains(body, `"scale":0`) {
				t.Errorf("%s has %d bytes, want at most %d, at scale 0", path, len(body), most)
			}
		}
		_ = rg.mon.Shutdown(t.Context())
	})
}

// A fixed time that cannot be names the field, and what is stored.
func TestFixedTimeRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rg := newRig(t, plan{}, everybody)
		began := time.Now().Unix()
		rg.request("GET", "/a", http.StatusOK, time.Millisecond)
		time.Sleep(2 * time.Minute)
		now := time.Now().Unix()
		stored := fmt.Sprintf("within %d to %d", began, now)
		for query, want := range map[string][2]string{
			fmt.Sprintf("from=%d", now):                        {"to", stored},
			fmt.Sprintf("to=%d", now):                          {"from", stored},
			fmt.Sprintf("from=%d&to=%d", now, now):             {"from", stored},
			fmt.Sprintf("from=%d&to=%d", began-9000, began-60): {"to", stored},
			fmt.Sprintf("from=%d&to=%d", now+60, now+120):      {"from", stored},
			"from=-1&to=5":                   {"from", "0 to 253402300799"},
			"from=1&to=253402300800":         {"to", "0 to 253402300799"},
			"from=noon&to=5":                 {"from", "0 to 253402300799"},
			"from=1.5&to=5":                  {"from", "0 to 253402300799"},
			"from=1&to=99999999999999999999": {"to", "0 to 253402300799"},
		} {
			for _, path := range []string{"/endpoints/series", "/endpoints/distribution", "/endpoints/heatmap"} {
				w := testrig.Call(rg.mon.Handler(), http.MethodGet, path+"?method=GET&route=/a&"+query)
				v := object(t, w.Body.String())
				if accepted, _ := v["accepted"].(string); w.Code != http.StatusBadRequest || v["field"] != want[0] || !strings.Contains(accepted, want[1]) {
					t.Errorf("%s?%s: %d %v, want 400 that names %s and %q", path, query, w.Code, v, want[0], want[1])
				}
			}
		}
		_ = rg.mon.Shutdown(t.Context())
	})
}
