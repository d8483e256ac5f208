// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// callCounter adds up what TakeDeltas says of calls.
type callCounter struct {
	p     *Processor
	calls uint64
}

func (c *callCounter) take() uint64 {
	c.p.Link().TakeDeltas(func(d *Delta) {
		if d.Endpoint.Kind == conventions.KindDependency {
			c.calls += d.Outcomes.Total()
			_ = c.p.Stats() // nobody who holds spans waits for whoever asks
		}
	})
	return c.calls
}

// TestCallsAreCountedConcurrentSafe has requests with direct and nested calls beside somebody who asks all the time: every call that ended
// before the question is in the answer, and each is there once.
func TestCallsAreCountedConcurrentSafe(t *testing.T) {
	p, err := New(nil)
	if err != nil {
		t.Fatal(err)
	}
	counter := &callCounter{p: p}
	counter.take()
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(p), sdktrace.WithSampler(sdktrace.AlwaysSample())).Tracer("")
	var ended atomic.Uint64
	call := func(ctx context.Context) context.Context {
		ctx, s := tracer.Start(ctx, "query", trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(dbCall("SELECT name FROM users")...))
		s.End()
		ended.Add(1)
		return ctx
	}
	const goroutines, requests, calls = 6, 400, 8
	var serving, asking sync.WaitGroup
	var stop atomic.Bool
	asking.Go(func() {
		for !stop.Load() {
			before := ended.Load()
			if got := counter.take(); got < before {
				t.Errorf("%d calls are counted when %d had ended", got, before)
				return
			}
			p.Link().Digest(time.Now())
		}
	})
	for range goroutines {
		serving.Go(func() {
			for range requests {
				ctx, root := tracer.Start(context.Background(), "GET /", trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(serverAttrs(1, true)...))
				for range calls / 2 {
					call(call(ctx))
				}
				root.End()
			}
		})
	}
	serving.Wait()
	stop.Store(true)
	asking.Wait()
	if got := counter.take(); got != goroutines*requests*calls {
		t.Errorf("%d calls are counted, want %d", got, goroutines*requests*calls)
	}
	if st := p.Stats(); st.Held != 0 || st.Faults != 0 {
		t.Errorf("%d spans are held at the end, %d faults", st.Held, st.Faults)
	}
}

// TestCallIsCountedAtOnce asks after each call.
func TestCallIsCountedAtOnce(t *testing.T) {
	r := newBoundsRig(t)
	counter := &callCounter{p: r.Processor}
	counter.take()
	ctx, root := r.request("/")
	for i := range uint64(3 * logBlock) {
		_, s := r.start(ctx, "query", trace.SpanKindClient, dbCall("SELECT name FROM users")...)
		s.End(trace.WithTimestamp(ms(1)))
		if got := counter.take(); got != i+1 {
			t.Fatalf("%d calls are counted, want %d", got, i+1)
		}
	}
	root.End(trace.WithTimestamp(ms(2)))
	r.Link().Stop()
	if got := counter.take(); got != 3*logBlock {
		t.Errorf("%d calls are counted at the end, want %d", got, 3*logBlock)
	}
}

// TestRanksComeAndGo: lists are ranked while somebody may have to make room, and no longer.
func TestRanksComeAndGo(t *testing.T) {
	r := newBoundsRig(t)
	g := &r.core.gather
	for range 2 {
		var open []trace.Span
		for range 40 {
			ctx, root := r.request("/busy")
			open = append(open, root)
			r.work(ctx, 400)
		}
		g.check(t)
		if !g.ranked.Load() || g.top.Load() == 0 {
			t.Error("the bound was reached, and lists are not ranked")
		}
		for _, root := range open {
			root.End(trace.WithTimestamp(ms(1)))
		}
		r.tick()
		g.check(t)
		for i := range g.shards {
			if sh := &g.shards[i]; sh.ranked || sh.mask.Load() != 0 || sh.oldest.Load() != 0 {
				t.Error("nobody has to make room, and lists are ranked")
			}
		}
		ctx, root := r.request("/")
		r.work(ctx, 30)
		g.check(t)
		root.End(trace.WithTimestamp(ms(1)))
	}
}
