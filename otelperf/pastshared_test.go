// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// Of a store that two instances share, both have the same answer for a time that both have stored, that of both, and neither adds what it has
// in memory alone. What one has not stored yet is the other's own, and says so.
func TestInstancesOfAHistoryAgree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, names := &testrig.History{}, &sync.Map{}
		var shops []*bubble
		for _, name := range []string{"shop-1", "shop-2"} {
			shops = append(shops, newBubble(t, "1.0", everybody, otelperf.WithHistory(&testrig.SharedHistory{History: store, Name: name, Names: names})))
		}
		for range 12 * 6 {
			shops[0].run(5*time.Second, 2, 20*time.Millisecond, "/a") // 60 of a minute
			shops[1].run(5*time.Second, 1, 20*time.Millisecond, "/a") // 30
		}
		time.Sleep(15 * time.Second)
		for _, s := range shops {
			s.run(10*time.Second, 3, 20*time.Millisecond, "/a") // which nobody has stored
		}
		running := time.Now().Truncate(time.Minute)
		count := func(i int, path, query string, args ...any) (float64, map[string]any) {
			a := (asker{t, shops[i].mon.Handler()}).ask(path, query, args...)
			if path == "/summary" {
				return a["count"].(float64), a
			}
			n := 0.
			for _, of := range []string{"endpoints", "points", "columns"} {
				if a[of] != nil {
					for _, r := range listOf(a, of) {
						n += r["count"].(float64)
					}
				}
			}
			if c, ok := a["count"].(float64); ok && a["buckets"] != nil {
				n = c
			}
			return n, a
		}
		both := []string{"shop-1", "shop-2"}
		instances := func(a map[string]any) (list []string) {
			all, _ := field(a, "stored", "instances").([]any)
			for _, x := range all {
				list = append(list, x.(string))
			}
			return list
		}
		at := "&method=GET&route=/a"
		for _, query := range []string{fmt.Sprintf("?from=%d&to=%d", running.Add(-6*time.Minute).Unix(), running.Add(-2*time.Minute).Unix()), "?window=24h", "?window=7d"} {
			want := 0.
			for _, path := range []string{"/summary", "/endpoints", "/endpoints/series", "/endpoints/distribution", "/endpoints/heatmap"} {
				q := query
				if path != "/summary" && path != "/endpoints" {
					q += at
				}
				for i := range shops {
					n, a := count(i, path, "%s", q)
					if want == 0 {
						want = n
					}
					if n != want || n == 0 || !slices.Equal(instances(a), both) {
						t.Errorf("%s%s of %s is %v, first it was %v, stored is %v", path, q, both[i], n, want, a["stored"])
					}
					if to := timeOf(t, field(a, "stored", "to")); to.After(running) {
						t.Errorf("%s%s of %s ends at %v, not before %v", path, q, both[i], to, running)
					}
				}
			}
			if query[:8] != "?window=" && (want < 4*90-2 || want > 4*90+2) { // what ends with a minute may be in the next
				t.Errorf("four minutes have %v requests, want 360", want)
			}
		}
		for i := range shops {
			n, a := count(i, "/endpoints", "?from=%d&to=%d", running.Unix(), running.Add(time.Minute).Unix())
			if note, _ := field(a, "stored", "note").(string); n < 29 || n > 31 || !slices.Equal(instances(a), both[i:i+1]) || !strings.Contains(note, "this instance alone") {
				t.Errorf("of the minute that runs %s has %v, stored is %v", both[i], n, a["stored"])
			}
		}
		for _, s := range shops {
			_ = s.mon.Shutdown(t.Context())
		}
	})
}

// What another instance has stored says whose it is: incidents, slow requests and those that incidents name; one's own do not. Marks of both are
// there once, each with an id of its own, also those of the same second.
func TestWhoseTheyAreIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, names := &testrig.History{}, &sync.Map{}
		began := time.Now()
		var shops []*bubble
		for _, name := range []string{"shop-1", "shop-2"} {
			shops = append(shops, newBubble(t, "1.0", everybody, otelperf.WithHistory(&testrig.SharedHistory{History: store, Name: name, Names: names})))
		}
		shops[1].run(time.Second, 1, 20*time.Millisecond, "/b")
		shops[0].run(15*time.Minute, 2, 20*time.Millisecond, "/a")
		shops[0].run(4*time.Minute, 2, 900*time.Millisecond, "/a")
		shops[0].run(15*time.Minute, 2, 20*time.Millisecond, "/a")
		time.Sleep(2 * time.Minute)
		query := fmt.Sprintf("?from=%d&to=%d", began.Unix(), began.Add(30*time.Minute).Unix())
		for i, want := range []any{nil, "shop-1"} {
			a := asker{t, shops[i].mon.Handler()}
			sum := a.ask("/summary", "%s", query)
			for what, list := range map[string][]map[string]any{
				"spikes of a summary": listOf(sum, "spikes"), "slow requests of a summary": listOf(sum, "slow_queries"), "spikes": listOf(a.ask("/spikes", "%s", query), "spikes"),
				"slow requests": listOf(a.ask("/slow", "%s", query), "slow"),
			} {
				if len(list) == 0 {
					t.Errorf("shop-%d has no %s", i+1, what)
				}
				for _, x := range list {
					if x["instance"] != want {
						t.Errorf("shop-%d: one of the %s is of %v, want %v", i+1, what, x["instance"], want)
					}
				}
			}
			marks, ids := listOf(sum, "marks"), map[any]bool{}
			for _, m := range marks {
				ids[m["id"]] = true
			}
			if len(marks) != 2 || len(ids) != 2 {
				t.Errorf("shop-%d has the marks %v, want the starts of both", i+1, marks)
			}
		}
		for _, s := range shops {
			_ = s.mon.Shutdown(t.Context())
		}
	})
}
