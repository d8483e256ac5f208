// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// testEntries returns a table's entries for n routes.
func testEntries(n int) []*entry {
	t := newTable(n, func(*entry) {})
	out := make([]*entry, n)
	for i := range out {
		out[i] = t.lookup(httpClass, "GET", fmt.Sprintf("/r%d", i))
	}
	return out
}

func errorTime(s int) time.Time { return time.Unix(1_700_000_000+int64(s), 0) }

// failedAt is a request that began at second 0 and failed at second s.
func failedAt(s int, panicked bool) failed {
	return failed{
		trace: trace.TraceID{byte(s)}, span: trace.SpanID{byte(s)}, start: errorTime(0), took: time.Duration(s) * time.Second, end: errorTime(s), panicked: panicked,
	}
}

func TestErrorGroupsCount(t *testing.T) {
	g, e := newErrorGroups(), testEntries(2)
	add := func(i int, typ, message, stack string, at int, panicked bool) {
		g.add(e[i], typ, message, stack, failedAt(at, panicked))
	}
	add(0, "*net.OpError", "first", "", 10, false)
	add(0, "*net.OpError", "last", "stack 1", 30, true)
	add(0, "*net.OpError", "from before", "stack 2", 5, false) // spans end in any order
	add(1, "*net.OpError", "elsewhere", "", 40, false)
	add(0, "", "no type", "", 20, false)

	want := []ErrorGroup{
		{Method: "GET", Route: "/r1", Type: "*net.OpError", Message: "elsewhere", Count: 1, First: errorTime(40), Last: errorTime(40), LastTraceID: trace.TraceID{40}, LastSpanID: trace.SpanID{40}, LastStart: errorTime(0), LastDuration: 40 * time.Second},
		{Method: "GET", Route: "/r0", Type: "*net.OpError", Message: "last", Stack: "stack 1", Count: 3, Panics: 1,
			First: errorTime(5), Last: errorTime(30), LastTraceID: trace.TraceID{30}, LastSpanID: trace.SpanID{30}, LastStart: errorTime(0), LastDuration: 30 * time.Second},
		{Method: "GET", Route: "/r0", Type: "(unknown)", Message: "no type", Count: 1, First: errorTime(20), Last: errorTime(20), LastTraceID: trace.TraceID{20}, LastSpanID: trace.SpanID{20}, LastStart: errorTime(0), LastDuration: 20 * time.Second},
	}
	if got := g.list(); !slices.Equal(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	g.reset()
	if got := g.list(); len(got) != 0 {
		t.Errorf("after reset: %+v", got)
	}
}

func TestErrorGroupsBounds(t *testing.T) {
	g, e := newErrorGroups(), testEntries(100)
	long := strings.Repeat("é", 1<<15)
	failures := 0
	for i := range e {
		for typ := range 20 {
			g.add(e[i], fmt.Sprint("type", typ), long, long, failedAt(i*20+typ, false))
			failures++
		}
	}
	// A type that is called like the one that stands for the rest is a type like any other.
	g.add(e[0], otherErrorType, "", "", failedAt(0, false))
	failures++

	groups := g.list()
	perRoute, sum, stacks := map[string]int{}, 0, 0
	for _, gr := range groups {
		perRoute[gr.Route]++
		sum += int(gr.Count)
		stacks += len(gr.Stack)
		if len(gr.Message) > maxErrorMessage+2 || len(gr.Stack) > maxErrorStack+2 || !utf8.ValidString(gr.Message) {
			t.Fatalf("%s %s: message of %d bytes, stack of %d", gr.Route, gr.Type, len(gr.Message), len(gr.Stack))
		}
	}
	if sum != failures {
		t.Errorf("the groups count %d failures, want %d", sum, failures)
	}
	if len(groups) != maxErrorGroups+1 {
		t.Errorf("got %d groups, want %d and one for the rest", len(groups), maxErrorGroups)
	}
	if n := perRoute["/r0"]; n != maxErrorTypes+1 {
		t.Errorf("/r0 has %d groups, want %d and one for its other types", n, maxErrorTypes)
	}
	if n := perRoute[conventions.OverflowRoute]; n != 1 {
		t.Errorf("%d groups for all the rest, want 1", n)
	}
	if stacks == 0 || stacks > maxAllErrorStacks {
		t.Errorf("stacks take %d bytes, want at most %d", stacks, maxAllErrorStacks)
	}
}

func TestErrorGroupsAfterOverflowOldGroupsGrow(t *testing.T) {
	g, e := newErrorGroups(), testEntries(1)[0]
	for typ := range 30 {
		g.add(e, fmt.Sprint("type", typ), "", "", failedAt(typ, false))
	}
	g.add(e, "type3", "", "", failedAt(99, false))
	g.add(e, "type29", "", "", failedAt(98, false))
	got := g.list()
	if got[0].Type != "type3" || got[0].Count != 2 || got[1].Type != otherErrorType || got[1].Count != 15 {
		t.Errorf("got %s ×%d, %s ×%d; want type3 ×2, (other) ×15", got[0].Type, got[0].Count, got[1].Type, got[1].Count)
	}
}

func TestErrorGroupsConcurrentSafe(t *testing.T) {
	g, e := newErrorGroups(), testEntries(40)
	const adders, each = 8, 2000
	var wg sync.WaitGroup
	done := make(chan struct{})
	var readers sync.WaitGroup
	readers.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				g.list()
			}
		}
	})
	for a := range adders {
		wg.Go(func() {
			for i := range each {
				g.add(e[i%len(e)], fmt.Sprint("type", (i+a)%20), "message", "stack", failedAt(i, i%2 == 0))
			}
		})
	}
	wg.Wait()
	close(done)
	readers.Wait()
	var count, panics uint64
	for _, gr := range g.list() {
		count, panics = count+gr.Count, panics+gr.Panics
	}
	if count != adders*each || panics != adders*each/2 {
		t.Errorf("counted %d failures, %d panics; want %d and %d", count, panics, adders*each, adders*each/2)
	}
}

// What a list does while a group's only failure is added must not hide the group for good.
func TestErrorGroupsListedThoughRememberWasKeptOut(t *testing.T) {
	g, e := newErrorGroups(), testEntries(1)[0]
	gr := g.set.Load().group(e, "type", failedAt(7, false))
	if l := g.list(); len(l) != 0 {
		t.Errorf("a group with no failure is listed: %+v", l)
	}
	gr.mu.Lock()
	g.add(e, "type", "m", "", failedAt(7, false))
	gr.mu.Unlock()
	if l := g.list(); len(l) != 1 || l[0].Count != 1 || l[0].LastTraceID != (trace.TraceID{7}) || !l[0].First.Equal(errorTime(7)) {
		t.Errorf("got %+v, want one failure of trace 7", l)
	}
}

func BenchmarkErrorGroupsAdd(b *testing.B) {
	g, e := newErrorGroups(), testEntries(1)[0]
	f := failedAt(1, false)
	add := func() {
		g.add(e, "*net.OpError", "dial tcp 10.0.0.1:5432: connection refused", "", f)
	}
	b.Run("one", func(b *testing.B) {
		for b.Loop() {
			add()
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				add()
			}
		})
	})
}
