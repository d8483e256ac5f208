// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// work ends so many spans below ctx.
func (r *boundsRig) work(ctx context.Context, n int) {
	for range n {
		_, s := r.start(ctx, "step", trace.SpanKindInternal)
		s.End(trace.WithTimestamp(ms(1)))
	}
}

// TestWorkThatGoesOnIsCounted: spans get old one by one, whatever follows them.
func TestWorkThatGoesOnIsCounted(t *testing.T) {
	r := newBoundsRig(t)
	unknown := trace.ContextWithSpanContext(context.Background(), trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled}))
	for range staleSweeps + 10 {
		r.work(unknown, 2)
		r.tick()
	}
	if st := r.Stats(); st.HeldStale < 10 || st.HeldStale > 24 || st.Held > 2*staleSweeps+4 || st.HeldRunning != 0 {
		t.Errorf("below an unknown parent %d spans are stale, %d held, %d below requests that run; want about 20, about 120, 0", st.HeldStale, st.Held, st.HeldRunning)
	}
}

// TestWorkBelowARequestThatRuns is held until that ends, but for no more than an hour, and counted from a minute on.
func TestWorkBelowARequestThatRuns(t *testing.T) {
	r := newBoundsRig(t)
	ctx, program := r.start(context.Background(), "main", trace.SpanKindInternal)
	stream, _ := r.request("/stream")
	quiet, job := r.start(context.Background(), "job", trace.SpanKindInternal)
	r.work(quiet, 3)
	for second := range staleSweeps + 10 {
		if st := r.Stats(); second == staleSweeps-5 && st.HeldRunning != 0 {
			t.Errorf("%d spans are below requests that run, want none before a minute is over", st.HeldRunning)
		}
		r.work(ctx, 10)
		r.work(stream, 10)
		r.tick()
	}
	r.tick() // what has ended in the last second is in the log
	st := r.Stats()
	if want := int64(10*(staleSweeps+10) + 3); st.HeldRunning != want || st.HeldRunningName != "main" || st.HeldStale != 0 || st.Held != 2*maxPerRequest+3 {
		t.Errorf("%d spans are below requests that run, most below %q, %d stale, %d held; want %d, main, 0, %d", st.HeldRunning, st.HeldRunningName, st.HeldStale,
			st.Held, want, 2*maxPerRequest+3)
	}
	program.End(trace.WithTimestamp(r.now))
	r.tick()
	if st := r.Stats(); st.HeldRunning != 3 || st.HeldRunningName != "job" {
		t.Errorf("%d spans are below requests that run, most below %q; want 3, job", st.HeldRunning, st.HeldRunningName)
	}
	job.End(trace.WithTimestamp(r.now))
	r.tick()
	if st := r.Stats(); st.HeldRunning != 0 || st.HeldRunningName != "" || st.Held != maxPerRequest {
		t.Errorf("%d spans are below requests that run, %d held; want 0, and those of the stream", st.HeldRunning, st.Held)
	}
	r.now = r.now.Add(longAge)
	r.tick()
	if st := r.Stats(); st.Held != 0 && st.HeldStale == 0 {
		t.Errorf("after an hour %d spans are held, %d stale", st.Held, st.HeldStale)
	}
}

// TestNewcomersHaveTheirShareAtOnce has young requests that have taken all there is, and then slow ones.
func TestNewcomersHaveTheirShareAtOnce(t *testing.T) {
	for _, spans := range []int{20, 100} {
		t.Run(fmt.Sprint(spans), func(t *testing.T) {
			r := newBoundsRig(t, WithInFlight(false)) // without the log
			var open []trace.Span
			for range 40 {
				ctx, root := r.request("/busy")
				open = append(open, root)
				r.work(ctx, 2000)
			}
			var slow []trace.Span
			for i := range 20 {
				ctx, root := r.request(fmt.Sprint("/slow/", i))
				slow = append(slow, root)
				r.work(ctx, spans-2)
				below, parent := r.start(ctx, "parent", trace.SpanKindInternal)
				r.work(below, 1)
				parent.End(trace.WithTimestamp(ms(2)))
			}
			r.core.gather.check(t)
			for _, root := range open { // they have given up no more than was asked for
				var f family
				sc := root.SpanContext()
				r.core.gather.release(sc.TraceID(), sc.SpanID(), &f)
				if len(f.spans) < maxPerRequest/2 || !f.lost || len(f.spans)+f.dropped != 2000 {
					t.Errorf("a busy request has %d spans, %d dropped, lost %v; want half of what it had at least, and 2000 in all", len(f.spans), f.dropped, f.lost)
				}
			}
			for _, root := range slow {
				root.End(trace.WithTimestamp(ms(600)))
			}
			for range 20 {
				r.tick()
			}
			n := 0
			for e := range r.SlowLog().All() {
				if n++; e.Anatomy == nil || e.Anatomy.Spans != spans || e.Anatomy.Dropped != 0 || e.Anatomy.Orphans != 0 {
					t.Errorf("%s has the anatomy %+v, want %d spans", e.Route, e.Anatomy, spans)
				}
			}
			if st := r.Stats(); n != 20 || st.AnatomiesIncomplete != 0 {
				t.Errorf("%d entries, %d incomplete; want 20 and 0", n, st.AnatomiesIncomplete)
			}
		})
	}
}

// TestParentsMakeRoomLast: a request that makes room gives up calls before what they are below of.
func TestParentsMakeRoomLast(t *testing.T) {
	r := newBoundsRig(t, WithInFlight(false)) // without the log
	var roots []trace.Span
	for range 40 {
		ctx, root := r.request("/busy")
		roots = append(roots, root)
		for range 100 {
			below, parent := r.start(ctx, "parent", trace.SpanKindInternal)
			r.work(below, 1)
			parent.End(trace.WithTimestamp(ms(1)))
		}
	}
	for range 200 {
		ctx, _ := r.request("/newcomer")
		r.work(ctx, 15)
	}
	least := 1000
	for _, root := range roots {
		var f family
		sc := root.SpanContext()
		r.core.gather.release(sc.TraceID(), sc.SpanID(), &f)
		parents := 0
		for _, s := range f.spans {
			parents += min(s.ChildSpanCount(), 1)
		}
		if least = min(least, len(f.spans)); parents != 100 {
			t.Errorf("%d spans, %d of them parents, want all 100", len(f.spans), parents)
		}
	}
	if least == 200 {
		t.Error("nobody has made room: the test says nothing")
	}
}

// TestHeldListsAgree has requests of all sizes come and go where there is not enough room, and looks at all that is known about them.
func TestHeldListsAgree(t *testing.T) {
	r := newBoundsRig(t)
	var wg sync.WaitGroup
	for seed := range uint64(4) {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(seed, 1))
			roots := make([]trace.Span, 50)
			for range 400 {
				i := rng.IntN(len(roots))
				if roots[i] != nil {
					roots[i].End(trace.WithTimestamp(ms(1)))
				}
				var ctx context.Context
				ctx, roots[i] = r.request("/")
				for range rng.IntN(10) * rng.IntN(40) {
					_, s := r.start(ctx, "step", trace.SpanKindClient, dbCall(text(rng.IntN(6000)))...)
					s.End(trace.WithTimestamp(ms(1)))
				}
			}
		})
	}
	wg.Go(func() {
		for range 200 {
			r.tick()
			time.Sleep(time.Millisecond)
		}
	})
	wg.Wait()
	r.core.gather.check(t)
	if st := r.Stats(); st.HeldEvicted == 0 || st.Faults != 0 {
		t.Errorf("%d spans made room, %d faults; want some and none", st.HeldEvicted, st.Faults)
	}
}

// check looks at what is known twice. Nobody else may use the gatherer meanwhile.
func (g *gatherer) check(t *testing.T) {
	t.Helper()
	used, top := int64(0), uint8(0)
	for i := range g.shards {
		sh := &g.shards[i]
		used += sh.bytes + sh.credit
		bytes, spans, mask := int64(0), int64(0), uint64(0)
		for _, li := range sh.all() {
			id := sh.lists[li].trace
			l := &sh.lists[li]
			weight, count := int64(0), int32(0)
			for n := l.head; n != 0; n = sh.nodes[n-1].next {
				weight, count = weight+int64(sh.nodes[n-1].bytes), count+1
				if !l.mixed && sh.nodes[n-1].parent != l.parent {
					t.Errorf("a list says that its spans have one parent, %s, one has %s", l.parent, sh.nodes[n-1].parent)
				}
			}
			class := sizeClass(weight)
			if !sh.ranked {
				class = 0
			}
			if sh.traces.find(sh.lists, id) != li || weight != l.bytes || count != l.count || l.class != class || l.gone && count > 0 {
				t.Errorf("a list says %d bytes, %d spans, class %d, gone %v; it has %d bytes, %d spans", l.bytes, l.count, l.class, l.gone, weight, count)
			}
			bytes, spans = bytes+weight, spans+int64(count)
		}
		for class, c := range sh.sizes {
			n := int32(0)
			for at := c.first; at != 0; at = sh.lists[at-1].links[bySize].next {
				if n++; int(sh.lists[at-1].class) != class {
					t.Errorf("a list of class %d is among those of %d", sh.lists[at-1].class, class)
				}
			}
			if n > 0 {
				mask |= 1 << class
				top = max(top, uint8(class))
			}
			if n != c.n {
				t.Errorf("%d lists of class %d, said to be %d", n, class, c.n)
			}
		}
		if bytes != sh.bytes || spans != sh.spans || mask != sh.mask.Load() || sh.credit < 0 {
			t.Errorf("a shard says %d bytes, %d spans, classes %b, credit %d; it has %d, %d, %b", sh.bytes, sh.spans, sh.mask.Load(), sh.credit, bytes, spans, mask)
		}
	}
	if used != g.used.Load() || used > maxHeldBytes {
		t.Errorf("%d bytes are granted, said to be %d; want at most %d", used, g.used.Load(), maxHeldBytes)
	}
}

func TestSizeClasses(t *testing.T) {
	if top := sizeClass(maxPerRequest * maxSpanBytes); top != sizeClasses-1 {
		t.Errorf("the largest list has the class %d, want %d", top, sizeClasses-1)
	}
	for kib := int64(1); kib <= maxPerRequest*maxSpanBytes>>10; kib++ {
		class, before := sizeClass(kib<<10), sizeClass((kib-1)<<10)
		if class != before && class != before+1 {
			t.Fatalf("%d KiB have the class %d, one less %d", kib, class, before)
		}
		if outweighs(sizeClass(kib*8/7<<10), kib<<10) || kib <= 1024 && !outweighs(sizeClass((kib*3/2+2)<<10), kib<<10) {
			t.Errorf("%d KiB: half as much again is clearly more, a seventh is not", kib)
		}
	}
}

// TestMakingRoomAllocatesNothing holds spans of a newcomer where others have all there is.
func TestMakingRoomAllocatesNothing(t *testing.T) {
	r := newBoundsRig(t)
	g := &r.core.gather
	last := &grab{}
	_, s := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(last)).Tracer("test").Start(context.Background(), "step")
	s.End()
	sc, root := last.span.SpanContext(), trace.SpanID{1}
	parent := sc.WithSpanID(root)
	hold := func() { g.hold(&parent, last.span, minSpanBytes, nil, claim{}) }
	const runs = 99
	for range runs + 1 { // warms the shard up
		hold()
	}
	g.release(sc.TraceID(), root, nil)
	for range 40 {
		ctx, _ := r.request("/busy")
		r.work(ctx, 2000)
	}
	before := r.Stats().HeldEvicted
	if n := testing.AllocsPerRun(runs, hold); n != 0 {
		t.Errorf("a span that others make room for takes %v allocations", n)
	}
	var f family
	g.release(sc.TraceID(), root, &f)
	if len(f.spans) != runs+1 || f.dropped != 0 || r.Stats().HeldEvicted == before {
		t.Errorf("%d spans are held, %d dropped, %d made room; want %d, 0 and some", len(f.spans), f.dropped, r.Stats().HeldEvicted-before, runs+1)
	}
}
