// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"fmt"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/feed"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// TestErrors: failures are counted by endpoint and type, with the latest of each; those beyond the bound share a group.
func TestErrors(t *testing.T) {
	f := newTrial(t, Settings{})
	b := newBatch()
	n := uint64(0)
	fail := func(typ string, after time.Duration) {
		n++
		sp := b.span("shop", "GET /a", server, n, n, 0, f.now.Add(after), 20*time.Millisecond, "http.request.method", "GET", "http.route", "/a", "http.response.status_code", 500)
		if typ != "" {
			sp.Attributes().PutStr("error.type", typ)
		}
		sp.Status().SetMessage(fmt.Sprint("message ", n))
	}
	for i := range 3 {
		fail("Boom", time.Duration(i)*time.Millisecond)
	}
	fail("", time.Second)
	f.send(b.Traces)
	s := f.Find("shop")
	all := s.Errors()
	if len(all) != 2 || all[0].Type != "(unknown)" || all[1].Type != "Boom" || all[1].Count != 3 || all[1].Message != "message 3" || all[1].Route != "/a" {
		t.Fatalf("failures are %+v", all)
	}
	if g := all[1]; !g.First.Equal(f.now) || !g.Last.Equal(f.now.Add(2*time.Millisecond)) || g.LastTraceID != trace.TraceID(traceID(3)) || g.LastDuration != 20*time.Millisecond {
		t.Errorf("the group is %+v", g)
	}
	b = newBatch()
	for i := range 2 * maxFailures {
		fail(fmt.Sprint("type ", i), 0)
	}
	f.send(b.Traces)
	all = s.Errors()
	total := uint64(0)
	for i := range all {
		total += all[i].Count
		if all[i].Type == otherFailures && all[i].Route != conventions.OverflowRoute {
			t.Errorf("the rest is %+v", all[i])
		}
	}
	if len(all) != maxFailures+1 || total != n {
		t.Errorf("%d failures in %d groups, want %d in %d", total, len(all), n, maxFailures+1)
	}
	s.Reset(false)
	if all := s.Errors(); len(all) != 0 {
		t.Errorf("after a reset there are %d", len(all))
	}
}

// TestReset: with its baselines, an incident ends, which is told with the next tick.
func TestReset(t *testing.T) {
	f := newTrial(t, Settings{})
	n := uint64(0)
	second := func(took time.Duration) {
		b := newBatch()
		for i := range 5 {
			n++
			b.get("shop", "/a", n, f.now.Add(time.Duration(i)*150*time.Millisecond), took+time.Duration(n*7919%7)*time.Millisecond)
		}
		f.send(b.Traces)
		f.pass(time.Second)
	}
	for range 600 {
		second(20 * time.Millisecond)
	}
	var told, slow int
	s := f.Find("shop")
	stop := s.Watch(feed.Watcher{Event: func(*engine.Event) { told++ }, Slow: func(*slowlog.Entry) { slow++ }})
	for range 60 {
		second(700 * time.Millisecond)
	}
	if s.Engine().OpenIncidents() != 1 || told == 0 || slow == 0 || s.SlowSince() == 0 {
		t.Fatalf("%d incidents, %d events and %d slow requests of %d were told", s.Engine().OpenIncidents(), told, slow, s.SlowSince())
	}
	stop()
	before, events := told, len(f.news)
	s.Reset(true)
	f.pass(time.Second)
	closed := false
	for _, news := range f.news[events:] {
		closed = closed || news.Event.Closed
	}
	if !closed || s.Engine().OpenIncidents() != 0 || s.SlowSince() != 0 {
		t.Errorf("after the reset the end is told: %v, %d are open, %d slow", closed, s.Engine().OpenIncidents(), s.SlowSince())
	}
	if told != before {
		t.Error("who has stopped to watch is told")
	}
}
