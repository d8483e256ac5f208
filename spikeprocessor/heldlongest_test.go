// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/slowlog"
)

// TestTheLongestChildrenAreHeld: of a request with more children than are held, the one that it waited for is.
func TestTheLongestChildrenAreHeld(t *testing.T) {
	for _, short := range []int{10, maxPerRequest, 300, 2000} {
		r := newRig(t)
		ctx, root := r.startRequest(context.Background(), "/")
		for i := range short {
			_, q := r.start(ctx, "query", i/10, dbCall(fmt.Sprintf("SELECT 1 FROM t%d", i))...)
			stop(q, i/10)
		}
		_, slow := r.start(ctx, "query", 300, dbCall("SELECT culprit FROM slow")...)
		stop(slow, 1800)
		for range 300 {
			_, q := r.start(ctx, "query", 1800, dbCall("SELECT 1 FROM after")...)
			stop(q, 1801)
		}
		stop(root, 1810)
		a := r.anatomy(t)
		if text := a.Findings[0].Text; text != "1500 of 1810 ms in SELECT slow" {
			t.Errorf("after %d short ones the first finding is %q", short, text)
		}
		if a.Spans != maxPerRequest || a.Spans+a.Dropped != short+301 || a.DroppedMs > 301 || a.Breakdown[slowlog.DB] < 1500 {
			t.Errorf("%d spans, %d dropped of %v ms, %v; want %d in all", a.Spans, a.Dropped, a.DroppedMs, a.Breakdown, short+301)
		}
		if n := r.core.gather.nodes(); n != 0 {
			t.Errorf("%d spans are still held", n)
		}
	}
}

// TestParentsMakeRoomForLongerCalls: also where only spans are held that have children, of which none is held any more.
func TestParentsMakeRoomForLongerCalls(t *testing.T) {
	r := newRig(t)
	ctx, root := r.startRequest(context.Background(), "/")
	for range 1000 {
		pctx, parent := r.start(ctx, "each", 1)
		_, q := r.start(pctx, "query", 1, dbCall("SELECT 1 FROM t")...)
		stop(q, 1)
		stop(parent, 2)
	}
	_, slow := r.start(ctx, "query", 100, dbCall("SELECT culprit FROM slow")...)
	stop(slow, 1600)
	stop(root, 1610)
	a := r.anatomy(t)
	if text := a.Findings[0].Text; text != "1500 of 1610 ms in SELECT slow" || a.Orphans != 0 {
		t.Errorf("the first finding is %q, and %d are orphans", text, a.Orphans)
	}
}

// TestMoreCallsThanAreHeld: their number and their time are those of the ones held at least, and what is left is not blamed on own code.
func TestMoreCallsThanAreHeld(t *testing.T) {
	r := newRig(t)
	ctx, root := r.startRequest(context.Background(), "/")
	for i := range 2000 {
		_, q := r.start(ctx, "query", i, dbCall("SELECT 1 FROM t")...)
		stop(q, i+1)
	}
	stop(root, 2010)
	a := r.anatomy(t)
	var all []string
	for _, f := range a.Findings {
		all = append(all, f.Text)
	}
	want := []string{
		"1744 child spans beyond the bounds: they took 1744 ms together, and times in the tree may belong to them",
		"at least 256 calls of SELECT t, of 2000 child spans, took at least 256 of 2010 ms",
	}
	if !slices.Equal(all, want) || a.Breakdown[slowlog.Own] != 10 {
		t.Errorf("findings %q, %v ms of own code; want %q and 10", all, a.Breakdown[slowlog.Own], want)
	}
}

// TestLongestAreRescued: what an unsampled request waited for is exported with it.
func TestLongestAreRescued(t *testing.T) {
	r := newSampledRig(t, sdktrace.NeverSample())
	ctx, root := r.startRequest(context.Background(), "/")
	for range 2 * maxPerRequest {
		_, q := r.start(ctx, "short", 1, dbCall("SELECT 1")...)
		stop(q, 2)
	}
	_, slow := r.start(ctx, "culprit", 10, dbCall("SELECT 2")...)
	stop(slow, 700)
	stop(root, 710)
	sent := r.sent.Ended()
	if !slices.ContainsFunc(sent, func(s sdktrace.ReadOnlySpan) bool { return s.Name() == "culprit" }) {
		t.Errorf("exported: %d spans without the longest", len(sent))
	}
}

// TestChildrenThatTheSamplerLeftOut: nothing is said of own code where the mode kept children from being recorded.
func TestChildrenThatTheSamplerLeftOut(t *testing.T) {
	for _, mode := range []SamplerMode{RecordRoots, RecordSuspects} {
		r := newSampledRig(t, sdktrace.NeverSample(), WithSamplerMode(mode))
		ctx, root := r.startRequest(context.Background(), "/")
		for i := range 30 {
			_, q := r.start(ctx, "query", i*20, dbCall("SELECT 1")...)
			stop(q, i*20+20)
		}
		stop(root, 610)
		a := r.anatomy(t)
		if _, own := a.Breakdown[slowlog.Own]; own || a.Unrecorded != 30 || len(a.Findings) != 1 || !strings.Contains(a.Findings[0].Text, "30 child spans not recorded (sampler mode") {
			t.Errorf("mode %d: %d not recorded, %v, %+v", mode, a.Unrecorded, a.Breakdown, a.Findings)
		}
	}
	r := newSampledRig(t, sdktrace.NeverSample(), WithSamplerMode(RecordRoots))
	_, root := r.startRequest(context.Background(), "/")
	stop(root, 610)
	if a := r.anatomy(t); a.Unrecorded != 0 || a.Breakdown[slowlog.Own] != 610 {
		t.Errorf("without children: %d not recorded, %v; want all as own time", a.Unrecorded, a.Breakdown)
	}
}

// fixedIDs makes the same span id in any trace.
type fixedIDs byte

func (f fixedIDs) NewIDs(context.Context) (trace.TraceID, trace.SpanID) {
	return trace.TraceID{15: byte(f)}, trace.SpanID{7: 9}
}

func (f fixedIDs) NewSpanID(context.Context, trace.TraceID) trace.SpanID { return trace.SpanID{7: 77} }

// TestSameIDInTwoTraces: a child is not one of the request of the same id in another trace.
func TestSameIDInTwoTraces(t *testing.T) {
	r := newRig(t)
	span := func(traceID byte) trace.Span {
		tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(r.Processor), sdktrace.WithIDGenerator(fixedIDs(traceID)))
		_, s := tp.Tracer("test").Start(context.Background(), "GET /")
		return s
	}
	one, two := span(1), span(2)
	_, c := r.tracer.Start(trace.ContextWithSpan(context.Background(), two), "of two")
	list, count := r.link.Active(ms(0), 10)
	if count != 2 {
		t.Errorf("%d requests run, want 2", count)
	}
	for _, q := range list {
		if q.TraceID == one.SpanContext().TraceID() && q.In != "" {
			t.Errorf("the request of the other trace is in %q", q.In)
		}
	}
	c.End()
	one.End()
	two.End()
}
