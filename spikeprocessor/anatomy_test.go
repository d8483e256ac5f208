// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/slowlog"
)

var t0 = time.Unix(1_700_000_000, 0)

// ms is a time that many milliseconds into a request.
func ms(n int) time.Time { return t0.Add(time.Duration(n) * time.Millisecond) }

// start begins a span at a time; end it with stop.
func (r *rig) start(ctx context.Context, name string, at int, attrs ...attribute.KeyValue) (context.Context, trace.Span) {
	kind := trace.SpanKindInternal
	if len(attrs) > 0 {
		kind = trace.SpanKindClient
	}
	return r.tracer.Start(ctx, name, trace.WithTimestamp(ms(at)), trace.WithSpanKind(kind), trace.WithAttributes(attrs...))
}

func (r *rig) startRequest(ctx context.Context, route string) (context.Context, trace.Span) {
	return r.tracer.Start(ctx, "GET "+route, trace.WithTimestamp(ms(0)), trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
		attribute.String("http.request.method", "GET"), attribute.String("http.route", route), attribute.Int("http.response.status_code", 200)))
}

func stop(s trace.Span, at int) { s.End(trace.WithTimestamp(ms(at))) }

func dbCall(text string) []attribute.KeyValue {
	return []attribute.KeyValue{attribute.String("db.system.name", "postgresql"), attribute.String("db.query.text", text)}
}

// anatomy returns that of the one entry in the slow log.
func (r *rig) anatomy(t *testing.T) *slowlog.Anatomy {
	t.Helper()
	for e := range r.SlowLog().All() {
		if e.Anatomy == nil {
			t.Fatal("the entry has no anatomy")
		}
		return e.Anatomy
	}
	t.Fatal("nothing was kept")
	return nil
}

func TestAnatomyOfASlowRequest(t *testing.T) {
	for _, digest := range []bool{false, true} {
		t.Run(fmt.Sprintf("digest=%v", digest), func(t *testing.T) {
			r := newRig(t)
			if digest {
				r.link.Digest(t0)
			}
			ctx, root := r.startRequest(context.Background(), "/checkout")
			for i := range 20 {
				_, q := r.start(ctx, "query", 10*i, dbCall(fmt.Sprintf("SELECT * FROM users WHERE id = %d", i))...)
				stop(q, 10*i+9)
			}
			cctx, call := r.start(ctx, "GET", 200, attribute.String("http.request.method", "GET"), attribute.String("server.address", "inventory"))
			_, inner := r.start(cctx, "inner", 210)
			stop(inner, 590)
			stop(call, 600)
			stop(root, 610)
			if digest {
				r.link.Digest(t0)
			}
			a := r.anatomy(t)
			if a.Spans != 22 || a.Folded != 20 && a.Folded != 19 || a.Dropped != 0 || a.Orphans != 0 {
				t.Errorf("%d spans, %d folded, %d dropped, %d orphans; want 22, the 20 queries folded, none lost", a.Spans, a.Folded, a.Dropped, a.Orphans)
			}
			if len(a.Findings) == 0 {
				t.Error("no finding about 20 equal queries")
			}
			if r.core.gather.nodes() != 0 {
				t.Errorf("%d spans are still held", r.core.gather.nodes())
			}
		})
	}
}

func TestOrdinaryRequestsLeaveNothing(t *testing.T) {
	r := newRig(t)
	for range 100 {
		ctx, root := r.startRequest(context.Background(), "/")
		for i := range 5 {
			_, c := r.start(ctx, "child", i)
			stop(c, i+1)
		}
		stop(root, 10)
	}
	if n := r.core.gather.nodes(); n != 0 {
		t.Errorf("%d spans are still held", n)
	}
}

func TestTwoRootsOfOneTraceKeepTheirChildrenApart(t *testing.T) {
	r := newRig(t)
	remote := trace.ContextWithRemoteSpanContext(context.Background(), trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{15: 7}, SpanID: trace.SpanID{1}, TraceFlags: trace.FlagsSampled, Remote: true}))
	actx, a := r.startRequest(remote, "/a")
	bctx, b := r.startRequest(remote, "/b")
	_, ac := r.start(actx, "of a", 1)
	_, bc := r.start(bctx, "of b", 1)
	stop(ac, 2)
	stop(bc, 2)
	stop(a, 5) // ordinary
	stop(b, 600)
	an := r.anatomy(t)
	if an.Spans != 1 || len(an.Root.Children) != 1 || an.Root.Children[0].Name != "of b" {
		t.Errorf("anatomy of b is %+v, want its own child alone", an.Root)
	}
	if n := r.core.gather.nodes(); n != 0 {
		t.Errorf("%d spans are still held", n)
	}
}

// Late children beyond those that a request may have are left out, and its anatomy, though it was built before, says how many.
func TestLateChildrenBeyondTheBound(t *testing.T) {
	r := newRig(t)
	r.link.Digest(t0)
	ctx, root := r.startRequest(context.Background(), "/")
	var late []trace.Span
	for range maxPerRequest + 2 {
		_, c := r.start(ctx, "call", 100)
		late = append(late, c)
	}
	for _, c := range late[:maxPerRequest] {
		stop(c, 101)
	}
	stop(root, 600)
	r.link.Digest(ms(600))
	if a := r.anatomy(t); a.Spans != maxPerRequest || a.Dropped != 0 {
		t.Errorf("%d spans, %d left out; want all %d", a.Spans, a.Dropped, maxPerRequest)
	}
	stop(late[maxPerRequest], 700)
	stop(late[maxPerRequest+1], 710)
	r.link.Digest(ms(800))
	if a := r.anatomy(t); a.Spans != maxPerRequest || a.Dropped != 2 || a.DroppedMs != 600+610 {
		t.Errorf("%d spans, %d left out of %v ms; want %d, 2 and 1210", a.Spans, a.Dropped, a.DroppedMs, maxPerRequest)
	}
	if n := r.Stats().HeldLong; n != 2 {
		t.Errorf("%d are counted as beyond the bound, want 2", n)
	}
}

func TestLateChildrenFollow(t *testing.T) {
	r := newRig(t)
	r.link.Digest(t0)
	ctx, root := r.startRequest(context.Background(), "/")
	lctx, late := r.start(ctx, "late", 100)
	stop(root, 600)
	r.link.Digest(ms(600))
	_, later := r.start(lctx, "begun after the root", 650)
	stop(late, 700)
	stop(later, 710)
	r.link.Digest(ms(800))
	if a := r.anatomy(t); a.Spans != 2 || a.Late == 0 {
		t.Errorf("%d spans, %d late; want 2 and some", a.Spans, a.Late)
	}
	// After the window nobody waits for them any more.
	for i := range 3 {
		r.link.Digest(ms(800).Add(time.Minute + time.Duration(i)*time.Second))
	}
	_, tooLate := r.start(ctx, "too late", 900)
	stop(tooLate, 1000)
	if n := r.logged(); n != 1 {
		t.Errorf("%d spans are in the log, want the one that came too late", n)
	}
	for i := range staleSweeps + 3 {
		r.link.Digest(ms(800).Add(time.Duration(i+120) * time.Second))
	}
	if st := r.Stats(); r.core.gather.nodes()+r.logged() != 0 || st.HeldStale != 1 {
		t.Errorf("%d spans are held, %d were stale; want 0 and 1", r.core.gather.nodes()+r.logged(), st.HeldStale)
	}
}

func TestParentsSurviveTheBound(t *testing.T) {
	r := newRig(t)
	ctx, root := r.startRequest(context.Background(), "/")
	pctx, parent := r.start(ctx, "loop", 1)
	for i := range 1000 {
		_, q := r.start(pctx, "query", 1+i/2, dbCall("SELECT 1 FROM t")...)
		stop(q, 2+i/2)
	}
	stop(parent, 550)
	stop(root, 600)
	a := r.anatomy(t)
	if a.Spans != maxPerRequest || a.Dropped != 1001-maxPerRequest || a.Orphans != 0 {
		t.Errorf("%d spans, %d dropped, %d orphans; want %d, %d, 0", a.Spans, a.Dropped, a.Orphans, maxPerRequest, 1001-maxPerRequest)
	}
}

func TestHeldSpansAreBounded(t *testing.T) {
	r := newRig(t)
	for range 2000 { // requests that never end
		ctx, _ := r.startRequest(context.Background(), "/")
		for i := range 10 {
			_, c := r.start(ctx, "child", i)
			stop(c, i+1)
		}
	}
	st := r.Stats()
	const most = maxHeldBytes / minSpanBytes
	if n := r.core.gather.nodes(); n > most || n < most*9/10 || st.Held != int64(n) {
		t.Errorf("%d spans are held, %d by the statistics, want the same, at most %d and about so many", n, st.Held, most)
	}
	if st.HeldBytes < st.Held*minSpanBytes || st.HeldBytes > maxHeldBytes || st.HeldEvicted+st.HeldFull+uint64(st.Held)+uint64(r.logged()) != 20_000 {
		t.Errorf("%d held in %d bytes, %d made room, %d refused; want 20,000 in all", st.Held, st.HeldBytes, st.HeldEvicted, st.HeldFull)
	}
	for i := range staleSweeps + 2 { // of requests that are known to run they are let go after an hour
		r.link.Digest(t0.Add(time.Duration(i) * time.Minute))
	}
	if n := r.core.gather.nodes(); n != 0 {
		t.Errorf("%d spans are held after the sweep, want 0", n)
	}
	r.link.Stop()
}

func TestDependencies(t *testing.T) {
	r := newRig(t)
	ctx, root := r.startRequest(context.Background(), "/")
	for _, attrs := range [][]attribute.KeyValue{
		dbCall("SELECT name FROM users WHERE id = 17"), dbCall("SELECT name FROM users WHERE id = 18"),
		{attribute.String("db.system", "redis"), attribute.String("db.statement", "get session:4711")},
		{attribute.String("http.request.method", "GET"), attribute.String("server.address", "inventory")},
		{attribute.String("rpc.system.name", "grpc")},
		{attribute.String("messaging.system", "kafka")},
		{attribute.String("db.system.name", "mysql"), attribute.String("db.query.summary", "INSERT orders")},
	} {
		_, c := r.start(ctx, "name", 1, attrs...)
		stop(c, 2)
	}
	stop(root, 10)
	got := r.take()
	for _, want := range []string{
		"dependency db postgresql SELECT users", "dependency db redis get", "dependency http GET inventory", "dependency rpc grpc name",
		"dependency messaging kafka name", "dependency db mysql INSERT orders", "http GET /",
	} {
		if got[want] == "" {
			t.Errorf("%q is missing in %v", want, got)
		}
	}
	if got["dependency db postgresql SELECT users"] != "ok=2" || len(got) != 7 {
		t.Errorf("got %v, want the two queries in one row of 7", got)
	}
}

// TestChildrenConcurrentSafe ends children late, twice, never, out of order, in other goroutines.
func TestChildrenConcurrentSafe(t *testing.T) {
	r := newRig(t, WithSlowThreshold(100*time.Millisecond))
	stopDigest := make(chan struct{})
	var ticking sync.WaitGroup
	ticking.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stopDigest:
				return
			default:
				r.link.Digest(time.Now().Add(time.Duration(i) * time.Second))
				r.take()
			}
		}
	})
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(w), 1))
			for i := range 300 {
				ctx, root := r.startRequest(context.Background(), fmt.Sprintf("/%d", i%5))
				var kids sync.WaitGroup
				for range rng.IntN(6) {
					cctx, c := r.start(ctx, "child", 1)
					n := rng.IntN(4)
					kids.Go(func() {
						_, g := r.start(cctx, "grandchild", 2)
						if n != 0 { // 0: never
							stop(g, 3)
							stop(c, 4)
						}
						if n == 1 {
							stop(c, 5)
						}
					})
				}
				if i%2 == 0 {
					kids.Wait()
				}
				stop(root, 1+rng.IntN(200))
				kids.Wait()
			}
		})
	}
	wg.Wait()
	close(stopDigest)
	ticking.Wait()
	for i := range 2 * staleSweeps {
		r.link.Digest(time.Now().Add(time.Hour + time.Duration(i)*time.Second))
	}
	if n := r.core.gather.nodes(); n != 0 {
		t.Errorf("%d spans are held at the end", n)
	}
	if f := r.Stats().Faults; f != 0 {
		t.Errorf("%d faults", f)
	}
}

// nodes counts the spans that are held.
func (g *gatherer) nodes() (n int) {
	for i := range g.shards {
		sh := &g.shards[i]
		sh.mu.Lock()
		for _, li := range sh.all() {
			n += int(sh.lists[li].count)
		}
		sh.mu.Unlock()
	}
	return n
}

func BenchmarkProcessorRequestWithChildren(b *testing.B) {
	for _, children := range []int{0, 5, 200} {
		for _, mode := range []string{"sdk-alone", "anatomy", "no-anatomy"} {
			b.Run(fmt.Sprintf("%d/%s", children, mode), func(b *testing.B) {
				opt := sdktrace.WithSpanProcessor(&grab{})
				if mode != "sdk-alone" {
					p, err := New(nil, WithAnatomy(mode == "anatomy"), WithDependencies(mode == "anatomy"))
					if err != nil {
						b.Fatal(err)
					}
					opt = sdktrace.WithSpanProcessor(p)
				}
				tracer := sdktrace.NewTracerProvider(opt, sdktrace.WithSampler(sdktrace.AlwaysSample())).Tracer("")
				attrs := serverAttrs(1, true)
				b.ReportAllocs()
				for b.Loop() {
					ctx, root := tracer.Start(context.Background(), "GET", trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(attrs...))
					for range children {
						_, c := tracer.Start(ctx, "child")
						c.End()
					}
					root.End()
				}
			})
		}
	}
}

// BenchmarkProcessorTracesInFlight ends a request with three children while 10,000 others are running, each of which has
// children that are held as far as the bound lets them.
func BenchmarkProcessorTracesInFlight(b *testing.B) {
	p, err := New(nil)
	if err != nil {
		b.Fatal(err)
	}
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(p), sdktrace.WithSampler(sdktrace.AlwaysSample())).Tracer("")
	request := func() trace.Span {
		ctx, root := tracer.Start(context.Background(), "GET", trace.WithSpanKind(trace.SpanKindServer))
		for range 3 {
			_, c := tracer.Start(ctx, "child")
			c.End()
		}
		return root
	}
	for range 10_000 {
		request()
	}
	b.ReportAllocs()
	for b.Loop() {
		request().End()
	}
	if p.Stats().HeldEvicted == 0 {
		b.Error("the bound was not reached")
	}
}
