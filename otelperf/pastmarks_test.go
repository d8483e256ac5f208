// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// What was changed in a past time is told of it by another process, too: in the summary of a fixed time and of days, and in the list of marks. A
// fixed time has its own marks alone.
func TestMarksOfThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &testrig.History{State: func([]byte) []byte { return nil }} // nothing is left for the next process
		s := newBubble(t, "1.0", everybody, otelperf.WithHistory(store))
		began := time.Now()
		s.slowly(10*time.Minute, 20*time.Millisecond, "/a")
		if err := s.mon.Mark("build 77"); err != nil {
			t.Fatal(err)
		}
		s.slowly(10*time.Minute, 20*time.Millisecond, "/a")
		if err := s.mon.Mark("build 78"); err != nil {
			t.Fatal(err)
		}
		s.slowly(2*time.Minute, 20*time.Millisecond, "/a")
		if err := s.mon.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Hour)
		s = newBubble(t, "2.0", everybody, otelperf.WithHistory(store))
		s.slowly(2*time.Minute, 20*time.Millisecond, "/a")
		a := asker{t, s.mon.Handler()}
		texts := func(v map[string]any) (out []string) {
			for _, m := range listOf(v, "marks") {
				out = append(out, m["text"].(string))
			}
			return out
		}
		fixed := func(from, to time.Time) string { return fmt.Sprintf("?from=%d&to=%d", from.Unix(), to.Unix()) }
		for query, want := range map[string][]string{
			"":                                      {"start of version 2.0"},
			fixed(began, began.Add(15*time.Minute)): {"build 77", "start of version 1.0"},
			fixed(began.Add(15*time.Minute), began.Add(25*time.Minute)):  {"build 78"},
			fixed(began.Add(time.Hour), began.Add(2*time.Hour)):          nil,
			fixed(began.Add(5*time.Minute), time.Now().Add(time.Minute)): {"start of version 2.0", "build 78", "build 77"},
			"?window=24h": {"start of version 2.0", "build 78", "build 77", "start of version 1.0"},
		} {
			if got := texts(a.ask("/summary", "%s", query)); !slices.Equal(got, want) {
				t.Errorf("summary%s has the marks %q, want %q", query, got, want)
			}
			if query == "?window=24h" {
				continue
			}
			list := a.ask("/marks", "%s", query)
			if got := texts(list); !slices.Equal(got, want) || list["count"] != float64(len(want)) || (list["from"] == nil) != (query == "") {
				t.Errorf("marks%s has %v: %q, from %v, want %q", query, list["count"], got, list["from"], want)
			}
		}
		_ = s.mon.Shutdown(t.Context())
	})
}

// tired is a store that can read all but requests and marks.
type tired struct {
	testrig.History
	asked int
}

func (s *tired) Range(ctx context.Context, q history.Query) iter.Seq2[*history.Batch, error] {
	if q.What != history.Requests {
		return s.History.Range(ctx, q)
	}
	s.asked++
	return func(yield func(*history.Batch, error) bool) {
		<-ctx.Done()
		yield(nil, ctx.Err())
	}
}

// A summary whose slow requests take too long has all else, those in memory among it, says what is missing, and does not ask for them again with
// each poll, nor does the list of slow requests.
func TestSummaryWithoutSlowRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &tired{}
		s := newBubble(t, "1.0", everybody, otelperf.WithHistory(store))
		s.run(3*time.Minute, 1, 20*time.Millisecond, "/a")
		s.run(3*time.Second, 1, 2*time.Second, "/a")
		a := asker{t, s.mon.Handler()}
		for range 3 {
			for _, query := range []string{"?window=7d", fmt.Sprintf("?from=%d&to=%d", time.Now().Add(-8*24*time.Hour).Unix(), time.Now().Unix())} {
				sum := a.ask("/summary", "%s", query)
				note, _ := field(sum, "stored", "note").(string)
				if n := len(listOf(sum, "slow_queries")); sum["count"].(float64) < 180 || n != 3 || !strings.Contains(note, "Slow requests may be missing") || !strings.Contains(note, "longer than 5 s") {
					t.Errorf("%s has %v requests, %d slow ones in memory, and the note %q", query, sum["count"], n, note)
				}
			}
		}
		if list := a.ask("/slow", "?window=7d"); len(listOf(list, "slow")) != 3 || !strings.Contains(list["note"].(string), "longer than 5 s") {
			t.Errorf("the list of slow requests is %v", list)
		}
		if store.asked > 2 {
			t.Errorf("seven polls within half a minute asked for slow requests %d times, want once of an hour, and of the minutes there are", store.asked)
		}
		yesterday := time.Now().Add(-24 * time.Hour).Unix()
		if r := a.call("/slow", "?from=%d&to=%d", yesterday-60, yesterday); r.Code != 503 {
			t.Errorf("the list of slow requests of yesterday: %d %s", r.Code, r.Body)
		}
		_ = s.mon.Shutdown(t.Context())
	})
}
