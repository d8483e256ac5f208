// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// The runtime's signals of a past time are those in memory, and else those that are stored: before and after a restart, in the answer about the
// runtime and in the summary. Where none are stored both say so.
func TestRuntimeOfThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &testrig.History{}
		s := newBubble(t, "1.0", everybody, otelperf.WithHistory(store))
		time.Sleep(time.Until(time.Now().Truncate(time.Hour).Add(time.Hour)))
		from := time.Now()
		s.slowly(10*time.Minute, 20*time.Millisecond, "/a")
		query := fmt.Sprintf("?from=%d&to=%d", from.Unix(), from.Add(5*time.Minute).Unix())
		check := func(when string, step float64) {
			t.Helper()
			a := asker{t, s.mon.Handler()}
			is := a.ask("/runtime", "%s", query)
			signals := map[any]map[string]any{}
			for _, l := range listOf(is, "signals") {
				signals[l["name"]] = l
				known := 0
				for _, v := range l["values"].([]any) {
					if v != nil {
						known++
					}
				}
				if n := len(l["values"].([]any)); n != int(300/step) || known < n-1 || l["now"] == nil || l["usual"] != nil || l["limit"] != nil || l["unit"] == "" {
					t.Errorf("%s: %v has %d values, %d of them known, want %v: %v", when, l["name"], n, known, 300/step, l)
				}
			}
			if is["step_seconds"] != step || !timeOf(t, is["start"]).Equal(from) || is["window"] != nil || signals["goroutines"] == nil || signals["gc_cpu"] == nil || signals["sched_latency"] == nil {
				t.Errorf("%s: steps of %v s from %v on, window %v, signals %v", when, is["step_seconds"], is["start"], is["window"], signals)
			}
			then, _ := a.ask("/summary", "%s", query)["runtime"].(map[string]any)
			of := listOf(then, "signals")
			if len(of) != len(signals) {
				t.Errorf("%s: the summary has %d signals, want %d", when, len(of), len(signals))
			}
			for _, r := range of {
				if l := signals[r["name"]]; l == nil || r["now"] != l["now"] {
					t.Errorf("%s: %v was %v in the summary, %v else", when, r["name"], r["now"], l["now"])
				}
			}
		}
		check("in memory", 10)
		s.slowly(2*time.Hour, 20*time.Millisecond, "/a")
		check("in the store", 60)
		if days := (asker{t, s.mon.Handler()}).ask("/runtime", "?window=24h"); days["step_seconds"] != 600. || len(listOf(days, "signals")) == 0 || timeOf(t, days["start"]).After(from) {
			t.Errorf("24 h have steps of %v s from %v on", days["step_seconds"], days["start"])
		}
		if err := s.mon.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		s = newBubble(t, "1.1", everybody, otelperf.WithHistory(store))
		check("in another process", 60)
		a := asker{t, s.mon.Handler()}
		none := fmt.Sprintf("?from=%d&to=%d", from.Add(-9*time.Hour).Unix(), from.Add(-8*time.Hour).Unix())
		for _, notes := range []any{a.ask("/runtime", "%s", none)["notes"], field(a.ask("/summary", "%s", none), "runtime", "notes")} {
			if !strings.Contains(fmt.Sprint(notes), "no signals of the runtime are stored of that time") {
				t.Errorf("of a time of which there is nothing it says %v", notes)
			}
		}
		if r := a.call("/runtime", "?window=5m&from=1&to=2"); r.Code != http.StatusBadRequest {
			t.Errorf("a window beside a fixed time: %d", r.Code)
		}
		_ = s.mon.Shutdown(t.Context())
	})
}
