// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// asker asks a Monitor for JSON and holds each answer against the contract.
type asker struct {
	t *testing.T
	h http.Handler
}

func (a asker) ask(path string, query string, args ...any) map[string]any {
	a.t.Helper()
	r := a.call(path, query, args...)
	if r.Code != http.StatusOK {
		a.t.Fatalf("%s%s: %d %s", path, fmt.Sprintf(query, args...), r.Code, r.Body.String())
	}
	template := path
	for prefix, of := range map[string]string{"/slow/": "/slow/{trace_id}", "/spikes/": "/spikes/{id}"} {
		if strings.HasPrefix(path, prefix) {
			template = of
		}
	}
	for _, wrong := range newSchemaChecker(a.t).answer(template, r.Body.String()) {
		a.t.Errorf("%s: %s", path, wrong)
	}
	return object(a.t, r.Body.String())
}

func (a asker) call(path, query string, args ...any) *httptest.ResponseRecorder {
	return testrig.Call(a.h, http.MethodGet, path+fmt.Sprintf(query, args...))
}

// field is a value in nested objects.
func field(v map[string]any, path ...string) any {
	for _, name := range path[:len(path)-1] {
		v, _ = v[name].(map[string]any)
	}
	return v[path[len(path)-1]]
}

// slowly sends a request every ten seconds to each route.
func (s *bubble) slowly(d, usual time.Duration, routes ...string) {
	for range int(d / (10 * time.Second)) {
		time.Sleep(9 * time.Second)
		s.run(time.Second, 1, usual, routes...)
	}
}

// Two days of a service, restarted once: each request is counted once, in whatever window, and yesterday stands beside today.
func TestDaysOfAHistory(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &testrig.History{}
		s := newBubble(t, "1.0", everybody, otelperf.WithHistory(store))
		began := time.Now()
		s.slowly(24*time.Hour, 20*time.Millisecond, "/a") // 2000-01-01
		if err := s.mon.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(30 * time.Minute)
		s = newBubble(t, "1.1", everybody, otelperf.WithHistory(store))
		a := asker{t, s.mon.Handler()}
		s.slowly(90*time.Minute+20*time.Second, 40*time.Millisecond, "/a", "/b")
		const first, second = 24 * 360, 9*60 + 2

		week := a.ask("/summary", "?window=7d")
		if n := week["count"]; n != float64(first+2*second) {
			t.Errorf("%v requests in 7 days, %d were sent", n, first+2*second)
		}
		if from := field(week, "stored", "from"); from != began.UTC().Format(time.RFC3339) {
			t.Errorf("stored from %v, it began %v", from, began)
		}
		if gaps := listOf(week["stored"].(map[string]any), "gaps"); len(gaps) != 2 || gaps[0]["to"] != "2000-01-01T00:00:00Z" || gaps[1]["to"] != "2000-01-02T00:30:00Z" {
			t.Errorf("gaps are %v, want the days before and the half hour from midnight on", gaps)
		}
		// Of the day before this minute there is 00:00 to 00:30 without a process, and all of what came before in whole ten minutes.
		rows := map[string]float64{}
		for _, r := range listOf(a.ask("/endpoints", "?window=24h"), "endpoints") {
			rows[r["route"].(string)] = r["count"].(float64)
		}
		// What ends at the very edge of a step is of one or of the other.
		if want := float64(22*360 + second); math.Abs(rows["/a"]-want) > 1 || rows["/b"] != second {
			t.Errorf("24 h have %v, want %v of /a and %d of /b", rows, want, second)
		}
		series := a.ask("/endpoints/series", "?method=GET&route=/a&window=24h")
		points := listOf(series, "points")
		sum := 0.
		for _, p := range points {
			sum += p["count"].(float64)
		}
		if series["step_seconds"] != 600. || len(points) != 145 || sum != rows["/a"] {
			t.Errorf("24 h are %d points of %v s with %v requests, want 145 of 600 s with %v", len(points), series["step_seconds"], sum, rows["/a"])
		}
		if cols := listOf(a.ask("/endpoints/heatmap", "?method=GET&route=/a&window=7d"), "columns"); len(cols) != 26+1 {
			t.Errorf("7 days are %d columns, want the hours since the start", len(cols))
		}
		if d := a.ask("/endpoints/distribution", "?method=GET&route=/a&window=7d"); d["count"] != float64(first+second) {
			t.Errorf("the distribution of 7 days is of %v, want %d", d["count"], first+second)
		}
		// An hour of yesterday, asked for by its time: what the first process wrote.
		at := began.Add(3*time.Hour + 20*time.Minute)
		then := a.ask("/summary", "?from=%d&to=%d", at.Unix(), at.Add(time.Hour).Unix())
		if p99 := then["p99_ms"].(float64); math.Abs(then["count"].(float64)-360) > 1 || p99 < 20 || p99 > 23 || then["window_seconds"] != 3600. {
			t.Errorf("an hour of yesterday is %v requests with a p99 of %v in %v s", then["count"], then["p99_ms"], then["window_seconds"])
		}
		gone := a.ask("/summary", "?from=%d&to=%d", began.Add(-48*time.Hour).Unix(), began.Add(-47*time.Hour).Unix())
		if field(gone, "verdict", "status") != "unknown" || field(gone, "stored", "from") != nil {
			t.Errorf("of a time before all it says %v, stored %v", gone["verdict"], gone["stored"])
		}
		// What is usual at this time: 02:00 of both days.
		for _, r := range listOf(a.ask("/endpoints", "?window=5m&usual=true"), "endpoints") {
			yesterday, _ := field(r, "usual", "yesterday").(map[string]any)
			n, _ := yesterday["count"].(float64)
			if want := map[string]float64{"/a": 30, "/b": 0}[r["route"].(string)]; yesterday == nil || math.Abs(n-want) > 1 || field(r, "usual", "last_week") != nil {
				t.Errorf("%v: usual is %v, want %v requests yesterday and nothing of last week", r["route"], r["usual"], want)
			}
		}
		usual := a.ask("/endpoints/series", "?method=GET&route=/a&window=1h&usual=true")
		if p := listOf(field(usual, "usual", "yesterday").(map[string]any), "points"); len(p) != 60 || math.Abs(p[0]["count"].(float64)-6) > 1 || field(usual, "usual", "last_week") != nil {
			t.Errorf("yesterday was %d points, the first %v", len(p), p)
		}
		_ = s.mon.Shutdown(t.Context())
	})
}

// What a window covers is never more than this process ran, and than what is stored of those before it, in whole minutes: whatever the steps
// are that it is read in.
func TestCoverageIsWhatThereIs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &testrig.History{}
		ran := 0.
		for range 2 {
			time.Sleep(9*time.Minute + 47*time.Second) // amid a minute of amid ten
			s := newBubble(t, "1.0", everybody, otelperf.WithHistory(store))
			a, began := asker{t, s.mon.Handler()}, time.Now()
			check := func() {
				t.Helper()
				for _, window := range []string{"24h", "7d"} {
					up := time.Since(began).Seconds()
					if got := a.ask("/summary", "?window=%s", window)["window_seconds"].(float64); got < ran+up-2 || got > ran+up && ran == 0 || got > ran+up+120 {
						t.Errorf("%s covers %v s, of this process there are %v s, and of the one before %v s", window, got, up, ran)
					}
				}
			}
			for _, d := range []time.Duration{5 * time.Second, 70 * time.Second, 4 * time.Minute, 20 * time.Minute, 90 * time.Minute} {
				s.run(d, 1, 20*time.Millisecond, "/a")
				check()
			}
			time.Sleep(time.Until(time.Now().Truncate(time.Hour).Add(time.Hour)))
			if err := s.mon.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			ran += time.Since(began).Seconds()
		}
	})
}

// Without a history nothing reads one, and the answer says how to have it.
func TestNoHistory(t *testing.T) {
	s := newBubbleOutside(t)
	for _, query := range []string{"/summary?window=24h", "/endpoints?window=7d", "/endpoints?usual=true", "/endpoints/series?route=/a&usual=true", "/endpoints/heatmap?route=/a&window=24h"} {
		r := testrig.Call(s.Handler(), http.MethodGet, query)
		if r.Code != http.StatusBadRequest || !strings.Contains(r.Body.String(), "WithHistory") {
			t.Errorf("%s: %d %s", query, r.Code, r.Body.String())
		}
	}
	if r := testrig.Call(s.Handler(), http.MethodGet, "/stream?window=24h"); r.Code != http.StatusBadRequest {
		t.Errorf("a stream of 24 h: %d", r.Code)
	}
	if got := s.Summary(otelperf.Window7d); got.Window != otelperf.Window5m || got.Stored != nil {
		t.Errorf("the summary of 7 days is of %s", got.Window)
	}
}

func newBubbleOutside(t *testing.T) *otelperf.Monitor {
	t.Helper()
	mon, err := otelperf.New(everybody)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mon.Shutdown(context.Background()) })
	return mon
}

// A store that does not answer has no more than two readers and five seconds of them, and nothing else waits for it.
func TestSlowHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		running, most := 0, 0
		slow := &testrig.History{Read: func(ctx context.Context) {
			mu.Lock()
			running++
			most = max(most, running)
			mu.Unlock()
			<-ctx.Done()
			mu.Lock()
			running--
			mu.Unlock()
		}}
		s := newBubble(t, "1.0", everybody, otelperf.WithHistory(slow))
		s.run(5*time.Minute, 1, 20*time.Millisecond, "/a")
		h := s.mon.Handler()
		begin := time.Now()
		var all sync.WaitGroup
		var codes sync.Map
		for i := range 8 {
			all.Go(func() {
				from := begin.Add(-time.Duration(2+i) * time.Hour).Unix()
				r := testrig.Call(h, http.MethodGet, fmt.Sprintf("/endpoints?from=%d&to=%d", from, begin.Unix()))
				if r.Code != http.StatusOK || !strings.Contains(r.Body.String(), "could not be read") {
					t.Errorf("%d %v %s", r.Code, r.Header(), r.Body.String())
				}
				codes.Store(i, time.Since(begin))
			})
		}
		time.Sleep(time.Millisecond)
		if r := testrig.Call(h, http.MethodGet, "/summary"); r.Code != http.StatusOK || time.Since(begin) > time.Second {
			t.Errorf("meanwhile the summary of 5 minutes is %d after %v", r.Code, time.Since(begin))
		}
		all.Wait()
		codes.Range(func(_, took any) bool {
			if took.(time.Duration) > 8*time.Second {
				t.Errorf("an answer took %v", took)
			}
			return true
		})
		if most > 2 {
			t.Errorf("%d were reading at once", most)
		}
		again := time.Now()
		if got := s.mon.Summary(otelperf.Window24h); time.Since(again) > 0 {
			t.Errorf("a summary of a longer time took %v, just after one took too long", time.Since(again))
		} else if got.Window != otelperf.Window24h || got.Count != 300 || got.Stored == nil || !strings.Contains(got.Stored.Note, "5 s") {
			t.Errorf("the summary in Go is %v requests with %+v, want what is in memory", got.Count, got.Stored)
		}
		_ = s.mon.Shutdown(t.Context())
	})
}

// Polls of a dashboard read the store once a minute.
func TestPollsReadOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &testrig.History{}
		s := newBubble(t, "1.0", everybody, otelperf.WithHistory(store))
		a := asker{t, s.mon.Handler()}
		s.run(2*time.Hour+10*time.Second, 1, 20*time.Millisecond, "/a")
		before, last := len(store.Asked()), 0.
		for i := range 40 {
			if n := a.ask("/summary", "?window=24h")["count"].(float64); n <= last {
				t.Fatalf("poll %d has %v requests after %v: what is in memory is not in it", i, n, last)
			} else {
				last = n
			}
			s.run(time.Second, 1, 20*time.Millisecond, "/a")
		}
		if n := len(store.Asked()) - before; n > 7 {
			t.Errorf("40 polls within a minute asked the store %d times, want its rows, those of the time without signals, signals, marks and incidents once, and requests of an hour and of the day", n)
		}
		_ = s.mon.Shutdown(t.Context())
	})
}

// A spike goes on over a restart: lists, the fixed time and the spike itself say the same before and after, and its requests are there.
func TestSpikeOfAHistoryOverARestart(t *testing.T) {
	file := otelperf.WithStateFile(filepath.Join(t.TempDir(), "baselines"))
	synctest.Test(t, func(t *testing.T) {
		const usual, slow = 20 * time.Millisecond, 900 * time.Millisecond
		store := &testrig.History{}
		s := newBubble(t, "1.0", file, everybody, otelperf.WithHistory(store))
		s.both(15*time.Minute, usual, usual)
		from := time.Now().Truncate(time.Minute)
		s.both(3*time.Minute, slow, usual)
		to := time.Now().Truncate(time.Minute)
		type seen struct{ id, start, reason, cause, state, slow, rows string }
		look := func() (x seen) {
			a := asker{t, s.mon.Handler()}
			list := listOf(a.ask("/spikes", "?from=%d&to=%d", from.Add(-30*24*time.Hour).Unix(), time.Now().Unix()), "spikes")
			if len(list) != 1 {
				t.Fatalf("spikes of 30 days are %v, want one", list)
			}
			sum := a.ask("/summary", "?from=%d&to=%d", from.Unix(), to.Unix())
			requests := a.ask("/slow", "?from=%d&to=%d&limit=1000", from.Unix(), to.Unix())
			first := slices.MaxFunc(listOf(requests, "slow"), func(a, b map[string]any) int {
				return cmp.Or(cmp.Compare(a["duration_ms"].(float64), b["duration_ms"].(float64)), cmp.Compare(b["time"].(string), a["time"].(string)))
			})
			trace := a.ask("/slow/"+first["trace_id"].(string), "?from=%d&to=%d", from.Unix(), to.Unix())
			if n := len(trace["requests"].([]any)); n != 1 {
				t.Errorf("a slow request of then: %d", n)
			}
			one := listOf(a.ask("/slow", "?from=%d&to=%d&trace_id=%s", from.Unix(), to.Unix(), first["trace_id"]), "slow")
			if len(one) != 1 || one[0]["trace_id"] != first["trace_id"] {
				t.Errorf("of one trace there is %v", one)
			}
			for _, r := range listOf(sum, "endpoints") {
				x.rows += fmt.Sprint(r["route"], " ", r["count"], " ", r["state"], "; ")
			}
			v := list[0]
			return seen{v["id"].(string), v["start"].(string), strings.Split(v["reason"].(string), ";")[0], v["cause"].(string), v["state"].(string),
				fmt.Sprint(first["duration_ms"].(float64) > 1000, " ", field(sum, "verdict", "status")), x.rows}
		}
		before := look()
		if before.state != "open" {
			t.Fatalf("before the restart it is %+v", before)
		}
		if err := s.mon.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		s = newBubble(t, "1.0", file, everybody, otelperf.WithHistory(store))
		s.both(5*time.Second, slow, usual)
		s.both(3*time.Minute, slow, usual)
		after := look()
		if after != before {
			t.Errorf("after the restart\n%+v, before\n%+v", after, before)
		}
		s.both(15*time.Minute, usual, usual)
		if x := look(); x.id != before.id || x.state != "ended" {
			t.Errorf("at the end %+v", x)
		}
		_ = s.mon.Shutdown(t.Context())
		// Without the state file the history knows it.
		s = newBubble(t, "1.0", everybody, otelperf.WithHistory(store))
		s.run(10*time.Second, 1, usual, "/items")
		if x := look(); x.id != before.id || x.state != "ended" {
			t.Errorf("from the history alone %+v", x)
		}
		a := asker{t, s.mon.Handler()}
		if x := a.ask("/spikes/"+before.id, ""); x["id"] != before.id {
			t.Errorf("the spike itself is %v", x)
		} else if refs := listOf(x, "slow_requests"); len(refs) == 0 {
			t.Error("it names no request")
		} else {
			isStored := 0
			for _, r := range refs { // without their time; of those that take as long as others the slow log had dropped some
				if found := a.call("/slow/"+r["trace_id"].(string), ""); (r["stored"] == true) != (found.Code == http.StatusOK) {
					t.Errorf("of %v there is %d %s", r, found.Code, found.Body)
				} else if found.Code == http.StatusOK {
					isStored++
				}
			}
			if isStored == 0 {
				t.Errorf("none of %v is stored", refs)
			}
		}
		if r := a.call("/spikes/"+before.id+"/bundle", ""); r.Code != http.StatusOK || r.Body.Len() < 1000 {
			t.Errorf("its bundle: %d with %d bytes", r.Code, r.Body.Len())
		}
		if r := a.call("/slow/0af7651916cd43dd8448eb211c80319c", ""); r.Code != http.StatusNotFound {
			t.Errorf("a trace that no spike names: %d", r.Code)
		}
		_ = s.mon.Shutdown(t.Context())
	})
}
