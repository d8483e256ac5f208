// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// logged is how many children the log has.
func (r *rig) logged() int {
	n, _ := r.core.log.count()
	return int(n)
}

// held is how many children there are, in the log and aside.
func held(c *core) int64 {
	aside, _ := c.gather.count()
	logged, _ := c.log.count()
	return aside + logged
}

// entries is how many there is room for.
func (r *rig) entries() (n int) {
	for i := range r.core.log.shards {
		n += len(r.core.log.shards[i].spans)
	}
	return n
}

func (r *rig) ordinary(children int) {
	ctx, root := r.startRequest(context.Background(), "/")
	for i := range children {
		_, c := r.start(ctx, "child", i)
		stop(c, i+1)
	}
	stop(root, 10)
}

// slow is a request that is kept, with the rest of its children after what goes on in between.
func (r *rig) slow(t *testing.T, children int, between func(i int)) {
	t.Helper()
	ctx, root := r.startRequest(context.Background(), "/slow")
	for i := range children {
		_, c := r.start(ctx, fmt.Sprint("step ", i), i)
		stop(c, i+1)
		between(i)
	}
	stop(root, 600)
	r.link.Digest(t0.Add(time.Hour))
	if a := r.anatomy(t); a.Spans != children || a.Dropped != 0 || a.Orphans != 0 {
		t.Errorf("anatomy of %d spans, %d dropped, %d orphans; want %d", a.Spans, a.Dropped, a.Orphans, children)
	}
}

// A ring is written over many times while a request runs, of which all children are wanted in the end.
func TestLogIsWrittenOver(t *testing.T) {
	r := newRig(t)
	r.slow(t, 40, func(int) {
		for range 100 {
			r.ordinary(3)
		}
	})
	r.slow(t, 200, func(int) {}) // more than a ring has
	r.link.Digest(t0)
	if st := r.Stats(); st.HeldStale+st.HeldFull+st.HeldEvicted+st.Faults != 0 || st.Held != 0 {
		t.Errorf("%d spans are held, %d stale, %d faults", st.Held, st.HeldStale, st.Faults)
	}
}

// Requests that found no room in the table, or had to leave it, have their children, too.
func TestLogOfRequestsOutsideTheTable(t *testing.T) {
	for name, ticks := range map[string]int{"spare slots": 0, "moved": 3} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			for range defaultInFlightSlots + len(r.core.running.front.slots) {
				_, root := r.startRequest(context.Background(), "/stream")
				defer root.End()
			}
			for i := range ticks {
				r.link.Digest(t0.Add(time.Duration(i) * time.Second))
			}
			r.slow(t, 40, func(i int) {
				if i == 20 && ticks > 0 {
					r.link.Digest(t0.Add(time.Minute))
				}
				for range 10 {
					r.ordinary(40)
				}
			})
			if st := r.Stats(); st.InFlightDropped != 0 || st.HeldStale != 0 || st.Held != 0 {
				t.Errorf("%d requests dropped, %d spans stale, %d held", st.InFlightDropped, st.HeldStale, st.Held)
			}
		})
	}
}

// Once a second those are let go that nobody will ask for, and memory that only many requests at a time have needed.
func TestLogIsTidied(t *testing.T) {
	r := newRig(t)
	short := r.entries()
	var ctxs []context.Context
	var roots []trace.Span
	for range 400 {
		ctx, root := r.startRequest(context.Background(), "/")
		ctxs, roots = append(ctxs, ctx), append(roots, root)
	}
	for range 20 {
		for _, ctx := range ctxs {
			_, c := r.start(ctx, "child", 1)
			stop(c, 2)
		}
	}
	if long := r.entries(); long <= short || long > max(maxLogged, short) {
		t.Errorf("the rings have %d entries while 400 requests run, want more than %d", long, short)
	}
	if n := r.logged() + r.core.gather.nodes(); n != 400*20 {
		t.Errorf("%d spans of requests that run are held, want all 8000", n)
	}
	for _, root := range roots[1:] {
		stop(root, 10)
	}
	r.link.Digest(t0)
	if n := r.logged() + r.core.gather.nodes(); n != 20 {
		t.Errorf("%d spans are held, want the 20 of the request that runs", n)
	}
	for i := range 2 {
		r.link.Digest(t0.Add(time.Duration(i+1) * time.Second))
	}
	if n, more := r.logged(), r.entries(); n != 0 || more != short || r.core.gather.nodes() != 20 {
		t.Errorf("%d spans in rings of %d entries when nobody writes, and %d aside; want none, %d and 20", n, more, r.core.gather.nodes(), short)
	}
	stop(roots[0], 20)
	if n := r.core.gather.nodes(); n != 0 {
		t.Errorf("%d spans are held when all requests have ended", n)
	}
	if st := r.Stats(); st.HeldStale != 0 || st.Faults != 0 {
		t.Errorf("%d spans are stale, %d faults", st.HeldStale, st.Faults)
	}
}

// Heavy children do not stay in the log, whatever becomes of their request.
func TestLogIsLight(t *testing.T) {
	r := newRig(t)
	text := strings.Repeat("x", 64<<10)
	for i := range 2000 {
		ctx, root := r.startRequest(context.Background(), "/")
		for range 3 {
			_, c := r.start(ctx, "heavy", 1, dbCall("SELECT "+text)...)
			stop(c, 2)
		}
		if i%2 == 0 {
			stop(root, 3)
		} else {
			defer root.End()
		}
	}
	n, bytes := r.core.log.count()
	if bytes > n*maxLightSpan || r.core.gather.nodes() == 0 {
		t.Errorf("%d spans of %d bytes are in the log, %d aside", n, bytes, r.core.gather.nodes())
	}
	for i := range r.core.log.shards {
		if sh := &r.core.log.shards[i]; sh.bytes < 0 {
			t.Errorf("a shard has %d bytes", sh.bytes)
		}
	}
}

// The words of traces are hashes: where two have the same one, each has its own children.
func TestLogTellsTracesApart(t *testing.T) {
	r := newRig(t)
	r.core.running.hash = traceHash{8, 8} // by what is above a byte's last bits
	begin := func(id byte) (context.Context, trace.Span) {
		remote := trace.ContextWithRemoteSpanContext(context.Background(), trace.NewSpanContext(trace.SpanContextConfig{
			TraceID: trace.TraceID{7: id, 15: 8 - id}, SpanID: trace.SpanID{1}, TraceFlags: trace.FlagsSampled, Remote: true}))
		return r.startRequest(remote, fmt.Sprint("/", id))
	}
	actx, a := begin(1)
	bctx, b := begin(2)
	for i := range 3 {
		_, c := r.start(actx, "of a", i)
		stop(c, i+1)
	}
	for i := range 2 {
		_, c := r.start(bctx, "of b", i)
		stop(c, i+1)
	}
	stop(b, 700)
	if an := r.anatomy(t); an.Spans != 2 {
		t.Errorf("b has %d spans, want 2", an.Spans)
	}
	stop(a, 600)
	got := 0
	for e := range r.SlowLog().All() {
		got += e.Anatomy.Spans
	}
	if got != 5 {
		t.Errorf("both have %d spans, want 5", got)
	}
}

// A client may have one trace for all that it asks for at a time.
func TestLogOfManyRequestsOfOneTrace(t *testing.T) {
	r := newRig(t)
	remote := trace.ContextWithRemoteSpanContext(context.Background(), trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}, TraceFlags: trace.FlagsSampled, Remote: true}))
	var ctxs []context.Context
	var roots []trace.Span
	for range 300 {
		ctx, root := r.startRequest(remote, "/batch")
		ctxs, roots = append(ctxs, ctx), append(roots, root)
	}
	for i := range 20 {
		_, c := r.start(ctxs[299], "step", i)
		stop(c, i+1)
		for range 50 {
			r.ordinary(3)
		}
	}
	for i, root := range roots[:299] {
		_, c := r.start(ctxs[i], "step", 30)
		stop(c, 31)
		stop(root, 40)
		r.ordinary(3)
	}
	stop(roots[299], 600)
	if a := r.anatomy(t); a.Spans != 20 {
		t.Errorf("the slow one of the trace has %d spans, want 20", a.Spans)
	}
	for i := range 3 {
		r.link.Digest(t0.Add(time.Duration(i) * time.Second))
	}
	if st := r.Stats(); st.Held != 0 || st.Recent != 0 || st.Faults != 0 {
		t.Errorf("%d spans are held and %d in the log when all have ended, %d faults", st.Held, st.Recent, st.Faults)
	}
	at := r.core.log.shards[0].survey
	var table inflight
	table.table = newSlotTable(defaultInFlightSlots)
	table.table.list()
	table.use.begin()
	many := newSurvey(&table)
	for i := range table.table.slots {
		sl := &table.table.slots[i]
		sl.word.Store(slotUsed)
		sl.trace.Store(64)
		sl.listed.Store(64)
	}
	many.take(&table)
	if many.n != maxSameTrace || !many.isCrowded(64) || many.isCrowded(128) || at.crowds != 0 {
		t.Errorf("%d of 1024 requests of one trace are in a survey, want %d, and the trace as a crowded one", many.n, maxSameTrace)
	}
	for i := range table.table.slots {
		if table.table.slots[i].trace.Load()&markAside == 0 && !many.mark(64) {
			t.Fatal("a request is neither in the survey nor marked")
		}
	}
}

// Spans may end before what is below them, however deep that is.
func TestParentsThatEndFirst(t *testing.T) {
	for name, opts := range map[string][]Option{"log": nil, "without": {WithInFlight(false)}} {
		for _, between := range []int{0, 200} {
			r := newRig(t, opts...)
			ctx, root := r.startRequest(context.Background(), "/slow")
			for range 5 {
				var chain []trace.Span
				at := ctx
				for i := range 6 {
					below, s := r.start(at, fmt.Sprint("level ", i), 1)
					chain, at = append(chain, s), below
				}
				for i, s := range chain {
					stop(s, 10+i)
					for range between {
						r.ordinary(3)
					}
				}
			}
			stop(root, 600)
			if a := r.anatomy(t); a.Spans != 30 || a.Orphans != 0 || a.Dropped != 0 {
				t.Errorf("%s, %d requests in between: %d spans, %d orphans, %d dropped; want 30", name, between, a.Spans, a.Orphans, a.Dropped)
			}
		}
	}
}

// Requests, calls, ticks and slow requests at the same time: each call is counted once, each slow request has all of its children, and nothing
// is left over.
func TestLogIsExact(t *testing.T) {
	p, err := New(nil, WithSlowThreshold(500*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	var counted, made, slow atomic.Uint64
	take := func(d *Delta) {
		if d.Endpoint.Kind == conventions.KindDependency {
			counted.Add(d.Outcomes.Total())
		}
	}
	p.Link().TakeDeltas(take)
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(p), sdktrace.WithSampler(sdktrace.AlwaysSample()))
	r := &rig{Processor: p, link: p.Link(), tracer: tp.Tracer("test")}
	const children = 15
	request := func(took int, between func()) {
		ctx, root := r.startRequest(context.Background(), "/")
		for i := range children / 3 {
			outer, c := r.tracer.Start(ctx, "outer", trace.WithTimestamp(ms(i)))
			for range 2 {
				_, q := r.tracer.Start(outer, "query", trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(ms(i)), trace.WithAttributes(dbCall("SELECT 1 FROM t")...))
				stop(q, i+1)
				made.Add(1)
			}
			stop(c, i+1)
			between()
		}
		stop(root, took)
	}
	tick := make(chan int) // fewer than a minute has: what is aside for longer would be stale
	var work, ticks sync.WaitGroup
	for range 8 {
		work.Go(func() {
			for i := range 1000 {
				if i%200 == 199 {
					tick <- i / 200 % 3
				}
				if i%100 != 99 {
					request(10, func() {})
					continue
				}
				request(600+i, func() { request(10, func() {}) })
				slow.Add(1)
			}
		})
	}
	ticks.Go(func() {
		for i := range tick {
			p.Link().TakeDeltas(take)
			p.Link().Digest(t0.Add(time.Duration(i) * time.Second))
			_ = p.Stats()
		}
	})
	work.Wait()
	close(tick)
	ticks.Wait()
	p.Link().TakeDeltas(take)
	for i := range 3 {
		p.Link().Digest(t0.Add(time.Hour + time.Duration(i)*time.Second))
	}
	if counted.Load() != made.Load() {
		t.Errorf("%d of %d calls are counted", counted.Load(), made.Load())
	}
	kept := 0
	for e := range p.SlowLog().All() {
		if kept++; e.Anatomy == nil || e.Anatomy.Spans != children {
			t.Errorf("the anatomy of a slow request is %+v, want %d spans", e.Anatomy, children)
		}
	}
	if kept == 0 {
		t.Error("no slow request is kept: the test says little")
	}
	st := p.Stats()
	if n := r.logged(); n != 0 || st.Held != 0 || st.HeldStale != 0 || st.Faults != 0 {
		t.Errorf("at the end %d spans in the log, %d aside, %d stale, %d faults", n, st.Held, st.HeldStale, st.Faults)
	}
}
