// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/slowlog"
)

// heap returns the bytes of the heap that are in use.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// boundsRig is a processor alone, as nothing else may keep spans alive, without limits of the SDK's.
type boundsRig struct {
	*Processor
	tracer trace.Tracer
	empty  int64 // the heap before
	now    time.Time
}

func newBoundsRig(t *testing.T, opts ...Option) *boundsRig {
	t.Helper()
	store, err := slowlog.New(slowlog.WithLimits(slowlog.Limits{Bytes: 8 << 20}))
	if err != nil {
		t.Fatal(err)
	}
	p, err := New(nil, append(opts, WithSlowLog(store))...)
	if err != nil {
		t.Fatal(err)
	}
	p.Link().Digest(t0)
	limits := sdktrace.NewSpanLimits()
	limits.AttributeCountLimit, limits.EventCountLimit, limits.LinkCountLimit, limits.AttributePerEventCountLimit = -1, -1, -1, -1
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(p), sdktrace.WithSampler(sdktrace.AlwaysSample()), sdktrace.WithRawSpanLimits(limits))
	return &boundsRig{Processor: p, tracer: tp.Tracer("test"), empty: heap(), now: t0}
}

// tick is what an engine does each second.
func (r *boundsRig) tick() {
	r.now = r.now.Add(time.Second)
	r.Link().Digest(r.now)
}

func (r *boundsRig) start(ctx context.Context, name string, kind trace.SpanKind, attrs ...attribute.KeyValue) (context.Context, trace.Span) {
	return r.tracer.Start(ctx, name, trace.WithTimestamp(t0), trace.WithSpanKind(kind), trace.WithAttributes(attrs...))
}

func (r *boundsRig) request(route string, attrs ...attribute.KeyValue) (context.Context, trace.Span) {
	attrs = append(attrs, attribute.String("http.request.method", "GET"), attribute.String("http.route", route), attribute.Int("http.response.status_code", 200))
	return r.start(context.Background(), "GET "+route, trace.SpanKindServer, attrs...)
}

// grown fails the test if the heap has grown by more than limit bytes, and a quarter, and a little.
func (r *boundsRig) grown(t *testing.T, limit int64) {
	t.Helper()
	st, got := r.Stats(), heap()-r.empty
	if got > limit*5/4+4<<20 {
		t.Errorf("the heap has grown by %.1f MiB, want about %.1f; held %d, waiting %d, slow log %d", mib(got), mib(limit), st.HeldBytes, st.WaitingBytes, r.SlowLog().Stats().Bytes)
	}
	if st.HeldBytes > maxHeldBytes || st.WaitingBytes > maxWaitingBytes {
		t.Errorf("%d bytes are held and %d wait, want at most %d and %d", st.HeldBytes, st.WaitingBytes, maxHeldBytes, maxWaitingBytes)
	}
	runtime.KeepAlive(r)
}

func mib(n int64) float64 { return float64(n) / (1 << 20) }

// text returns n bytes that nobody else has.
func text(n int) string { return strings.Repeat("x", n) }

// hostile are ways to put about n bytes into a span.
var hostile = map[string]func(s trace.Span, n int){
	"attribute": func(s trace.Span, n int) { s.SetAttributes(attribute.String("db.query.text", "SELECT "+text(n))) },
	"attributes": func(s trace.Span, n int) {
		for i := range n / 100 {
			s.SetAttributes(attribute.String(fmt.Sprint("key", i), text(30)))
		}
	},
	"keys": func(s trace.Span, n int) { s.SetAttributes(attribute.Int(text(n), 1)) },
	"strings": func(s trace.Span, n int) {
		s.SetAttributes(attribute.StringSlice("list", strings.Split(strings.Repeat("abcdefg,", n/24), ",")))
	},
	"numbers": func(s trace.Span, n int) { s.SetAttributes(attribute.Int64Slice("list", make([]int64, n/8))) },
	"map": func(s trace.Span, n int) {
		s.SetAttributes(attribute.KeyValue{Key: "map", Value: attribute.MapValue(attribute.String("inner", text(n)))})
	},
	"name": func(s trace.Span, n int) { s.SetName(text(n)) },
	"exception": func(s trace.Span, n int) {
		s.AddEvent("exception", trace.WithAttributes(attribute.String("exception.stacktrace", text(n))))
	},
	"events": func(s trace.Span, n int) {
		for range n / 200 {
			s.AddEvent("event", trace.WithAttributes(attribute.Bool("a", true)))
		}
	},
	"links": func(s trace.Span, n int) {
		for range n / 200 {
			s.AddLink(trace.Link{SpanContext: s.SpanContext(), Attributes: []attribute.KeyValue{attribute.Bool("a", true)}})
		}
	},
}

// TestHeldChildrenAreBounded has requests that do not end, and children of every size.
func TestHeldChildrenAreBounded(t *testing.T) {
	for name, fill := range hostile {
		t.Run(name, func(t *testing.T) {
			r := newBoundsRig(t)
			var open []trace.Span
			for range 8 {
				ctx, root := r.request("/stream")
				open = append(open, root)
				for range 40 {
					_, c := r.start(ctx, "call", trace.SpanKindClient)
					fill(c, 256<<10)
					c.End()
				}
			}
			r.tick() // lets go of the children that running requests have started last
			if st := r.Stats(); st.Held != 320 || st.HeldClipped != 320 || st.HeldBytes > 320*maxSpanBytes {
				t.Errorf("%d spans are held in %d bytes, %d clipped; want all 320, clipped to %d bytes each", st.Held, st.HeldBytes, st.HeldClipped, maxSpanBytes)
			}
			r.grown(t, r.Stats().HeldBytes)
			runtime.KeepAlive(open)
		})
	}
}

// TestSmallChildrenAreBounded holds as many spans as there can be, of the size that ordinary ones have.
func TestSmallChildrenAreBounded(t *testing.T) {
	r := newBoundsRig(t)
	for range 200 { // whose roots are never seen again
		ctx, _ := r.request("/")
		for j := range 100 {
			_, c := r.start(ctx, "query", trace.SpanKindClient, dbCall(fmt.Sprint("SELECT name FROM users WHERE id = ", j))...)
			c.End()
		}
	}
	if st := r.Stats(); st.Held < 6000 || st.Held > maxHeldBytes/minSpanBytes {
		t.Errorf("%d spans are held, want nearly %d", st.Held, maxHeldBytes/minSpanBytes)
	}
	r.grown(t, maxHeldBytes)
}

// TestWaitingRequestsAreBounded has slow requests that wait for Digest, and then for late children.
func TestWaitingRequestsAreBounded(t *testing.T) {
	for name, load := range map[string]func(r *boundsRig){
		"60 requests of 256 calls with statements of 64 KiB": func(r *boundsRig) {
			for i := range 60 {
				ctx, root := r.request("/")
				for j := range 256 {
					_, c := r.start(ctx, "query", trace.SpanKindClient, dbCall(fmt.Sprintf("SELECT %d, %d, '%s' FROM users", i, j, text(64<<10)))...)
					c.End(trace.WithTimestamp(ms(1)))
				}
				root.End(trace.WithTimestamp(ms(600)))
			}
		},
		"250 requests of 256 small calls": func(r *boundsRig) {
			for range 250 {
				ctx, root := r.request("/")
				for j := range 256 {
					_, c := r.start(ctx, "query", trace.SpanKindClient, dbCall(fmt.Sprint("SELECT name FROM users WHERE id = ", j))...)
					c.End(trace.WithTimestamp(ms(1)))
				}
				root.End(trace.WithTimestamp(ms(600)))
			}
		},
		"400 requests with attributes of 1 MiB": func(r *boundsRig) {
			for i := range 400 {
				_, root := r.request(fmt.Sprintf("/%d", i%20), attribute.String("baggage", text(1<<20)))
				root.End(trace.WithTimestamp(ms(600)))
			}
		},
		"400 requests whose path is part of a line of 1 MiB": func(r *boundsRig) {
			for i := range 400 {
				_, root := r.request(fmt.Sprintf("/%d", i%20), attribute.String("url.path", text(1 << 20)[:20]))
				root.End(trace.WithTimestamp(ms(600)))
			}
		},
		"ordinary requests with attributes of 1 MiB, some of them samples": func(r *boundsRig) {
			for i := range 400 {
				ctx, root := r.request(fmt.Sprintf("/%d", i%200), attribute.String("baggage", text(1<<20)))
				_, c := r.start(ctx, "query", trace.SpanKindClient, dbCall("SELECT name FROM users /* "+text(1<<20)+" */")...)
				c.End(trace.WithTimestamp(ms(1)))
				root.End(trace.WithTimestamp(ms(2)))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newBoundsRig(t)
			load(r)
			r.grown(t, maxWaitingBytes)
			for range 100 {
				r.tick()
				if st := r.Stats(); st.AnatomiesWaiting == 0 {
					break
				}
			}
			r.grown(t, maxWaitingBytes+r.SlowLog().Limits().Bytes)
			for range 2 * int(lateWindow/time.Second) {
				r.tick()
			}
			r.grown(t, r.SlowLog().Limits().Bytes)
			if st := r.Stats(); st.AnatomiesWaiting != 0 || st.WaitingBytes != 0 || st.Held != 0 || st.HeldBytes != 0 || st.Faults != 0 {
				t.Errorf("in the end %d anatomies wait, %d bytes; %d spans are held, %d bytes; %d faults; want none of it",
					st.AnatomiesWaiting, st.WaitingBytes, st.Held, st.HeldBytes, st.Faults)
			}
		})
	}
}

// TestLateChildrenAreBounded has children of 1 MiB follow slow requests.
func TestLateChildrenAreBounded(t *testing.T) {
	r := newBoundsRig(t)
	r.core.digestTime = time.Hour // one Digest builds all, however slow the machine is
	for range 10 {
		ctx, root := r.request("/")
		root.End(trace.WithTimestamp(ms(600)))
		for range 50 {
			_, c := r.start(ctx, "late", trace.SpanKindInternal, attribute.String("text", text(1<<20)))
			c.End(trace.WithTimestamp(ms(700)))
		}
	}
	if st := r.Stats(); st.HeldClipped != 500 || st.Held != 0 || st.WaitingBytes < 510*minSpanBytes {
		t.Errorf("%d clipped, %d held, %d bytes wait; want 500, 0 and those of 510", st.HeldClipped, st.Held, st.WaitingBytes)
	}
	r.grown(t, maxWaitingBytes)
	r.tick()
	for e := range r.SlowLog().All() {
		if e.Anatomy == nil || e.Anatomy.Spans != 50 {
			t.Fatalf("anatomy %+v, want 50 late calls", e.Anatomy)
		}
	}
}

// TestStreamsMakeRoom has long-lived requests whose children would take all that can be held: slow requests have their whole
// anatomy all the same, and nothing is said to be wrong.
func TestStreamsMakeRoom(t *testing.T) {
	for _, streams := range []int{40, 1000} {
		t.Run(fmt.Sprint(streams), func(t *testing.T) {
			r := newBoundsRig(t)
			var open []context.Context
			for range streams {
				ctx, _ := r.request("/stream")
				open = append(open, ctx)
			}
			for second := range longSweeps + 7 {
				for range 20_000 / streams * 2 {
					for _, ctx := range open {
						_, c := r.start(ctx, "message", trace.SpanKindInternal)
						c.End()
					}
				}
				if second < longSweeps+2 { // they are not known as long-lived yet
					r.tick()
					continue
				}
				ctx, root := r.request(fmt.Sprintf("/slow/%d", second))
				for j := range 100 {
					_, c := r.start(ctx, "query", trace.SpanKindClient, dbCall(fmt.Sprintf("SELECT c%d FROM users", j))...)
					c.End(trace.WithTimestamp(ms(1)))
				}
				root.End(trace.WithTimestamp(ms(600 + second)))
				r.tick()
			}
			n := 0
			for e := range r.SlowLog().All() {
				if n++; e.Anatomy == nil || e.Anatomy.Spans != 100 || e.Anatomy.Dropped != 0 {
					t.Errorf("%s has the anatomy %+v, want 100 spans", e.Route, e.Anatomy)
				}
			}
			st := r.Stats()
			if n != 5 || st.AnatomiesDropped != 0 || st.AnatomiesIncomplete != 0 || !st.LastIncomplete.IsZero() {
				t.Errorf("%d entries; %d anatomies dropped, %d incomplete; want 5, 0, 0", n, st.AnatomiesDropped, st.AnatomiesIncomplete)
			}
			if st.HeldFull == 0 && st.HeldEvicted == 0 && st.HeldLong == 0 {
				t.Error("the streams have everything: the test says nothing")
			}
			t.Logf("%d held, %d full, %d evicted, %d long", st.Held, st.HeldFull, st.HeldEvicted, st.HeldLong)
		})
	}
}

// TestSharesAreFair has as many requests as want more than there is: each has its share, and the last as much as the first.
func TestSharesAreFair(t *testing.T) {
	r := newBoundsRig(t, WithInFlight(false)) // without the log, which has room for a part
	var open []context.Context
	var roots []trace.Span
	for range 99 {
		ctx, root := r.request("/heavy")
		open, roots = append(open, ctx), append(roots, root)
	}
	for i := range 200 {
		for _, ctx := range open {
			_, c := r.start(ctx, fmt.Sprint("step ", i), trace.SpanKindInternal)
			c.End(trace.WithTimestamp(ms(1)))
		}
	}
	for _, root := range roots {
		root.End(trace.WithTimestamp(ms(600)))
	}
	if st := r.Stats(); st.AnatomiesIncomplete != 99 || st.LastIncomplete.IsZero() || st.HeldFull == 0 {
		t.Errorf("%d anatomies are incomplete since %v, %d spans refused; want 99", st.AnatomiesIncomplete, st.LastIncomplete, st.HeldFull)
	}
	for range 20 {
		r.tick()
	}
	least, most := 1000, 0
	for e := range r.SlowLog().All() {
		if e.Anatomy.Spans+e.Anatomy.Dropped != 200 {
			t.Errorf("%d spans and %d dropped, want 200 in all", e.Anatomy.Spans, e.Anatomy.Dropped)
		}
		least, most = min(least, e.Anatomy.Spans), max(most, e.Anatomy.Spans)
	}
	if least < 50 || most > 100 {
		t.Errorf("anatomies have %d to %d spans, want about 80 each", least, most)
	}
}

// TestHeldIsExact: what was held and let go leaves no trace, and a request finds that there is nothing to release.
func TestHeldIsExact(t *testing.T) {
	r := newBoundsRig(t, WithInFlight(false)) // without the log
	for i := range 500 {
		ctx, root := r.request("/")
		for range 1 + i%20 {
			_, c := r.start(ctx, "child", trace.SpanKindInternal)
			c.End(trace.WithTimestamp(ms(1)))
		}
		if st := r.Stats(); st.Held != int64(1+i%20) {
			t.Fatalf("%d spans are held, want %d", st.Held, 1+i%20)
		}
		root.End(trace.WithTimestamp(ms(2)))
	}
	r.tick()
	for i := range r.core.gather.shards {
		if r.core.gather.shards[i].busy.Load() {
			t.Error("a shard is said to hold something")
		}
	}
	if spare := r.core.gather.used.Load(); spare > gatherShards*2*creditBytes {
		t.Errorf("shards keep %d bytes back", spare)
	}
	if st := r.Stats(); st.Held != 0 || st.HeldBytes != 0 {
		t.Errorf("%d spans are held, %d bytes", st.Held, st.HeldBytes)
	}
}

// TestIdleCreditIsUsed: what shards keep back is there for one that needs it.
func TestIdleCreditIsUsed(t *testing.T) {
	r := newBoundsRig(t, WithInFlight(false)) // without the log
	for range 2000 {                          // every shard has credit then
		ctx, root := r.request("/")
		for range 20 {
			_, c := r.start(ctx, "child", trace.SpanKindInternal)
			c.End(trace.WithTimestamp(ms(1)))
		}
		root.End(trace.WithTimestamp(ms(2)))
	}
	for range maxHeldBytes / minSpanBytes / 16 {
		ctx, _ := r.request("/")
		for range 16 {
			_, c := r.start(ctx, "child", trace.SpanKindInternal)
			c.End(trace.WithTimestamp(ms(1)))
		}
	}
	if st := r.Stats(); st.Held != maxHeldBytes/minSpanBytes || st.HeldEvicted+st.HeldFull != 0 {
		t.Errorf("%d spans are held, %d made room, %d refused; want all %d", st.Held, st.HeldEvicted, st.HeldFull, maxHeldBytes/minSpanBytes)
	}
}

// TestBurstLeavesNoMemory sends all spans to one shard after the other: each would keep the nodes of the largest burst.
func TestBurstLeavesNoMemory(t *testing.T) {
	r := newBoundsRig(t)
	keep := map[byte]bool{}
	for shard := range byte(len(r.core.gather.shards)) {
		var roots []trace.Span
		for i := range 400 {
			remote := trace.ContextWithRemoteSpanContext(context.Background(), trace.NewSpanContext(trace.SpanContextConfig{
				TraceID: trace.TraceID{1, byte(i), byte(i >> 8), 15: shard}, SpanID: trace.SpanID{1}, TraceFlags: trace.FlagsSampled, Remote: true}))
			ctx, root := r.start(remote, "GET /", trace.SpanKindServer)
			for range 16 {
				_, c := r.start(ctx, "child", trace.SpanKindInternal)
				c.End(trace.WithTimestamp(ms(1)))
			}
			roots = append(roots, root)
		}
		for i, root := range roots {
			if i == 200 { // one goes on
				keep[shard] = true
				continue
			}
			root.End(trace.WithTimestamp(ms(2)))
		}
		if shard%4 == 3 {
			r.tick()
		}
	}
	for i := range r.core.gather.shards {
		if sh := &r.core.gather.shards[i]; cap(sh.nodes) > roomyTill || len(sh.lists) > roomyTill || sh.spans != 16 {
			t.Errorf("shard %d has %d nodes and %d lists for %d spans", i, cap(sh.nodes), len(sh.lists), sh.spans)
		}
	}
	if n := r.core.gather.nodes(); n != 16*len(keep) {
		t.Errorf("%d spans in lists, want %d", n, 16*len(keep))
	}
}

// TestAnatomiesTakeTurns has one endpoint with many requests and one with a single one.
func TestAnatomiesTakeTurns(t *testing.T) {
	r := newBoundsRig(t)
	for i := range 200 {
		_, root := r.request("/busy")
		root.End(trace.WithTimestamp(ms(600 + i)))
	}
	_, root := r.request("/rare")
	root.End(trace.WithTimestamp(ms(600)))
	var first []string
	for range 4 {
		k, _ := r.core.bench.next()
		first = append(first, k.entry.route)
		r.core.bench.done(k)
	}
	if got := fmt.Sprint(first); got != "[/busy /rare /busy /busy]" {
		t.Errorf("the order is %s, want /rare second", got)
	}
}

// TestDigestIsBounded: one call builds what fits into its time, the next ones the rest.
func TestDigestIsBounded(t *testing.T) {
	r := newBoundsRig(t)
	r.core.digestTime = 0 // then it is digestBytes
	const requests = 60
	for i := range requests {
		ctx, root := r.request(fmt.Sprintf("/%d", i%3))
		for range 100 {
			_, c := r.start(ctx, "query", trace.SpanKindClient, dbCall("SELECT name FROM users")...)
			c.End(trace.WithTimestamp(ms(1)))
		}
		root.End(trace.WithTimestamp(ms(600)))
	}
	before := r.Stats()
	if before.AnatomiesWaiting != requests || before.WaitingBytes < requests*100*minSpanBytes {
		t.Fatalf("%d requests wait with %d bytes, want all", before.AnatomiesWaiting, before.WaitingBytes)
	}
	each, ticks := before.WaitingBytes/requests, 0
	for r.Stats().AnatomiesWaiting > 0 {
		waiting := r.Stats().AnatomiesWaiting
		r.tick()
		ticks++
		if built := waiting - r.Stats().AnatomiesWaiting; int64(built-1)*each > digestBytes || built == 0 {
			t.Fatalf("one Digest built %d of %d bytes each", built, each)
		}
	}
	for e := range r.SlowLog().All() {
		if e.Anatomy == nil || e.Anatomy.Spans != 100 {
			t.Errorf("%s has the anatomy %+v, want 100 spans", e.Route, e.Anatomy)
		}
	}
	if ticks < int(before.WaitingBytes/digestBytes/2) {
		t.Errorf("all was built in %d calls", ticks)
	}
}
