// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"context"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"
)

func withFront(slots int) *inflight {
	t := newInFlight(slots)
	t.front = newFront()
	return t
}

func count(slots []inflightSlot) (n int) {
	for i := range slots {
		if slots[i].word.Load() != slotFree {
			n++
		}
	}
	return n
}

// What runs for longer than a second is moved into the table with the child that is open, goes on to be told of children, and is
// listed once all the time.
func TestInFlightMovesOn(t *testing.T) {
	table := withFront(64)
	tr := inflightTracer(table)
	now := time.Unix(1_700_000_000, 0)
	start := func(ctx context.Context, name string, ago time.Duration) (context.Context, trace.Span) {
		return tr.Start(ctx, name, trace.WithTimestamp(now.Add(-ago)))
	}
	ctx, old := start(t.Context(), "old", frontAge+1)
	_, query := start(ctx, "query", frontAge)
	ctxYoung, young := start(t.Context(), "young", frontAge)
	check := func(when, want string, front, slots int) {
		t.Helper()
		list, n := table.list(now, 10)
		var got []string
		for _, r := range list {
			got = append(got, r.Name+"/"+r.In)
		}
		if strings.Join(got, " ") != want || n != len(got) {
			t.Errorf("%s: listed %q of %d, want %q", when, got, n, want)
		}
		if f, s := count(table.front.slots), count(table.table.slots); f != front || s != slots {
			t.Errorf("%s: %d are in the front and %d in the table, want %d and %d", when, f, s, front, slots)
		}
	}
	check("before", "old/query young/", 2, 0)
	table.sweep(now)
	check("after a sweep", "old/query young/", 1, 1)
	if !table.has(old.SpanContext().SpanID()) || !table.has(young.SpanContext().SpanID()) {
		t.Error("one of them is not known by its id")
	}
	query.End()
	_, _ = start(ctx, "another", 0)
	_, _ = start(ctxYoung, "call", 0)
	check("children later", "old/another young/call", 1, 1)
	old.End()
	check("one has ended", "young/call", 1, 0)
	table.sweep(now)
	if table.use.may() {
		t.Error("the table is in use, but nothing is in it")
	}
	young.End()
	check("all have ended", "", 0, 0)
}

// The slots of the front keep nothing that has ended, and one request after another needs no other slots.
func TestInFlightFrontLetsGo(t *testing.T) {
	table := withFront(64)
	tr := inflightTracer(table)
	for range 1000 {
		ctx, root := tr.Start(t.Context(), "root")
		_, child := tr.Start(ctx, "child")
		child.End()
		root.End()
	}
	if n := table.held(); n != 0 || table.use.may() {
		t.Errorf("%d slots are held after all ended; the table is in use: %v", n, table.use.may())
	}
	for i := range table.front.slots {
		if sl := &table.front.slots[i]; sl.root != nil || sl.child != nil {
			t.Errorf("slot %d keeps a span alive", i)
		}
	}
}

// A request ends before a sweep moves what it has read, while it is both in the front and in the table, and afterwards.
func TestInFlightEndsAsItMoves(t *testing.T) {
	s, id := snapshots(1, true)[0], spanID(42)
	for when, steps := range map[string]func(*inflight, *running){
		"before": func(t *inflight, r *running) {
			t.endAs(id)
			t.moveRoot(r)
		},
		"in both": func(t *inflight, r *running) {
			t.put(id, t.hash.of(s.SpanContext().TraceID()), s)
			t.endAs(id)
			t.moveRoot(r) // it is in the table already
		},
		"afterwards": func(t *inflight, r *running) {
			t.moveRoot(r)
			t.endAs(id)
		},
	} {
		table := withFront(64)
		table.startAs(id, s)
		sl, own := table.front.find(id)
		steps(table, &running{root: s, id: id, own: own, slot: sl})
		if n := table.held(); n != 0 {
			t.Errorf("%s: %d slots are held", when, n)
		}
	}
}

// What the front and the table have no room for is known all the same.
func TestInFlightFrontIsFull(t *testing.T) {
	table := withFront(64)
	tr := inflightTracer(table)
	now := time.Unix(1_700_000_000, 0)
	spans := hang(t, tr, 64, "GET /hung", now, 2*frontAge)
	for range 3 {
		table.sweep(now)
		spans = append(spans, hang(t, tr, 30, "GET /hung", now, 2*frontAge)...)
	}
	if _, n := table.list(now, 1); n != len(spans) || table.stats() != (inflightStats{}) {
		t.Errorf("%d are known of %d: %+v", n, len(spans), table.stats())
	}
	table.sweep(now)
	if n := count(table.front.slots); n != 0 {
		t.Errorf("%d that run for long are still in the front", n)
	}
	for _, s := range spans {
		s.End()
	}
	table.sweep(now)
	if _, n := table.list(now, 1); n != 0 || table.held() != 0 || len(table.moved.running) != 0 {
		t.Errorf("%d are known after all have ended, %d slots held", n, table.held())
	}
}
