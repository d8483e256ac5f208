// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"context"
	"sync"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// A sweep finds a request that it has read, and is about to move, held by a child that starts: the request stays where it is, and goes on to have
// what is aside for it. One that has ended meanwhile lets go of it.
func TestARequestThatCannotMoveKeepsItsChildren(t *testing.T) {
	moves := map[string]func(*inflight, *running){
		"into the table": func(in *inflight, r *running) { in.moveRoot(r) },
		"aside": func(in *inflight, r *running) {
			in.moved.mu.Lock()
			defer in.moved.mu.Unlock()
			in.makeRoom([]running{*r}, nil)
		},
	}
	for name, move := range moves {
		for _, ends := range []bool{false, true} {
			r := newRig(t)
			in := r.core.running
			ctx, root := r.startRequest(context.Background(), "/slow")
			_, c := r.start(ctx, "step", 1)
			stop(c, 2)
			sc := root.SpanContext()
			r.core.log.surrender(sc.TraceID(), sc.SpanID())
			sl, own := in.front.find(sc.SpanID())
			if !sl.word.CompareAndSwap(own|slotUsed, own|slotBusy) {
				t.Fatal("the request is not in the front")
			}
			read := &running{root: sl.root, id: sc.SpanID(), own: own, slot: sl, start: t0}
			if ends {
				stop(root, 10) // an ordinary one
			}
			move(in, read)
			sl.release(own)
			want := int64(1)
			if ends {
				want = 0
			}
			if spans, _ := r.core.gather.count(); spans != want {
				t.Errorf("%s, it has ended: %v: %d spans are held, want %d", name, ends, spans, want)
			}
			if tw := in.hash.of(sc.TraceID()); in.isOutside(tw) || !ends && in.ended.has(tw) {
				t.Errorf("%s, it has ended: %v: taken for one outside the table, or for one that has ended", name, ends)
			}
			if ends {
				continue
			}
			stop(root, 600)
			if a := r.anatomy(t); a.Spans != 1 {
				t.Errorf("%s: %d spans, want 1", name, a.Spans)
			}
			if in.held() != 0 {
				t.Errorf("%s: %d slots are held", name, in.held())
			}
		}
	}
}

// lateEnd is a processor that does something before the next one hears of a local root's end.
type lateEnd struct {
	sdktrace.SpanProcessor
	then func()
}

func (p lateEnd) OnEnd(s sdktrace.ReadOnlySpan) {
	if s.Name() == "late" {
		p.then()
	}
	p.SpanProcessor.OnEnd(s)
}

// A span has an end before its processors hear of it, which may take others of them long. What comes in between lets go of nothing.
func TestSweepBeforeAnEndIsHeard(t *testing.T) {
	for where, age := range map[string]time.Duration{"front": 0, "table": 2 * time.Second, "aside": 2 * longAge} {
		r := newRig(t)
		in := r.core.running
		sweeps := 0
		sweep := func() {
			r.link.Digest(t0.Add(age + time.Duration(sweeps)*time.Second))
			sweeps++
		}
		late := lateEnd{r.Processor, func() { sweep(); sweep() }} // the second one gives way to what has been there before
		tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(late), sdktrace.WithSampler(sdktrace.AlwaysSample()))
		ctx, root := tp.Tracer("").Start(t.Context(), "late", trace.WithTimestamp(t0), trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(serverAttrs(0, true)...))
		if age > 0 {
			sweep() // it moves on
		}
		for i := range 5 {
			_, c := r.start(ctx, "step", i)
			stop(c, i+1)
		}
		in.ended.add(in.hash.of(root.SpanContext().TraceID())) // another trace may have that place
		stop(root, 600)
		sweep()
		if a := r.anatomy(t); a.Spans != 5 || a.Dropped != 0 {
			t.Errorf("%s: %d spans, %d dropped; want 5", where, a.Spans, a.Dropped)
		}
		sweep()
		if st := r.Stats(); in.held() != 0 || len(in.moved.running) != 0 || in.moved.past != 0 || in.outside.Load() != nil || st.Held+st.Recent != 0 || st.Faults != 0 {
			t.Errorf("%s: at the end %d slots are held, %d requests aside, %d past, %d spans, %d faults", where, in.held(), len(in.moved.running), in.moved.past, st.Held+st.Recent, st.Faults)
		}
	}
}

// While a sweep looks whether there is something in the table or the spare slots, nobody takes them for empty.
func TestInUseNeverForgets(t *testing.T) {
	table := newSlotTable(1024)
	table.slots[1000].word.Store(slotUsed)
	var u inUse
	u.begin()
	done := make(chan struct{})
	var looks sync.WaitGroup
	looks.Go(func() {
		for range 3000 {
			u.look(table.slots)
		}
		close(done)
	})
	for running := true; running; {
		if !u.may() {
			t.Fatal("a table with a request is taken for an empty one")
		}
		select {
		case <-done:
			running = false
		default:
		}
	}
	looks.Wait()
	table.slots[1000].word.Store(slotFree)
	if u.look(table.slots); u.may() {
		t.Error("an empty table is not taken for one")
	}
}

// A request goes from a spare slot to where an index finds it while others ask whether it runs.
func TestOutsideIsNeverInBetween(t *testing.T) {
	_, span := sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.AlwaysSample())).Tracer("").Start(t.Context(), "root")
	s := span.(sdktrace.ReadOnlySpan)
	for range 200 {
		in := newInFlight(64)
		tw := in.hash.of(s.SpanContext().TraceID())
		in.spill(s.SpanContext().SpanID(), tw, s)
		var sweep sync.WaitGroup
		moved := make(chan struct{})
		sweep.Go(func() {
			defer close(moved)
			in.sweep(time.Unix(1_700_000_000, 0))
		})
		for running := true; running; {
			if !in.isOutside(tw) {
				t.Fatal("it is not found")
			}
			select {
			case <-moved:
				running = false
			default:
			}
		}
		sweep.Wait()
		if len(in.moved.running) != 1 {
			t.Fatal("it has not moved: the test says nothing")
		}
	}
}
