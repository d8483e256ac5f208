// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// withoutIn counts the running requests that are not listed as being in a child of that name.
func (t *inflight) withoutIn(name string) (n int) {
	list, _ := t.list(time.Now(), maxMoved)
	for _, r := range list {
		if r.In != name {
			n++
		}
	}
	return n
}

// Requests are told of their children wherever they are: in the front, in the table, in a spare slot, or aside.
func TestInFlightIn(t *testing.T) {
	for _, n := range []int{100, 500, 1000, 1200, 3000} {
		table := withFront(defaultInFlightSlots)
		tr := inflightTracer(table)
		now := time.Now()
		roots, calls := make([]context.Context, n), make([]trace.Span, n)
		for i := range roots {
			roots[i], _ = tr.Start(t.Context(), "root", trace.WithTimestamp(now))
			if i%500 == 499 && n > 2000 {
				table.sweep(now.Add(2 * frontAge))
			}
		}
		call := func(name string) {
			for i, ctx := range roots {
				if calls[i] != nil {
					calls[i].End()
				}
				ctx, calls[i] = tr.Start(ctx, name)
				_, _ = tr.Start(ctx, "of the driver")
			}
		}
		call("first")
		lost := int(table.stats().Unfollowed)
		if got := table.withoutIn("first"); got != lost || lost > n/50 {
			t.Errorf("%d at once: %d are in no call, %d of them unfollowed", n, got, lost)
		}
		table.sweep(now.Add(2 * frontAge))
		if got := table.withoutIn("first"); got != lost {
			t.Errorf("%d at once: %d are in no call after a sweep, %d were before", n, got, lost)
		}
		call("second")
		if got := table.withoutIn("second"); got != 0 {
			t.Errorf("%d at once: %d are not known to be in the second call", n, got)
		}
		table.sweep(now.Add(3 * frontAge))
		if got := table.withoutIn("second"); got != 0 {
			t.Errorf("%d at once: %d are not known to be in the second call after a sweep", n, got)
		}
		for _, s := range calls {
			s.End()
		}
		if got := table.withoutIn(""); got != 0 {
			t.Errorf("%d at once: %d are in calls that have ended", n, got)
		}
		table.sweep(now.Add(4 * frontAge))
		for _, r := range table.moved.running {
			if r.child != nil || r.slot.child != nil {
				t.Errorf("%d at once: a child that has ended is kept", n)
				break
			}
		}
		for _, ctx := range roots {
			trace.SpanFromContext(ctx).End()
		}
		table.sweep(now.Add(5 * frontAge))
		if table.held() != 0 || count(table.spare.slots) != 0 || table.aside.Load() != nil || table.spilled.Load() != 0 {
			t.Errorf("%d at once: %d slots, %d spare ones and %+v aside are held after all ended", n, table.held(), count(table.spare.slots), table.aside.Load())
		}
	}
}

// A child starts after a sweep has read its request, and before the request is moved.
func TestInFlightChildAsItMoves(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	for move, steps := range map[string]func(*inflight, running){
		"front to table": func(t *inflight, r running) { t.moveRoot(&r) },
		"front to aside": func(t *inflight, r running) { t.makeRoom([]running{r}, nil) },
	} {
		for _, before := range []string{"", "old"} {
			table := withFront(64)
			tr := inflightTracer(table)
			ctx, root := tr.Start(t.Context(), "root", trace.WithTimestamp(now))
			if before != "" {
				_, _ = tr.Start(ctx, before)
			}
			sl, _ := table.front.find(root.SpanContext().SpanID())
			r, _ := table.read(sl)
			_, _ = tr.Start(ctx, "new")
			steps(table, r)
			if list, n := table.list(now, 2); n != 1 || list[0].In != "new" {
				t.Errorf("%s, in %q before: listed %+v, want it in the new child", move, before, list)
			}
			_, _ = tr.Start(ctx, "newest")
			if list, n := table.list(now, 2); n != 1 || list[0].In != "newest" {
				t.Errorf("%s, in %q before: listed %+v, want it in the newest child", move, before, list)
			}
			root.End()
			if _, n := table.list(now, 1); n != 0 {
				t.Errorf("%s: it is listed after its end", move)
			}
		}
	}
	sl := inflightSlot{}
	sl.word.Store(asideOwn | slotUsed)
	tr := inflightTracer(newInFlight(64))
	_, late := tr.Start(t.Context(), "late")
	_, early := tr.Start(t.Context(), "early")
	sl.adoptFirst(asideOwn, &running{child: late.(sdktrace.ReadOnlySpan)})
	sl.adoptFirst(asideOwn, &running{child: early.(sdktrace.ReadOnlySpan)})
	if sl.child.Name() != "late" || sl.word.Load() != asideOwn|slotUsed {
		t.Errorf("the child is %v, want that which was there first", sl.child)
	}
}

// The index finds all that is in it, and nothing else, however ids are spread.
func TestInFlightAsideSlots(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, n := range []uint64{0, 1, 2, 3, 100, 4096} {
		for spread, id := range map[string]func(uint64) trace.SpanID{
			"random":     func(uint64) trace.SpanID { return spanID(rng.Uint64() &^ 1) },
			"sequential": func(i uint64) trace.SpanID { return spanID(2 * i) },
			"high":       func(i uint64) trace.SpanID { return spanID(2 * i << 48) },
		} {
			var list []running
			for i := range n {
				list = append(list, running{id: id(i + 1), slot: new(inflightSlot)})
			}
			x := newAsideSlots(list)
			if n == 0 && x != nil {
				t.Error("an index of nothing")
			}
			for i := range list {
				if x.find(list[i].id) != list[i].slot {
					t.Errorf("%d %s: the slot of %v is not found", n, spread, list[i].id)
				}
			}
			for i := range n {
				if sl := x.find(spanID(2*i + 1)); sl != nil {
					t.Errorf("%d %s: found a slot of an id that is not there", n, spread)
				}
			}
		}
	}
}
