// SPDX-License-Identifier: Apache-2.0

package rank

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/evidence/internal/follow"
	"github.com/otelperf/otelperf-go/otelperf/evidence/internal/history"
	"github.com/otelperf/otelperf-go/otelperf/internal/site"
)

const ms = history.Time(time.Millisecond)

// requests are n equal ones.
func requests(n int, pieces follow.Pieces) *sums {
	s := &sums{}
	total := history.Time(0)
	for _, d := range pieces {
		total += d
	}
	for range n {
		s.add(&history.Mark{To: total}, follow.Result{Pieces: pieces})
	}
	return s
}

func lock(line int, who string) causes.Reason {
	return causes.Reason{State: causes.Lock, Line: causes.Place{Func: "f", File: "f.go", Line: line}, Who: who, What: causes.Sleep}
}

func sleep() causes.Reason {
	return causes.Reason{State: causes.Sleep, Who: causes.Itself, What: causes.Sleep, Line: causes.Place{Func: "g", File: "g.go", Line: 1}}
}

func TestCauses(t *testing.T) {
	unknown := causes.Reason{State: causes.Unknown}
	old := lock(1, "GET /report")
	old.What = causes.Waiting
	for _, tt := range []struct {
		name         string
		slow, normal follow.Pieces
		want         []string // state, line, who, what, and share in %
	}{
		{"the extra time counts, not the time", follow.Pieces{sleep(): 50 * ms, lock(1, "a"): 40 * ms}, follow.Pieces{sleep(): 50 * ms}, []string{"lock 1 a sleep 100"}},
		{"two causes", follow.Pieces{lock(2, "a"): 40 * ms, lock(1, "a"): 60 * ms}, nil, []string{"lock 1 a sleep 60", "lock 2 a sleep 40"}},
		{"below 30 % none is named", follow.Pieces{lock(1, "a"): 29 * ms, unknown: 71 * ms}, nil, nil},
		{"from 30 % it is", follow.Pieces{lock(1, "a"): 30 * ms, unknown: 70 * ms}, nil, []string{"lock 1 a sleep 30"}},
		{"several holders", follow.Pieces{lock(1, "a"): 25 * ms, lock(1, "b"): 25 * ms, lock(1, "c"): 25 * ms, unknown: 25 * ms}, nil, []string{"lock 1 several  75"}},
		{"one of several holders has most of it", follow.Pieces{lock(1, "a"): 25 * ms, lock(1, "b"): 9 * ms, lock(1, "c"): 9 * ms, unknown: 57 * ms}, nil, []string{"lock 1 a and others  43"}},
		{"several lines", follow.Pieces{lock(1, "a"): 25 * ms, lock(2, "a"): 25 * ms, lock(3, "a"): 25 * ms, unknown: 25 * ms}, nil, []string{"lock 0 a  75"}},
		{"older than the recording", follow.Pieces{old: 60 * ms, lock(1, "GET /report"): 40 * ms}, nil, []string{"lock 1 GET /report sleep 100"}},
		{"older, and nothing to take it for", follow.Pieces{old: 95 * ms, lock(1, "GET /report"): 5 * ms}, nil, []string{"lock 1 GET /report waiting 100"}},
		{"what went faster is no cause", follow.Pieces{lock(1, "a"): 60 * ms}, follow.Pieces{sleep(): 10 * ms}, []string{"lock 1 a sleep 120"}},
		{"not slower than normal ones", follow.Pieces{lock(1, "a"): 60 * ms}, follow.Pieces{sleep(): 60 * ms}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, c := range causesOf(requests(5, tt.slow), requests(20, tt.normal)) {
				got = append(got, fmt.Sprintf("%s %d %s %s %.0f", c.State, c.Line.Line, c.Who, c.What, 100*c.Share))
			}
			if fmt.Sprint(got) != fmt.Sprint(tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	if got := causesOf(requests(4, follow.Pieces{lock(1, "a"): ms}), requests(0, nil)); got != nil {
		t.Errorf("of four slow requests: %v", got)
	}
}

// sleepers is a history of requests that sleep, each on a goroutine of its own.
func sleepers(endpoints, slow, normal int) *history.History {
	h := &history.History{Start: 1000 * ms, End: 3000 * ms, Sites: site.NewTable(nil)}
	for e := range endpoints {
		for i := range slow + normal - e%5 {
			h.Marks = append(h.Marks, history.Mark{
				SpanID: fmt.Sprint(i), Endpoint: fmt.Sprintf("GET /%d", e), Slow: i < slow-e%5, From: 1500 * ms, To: 1600 * ms, Goroutine: history.Goroutine(len(h.Goroutines)),
			})
			h.Goroutines = append(h.Goroutines, history.Life{Marks: []int32{int32(len(h.Marks) - 1)}, Creator: history.None, Stretches: []history.Stretch{
				{From: 1400 * ms, State: history.Waiting, Reason: history.Sleep, Waker: history.None}, {From: 1600 * ms, Waker: history.None},
			}})
		}
	}
	return h
}

func none() error { return nil }

func TestBounds(t *testing.T) {
	all, cut, err := Endpoints(sleepers(25, 120, 110), none)
	if err != nil {
		t.Fatal(err)
	}
	kept := 0
	for i, e := range all {
		if e.Slow != 100 || e.Normal != 100 || e.Explained != 1 {
			t.Errorf("endpoint %s: %d slow, %d normal, explained %v", e.Name, e.Slow, e.Normal, e.Explained)
		}
		if i > 0 && len(e.Requests) > len(all[i-1].Requests) {
			t.Errorf("%s has more requests than the one before", e.Name)
		}
		kept += len(e.Requests)
	}
	if len(all) != MaxEndpoints || kept != MaxRequests {
		t.Errorf("%d endpoints, %d requests; want %d, %d", len(all), kept, MaxEndpoints, MaxRequests)
	}
	if said := strings.Join(cut, "; "); !strings.Contains(said, "5 endpoints with fewer slow requests") || !strings.Contains(said, "GET /0: 20 slow requests beyond 100") {
		t.Errorf("it is not said what was cut: %s", said)
	}
}

func TestEarlyRequestsAreLeftOut(t *testing.T) {
	h := sleepers(1, 10, 0)
	for i := range 4 {
		h.Marks[i].From, h.Marks[i].To = 979*ms, 1079*ms // 21 % before
	}
	h.Marks[4].From, h.Marks[4].To = 981*ms, 1081*ms
	all, cut, err := Endpoints(h, none)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 1 || all[0].Slow != 6 || fmt.Sprint(cut) != "[4 slow requests that began too long before the recording]" {
		t.Errorf("%d slow of %d endpoints, cut %v", all[0].Slow, len(all), cut)
	}
}
