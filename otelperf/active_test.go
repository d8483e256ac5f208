// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf"
)

// hang starts n server spans of one name.
func (rg *rig) hang(n int, name string) (spans []trace.Span) {
	for range n {
		_, s := rg.tracer.Start(context.Background(), name, trace.WithNewRoot(), trace.WithSpanKind(trace.SpanKindServer))
		spans = append(spans, s)
	}
	return spans
}

// healthOf is the status and the detail of a check, and the status of all.
func (rg *rig) healthOf(name string) string {
	h := rg.mon.Health()
	for _, c := range h.Checks {
		if c.Name == name {
			return strings.TrimSuffix(c.Status+" "+c.Detail, " ")
		}
	}
	return "no such check"
}

// The count of a list is of what is known, the list has at most as many as were asked for.
func TestCountsAreOfAll(t *testing.T) {
	rg := newRig(t, plan{}, everybody)
	h := rg.mon.Handler()
	running := rg.hang(300, "GET /hung")
	for i := range 30 {
		rg.request("GET", fmt.Sprintf("/%d", i), 500, 2*time.Second)
	}
	for _, tt := range []struct {
		path, count, list string
		want              int
	}{
		{"/active", "count", "active", 300},
		{"/active?limit=7", "count", "active", 300},
		{"/active?limit=1000", "count", "active", 300},
		{"/errors?limit=7", "count", "errors", 30},
		{"/endpoints?limit=7", "count", "endpoints", 30},
		{"/dependencies?limit=7", "count", "dependencies", 0},
		{"/slow?limit=7", "count", "slow", 30},
		{"/slow?limit=7", "stored", "slow", 30},
		{"/spikes?limit=7", "count", "spikes", 0},
	} {
		limit := 100
		if _, given, ok := strings.Cut(tt.path, "="); ok {
			_, _ = fmt.Sscan(given, &limit)
		}
		a := answer(t, h, tt.path)
		if n := len(listOf(a, tt.list)); a[tt.count] != float64(tt.want) || n != min(limit, tt.want) {
			t.Errorf("GET %s: %s %v, %d listed; want %d and %d", tt.path, tt.count, a[tt.count], n, tt.want, min(limit, tt.want))
		}
	}
	for _, s := range running {
		s.End()
	}
	if a := answer(t, h, "/active"); a["count"] != 0.0 {
		t.Errorf("%v are running after all have ended", a["count"])
	}
}

// Requests that never end make room for newer ones, and are reported by name.
// What is not known of running requests is said without a warning: all numbers have them.
func TestHealthOfManyThatRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rg := newRig(t, plan{}, everybody)
		defer func() { _ = rg.mon.Shutdown(t.Context()) }()
		hung := rg.hang(2500, "GET /hung")
		p := rg.mon.Diagnostics().Processor
		want := fmt.Sprintf("pass since the start: %d running requests were never listed, %d may have been listed without the call that they were in", p.InFlightDropped, p.InFlightUnfollowed)
		if got := rg.healthOf("in_flight"); got != want || p.InFlightDropped == 0 || p.InFlightUnfollowed == 0 {
			t.Errorf("got %q, want %q", got, want)
		}
		if got := rg.mon.Health().Status; got != "pass" {
			t.Errorf("health is %q", got)
		}
		for _, s := range hung {
			s.End()
		}
	})
}

func TestRequestsThatNeverEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rg := newRig(t, plan{}, everybody)
		defer func() { _ = rg.mon.Shutdown(t.Context()) }()
		var hung []trace.Span
		for range 11 {
			hung = append(hung, rg.hang(100, "GET /hung")...)
			time.Sleep(2 * time.Second)
		}
		fresh := rg.hang(30, "GET /fresh")
		active := answer(t, rg.mon.Handler(), "/active?limit=1000")
		if active["count"] != 1130.0 || len(listOf(active, "leaked")) != 0 {
			t.Errorf("%v of 1130 requests are known, %v leaked within a minute", active["count"], active["leaked"])
		}
		if got := rg.healthOf("in_flight"); got != "pass" {
			t.Errorf("within a minute, health says %q", got)
		}
		time.Sleep(time.Minute)
		d := rg.mon.Diagnostics()
		if l := d.Processor.Leaked; len(l) != 1 || l[0].Name != "GET /hung" || l[0].Count != 1100 || l[0].OldestAgeSeconds != 82 {
			t.Errorf("leaked: %+v", l)
		}
		active = answer(t, rg.mon.Handler(), "/active")
		routes := map[any]int{}
		for _, r := range listOf(active, "active") {
			routes[r["route"]]++
		}
		if routes["/fresh"] != 30 || routes["/hung"] != 70 || active["count"] != 1130.0 {
			t.Errorf("listed %v of %v, want all 30 that are fresh, too", routes, active["count"])
		}
		if l := listOf(active, "leaked"); len(l) != 1 || l[0]["name"] != "GET /hung" || l[0]["count"] != 1100.0 || l[0]["oldest_age_seconds"] != 82.0 {
			t.Errorf("leaked: %v", l)
		}
		if !slices.ContainsFunc(d.Hints, func(s string) bool { return strings.Contains(s, `"GET /hung"`) }) {
			t.Errorf("no hint names them: %q", d.Hints)
		}
		if got := rg.healthOf("in_flight"); !strings.HasPrefix(got, "warn requests that may never end: ") || !strings.HasSuffix(got, " GET /hung, the first for 1m22s") || rg.mon.Health().Status != "warn" {
			t.Errorf("health says %q", got)
		}
		rg.span("GET /hung", time.Now(), time.Now(), attribute.String("http.request.method", "GET"), attribute.String("http.route", "/hung"),
			attribute.Int("http.response.status_code", 200), attribute.String("otelperf.outcome", "stream"))
		rg.flushed(t, otelperf.WindowAll)
		if got := rg.healthOf("in_flight"); got != "pass" {
			t.Errorf("where streams have ended, health says %q", got)
		}
		for _, s := range slices.Concat(hung, fresh) {
			s.End()
		}
		time.Sleep(2 * time.Second)
		if l := rg.mon.Diagnostics().Processor.Leaked; len(l) != 0 {
			t.Errorf("leaked after all have ended: %+v", l)
		}
	})
}
