// SPDX-License-Identifier: Apache-2.0

//go:build !race

package spikeprocessor

import (
	"context"
	"fmt"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

func TestOnEndAllocatesNothing(t *testing.T) {
	for _, route := range []bool{true, false} {
		t.Run(fmt.Sprintf("route=%v", route), func(t *testing.T) {
			p, err := New(nil)
			if err != nil {
				t.Fatal(err)
			}
			p.Link().MarkRoots(func(trace.SpanID, conventions.Endpoint, time.Duration, bool) {})
			p.Link().TakeDeltas(func(*Delta) {})
			spans := snapshots(100, route)
			run := func() {
				for _, s := range spans {
					p.OnEnd(s)
				}
			}
			for range 700 { // until the recorder has all its buffers
				run()
			}
			if n := testing.AllocsPerRun(100, run); n != 0 {
				t.Errorf("%v allocations for %d spans, want 0", n, len(spans))
			}
			var counted uint64
			p.Link().TakeDeltas(func(d *Delta) { counted += d.Outcomes.Total() })
			if want := uint64(100 * (700 + 101)); counted != want {
				t.Errorf("counted %d spans, want %d", counted, want)
			}
		})
	}
}

// TestExportedSpansCostOneAllocation: what a span that is exported gets is put together by whoever exports it.
func TestExportedSpansCostOneAllocation(t *testing.T) {
	p, err := New(&grab{})
	if err != nil {
		t.Fatal(err)
	}
	span := snapshots(1, true)[0]
	if n := testing.AllocsPerRun(100_000, func() { p.OnEnd(span) }); n != 1 {
		t.Errorf("%v allocations, want 1", n)
	}
}

func TestWholeRequestsAllocateNothingMore(t *testing.T) {
	measure := func(p sdktrace.SpanProcessor) float64 {
		tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(p), sdktrace.WithSampler(sdktrace.AlwaysSample())).Tracer("")
		attrs, call := serverAttrs(1, true), dbCall("SELECT name FROM users")
		request := func() {
			ctx, root := tracer.Start(context.Background(), "GET", trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(attrs...))
			for range 5 {
				_, c := tracer.Start(ctx, "query", trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(call...))
				c.End()
			}
			root.End()
		}
		for range 20_000 { // until logs, shards and maps have their size
			request()
		}
		return testing.AllocsPerRun(2000, request)
	}
	p, err := New(nil)
	if err != nil {
		t.Fatal(err)
	}
	if without, with := measure(&grab{}), measure(p); with > without {
		t.Errorf("a request with five children: %v allocations, %v without us", with, without)
	}
	if n := p.Stats().Faults; n != 0 {
		t.Errorf("%d faults", n)
	}
}

func TestTakeAllocatesNothingForEachEndpoint(t *testing.T) {
	p, err := New(nil)
	if err != nil {
		t.Fatal(err)
	}
	spans := snapshots(100, true)
	var n uint64
	take := func(d *Delta) { n += d.Outcomes.Total() }
	run := func() {
		for _, s := range spans {
			p.OnEnd(s)
		}
		p.Link().TakeDeltas(take)
	}
	for range 50 {
		run()
	}
	// One allocation is Take's closure: it must not depend on the number of endpoints.
	if allocs := testing.AllocsPerRun(50, run); allocs > 2 {
		t.Errorf("%v allocations a tick of %d endpoints", allocs, len(spans))
	}
	if n == 0 {
		t.Error("nothing was taken")
	}
}

func TestInFlightAllocatesNothing(t *testing.T) {
	table, s, id := newInFlight(0), snapshots(1, true)[0], spanID(99)
	if n := testing.AllocsPerRun(100, func() {
		table.startAs(id, s)
		table.child(id, s)
		table.endAs(id)
	}); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
	full, next := newInFlight(0), uint64(0)
	another := func() {
		next++
		full.startAs(spanID(next), s)
	}
	for range 2 * len(full.table.slots) {
		another()
	}
	if n := testing.AllocsPerRun(200, another); n != 0 || full.stats().Dropped == 0 {
		t.Errorf("%v allocations of those that find no slot, want 0; %d dropped", n, full.stats().Dropped)
	}
}

func TestErrorGroupsAllocateNothingOnceTheyExist(t *testing.T) {
	g, e := newErrorGroups(), testEntries(1)[0]
	run := func() { g.add(e, "type", "a message", "a stack", failedAt(1, true)) }
	run()
	if n := testing.AllocsPerRun(100, run); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}
