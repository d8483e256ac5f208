// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// TestClippedSpanIsWhole calls every method of the interface: one that clippedSpan lacks would be that of nil.
func TestClippedSpanIsWhole(t *testing.T) {
	original := snapshots(1, true)[0]
	from, to := reflect.ValueOf(original), reflect.ValueOf(clip(original))
	api := reflect.TypeFor[sdktrace.ReadOnlySpan]()
	for m := range api.Methods() {
		if !m.IsExported() {
			continue
		}
		want, got := from.MethodByName(m.Name).Call(nil)[0].Interface(), to.MethodByName(m.Name).Call(nil)[0].Interface()
		if !reflect.DeepEqual(want, got) {
			t.Errorf("%s is %v, want %v", m.Name, got, want)
		}
	}
}

// TestClipCutsTheLong: short texts survive whole, whatever stands before them; what is lost is counted.
func TestClipCutsTheLong(t *testing.T) {
	g := &grab{}
	limits := sdktrace.NewSpanLimits()
	limits.AttributeCountLimit = -1
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(g), sdktrace.WithRawSpanLimits(limits))
	_, s := tp.Tracer("").Start(context.Background(), text(5000))
	for _, key := range []string{"a", "b", "c", "d", "e"} {
		s.SetAttributes(attribute.String(key, strings.Repeat("ä", 50_000)))
	}
	s.SetAttributes(attribute.String("invalid", "\xff"+text(300)), attribute.Int64Slice("numbers", make([]int64, 10_000)), attribute.BoolSlice("few", []bool{true}),
		attribute.String("db.operation.name", "SELECT"), attribute.Int("status", 200))
	for i := range 10 {
		s.AddEvent("exception", trace.WithAttributes(attribute.Int("number", i), attribute.String("exception.type", "E"), attribute.String("exception.stacktrace", text(20_000))))
	}
	s.AddLink(trace.Link{SpanContext: s.SpanContext()})
	s.SetStatus(codes.Error, text(5000))
	s.End()
	c := clip(g.span)
	if n := c.weight(); n > maxSpanBytes {
		t.Errorf("the copy has %d bytes, want at most %d", n, maxSpanBytes)
	}
	set := attribute.NewSet(c.Attributes()...)
	if v, _ := set.Value("db.operation.name"); v.AsString() != "SELECT" {
		t.Error("a short text is gone")
	}
	if v, _ := set.Value("status"); v.AsInt64() != 200 {
		t.Error("a number is gone")
	}
	if v, _ := set.Value("few"); len(v.AsBoolSlice()) != 1 {
		t.Error("a small slice is gone")
	}
	if v, _ := set.Value("e"); len(v.AsString()) < shortText || len(v.AsString()) > maxClipText || strings.Trim(v.AsString(), "ä") != "" {
		t.Errorf("a long text has %d bytes, want whole runes of at least %d and at most %d", len(v.AsString()), shortText, maxClipText)
	}
	if c.DroppedAttributes() != 1 || c.DroppedLinks() != 1 || c.DroppedEvents() != 6 || len(c.Events()) != maxClipEvents {
		t.Errorf("%d attributes, %d links and %d events dropped, %d events left; want 1, 1, 6 and %d", c.DroppedAttributes(), c.DroppedLinks(), c.DroppedEvents(), len(c.Events()), maxClipEvents)
	}
	if info := errorOf(c); info.Type != "E" || c.Events()[3].Attributes[0].Value.AsInt64() != 9 {
		t.Errorf("the last exception is %+v, want the one recorded last", c.Events()[3])
	}
	if st := c.Status(); st.Code != codes.Error || st.Description == "" || len(c.Name()) == 0 {
		t.Errorf("status %v, name %q", st.Code, c.Name())
	}
}

// TestClippedCallsHaveTheirRow: the anatomy names the dependency that a call was measured as, though its statement was cut before
// the table's name.
func TestClippedCallsHaveTheirRow(t *testing.T) {
	r := newRig(t)
	ctx, root := r.startRequest(context.Background(), "/")
	_, c := r.start(ctx, "query", 1, dbCall("SELECT "+strings.Repeat("c, ", 1000)+"c FROM users /* "+text(20<<10)+" */")...)
	stop(c, 2)
	stop(root, 600)
	if call := r.anatomy(t).Root.Children[0]; call.Dependency != "postgresql SELECT users" || len(call.Attributes["db.query.text"]) > 1<<10 {
		t.Errorf("the call is that of %q with %d bytes of statement", call.Dependency, len(call.Attributes["db.query.text"]))
	}
	if got := r.take(); got["dependency db postgresql SELECT users"] != "ok=1" {
		t.Errorf("rows %v", got)
	}
}

// TestRescueOfHeavyCalls: they are exported, with their texts cut and the rest counted as dropped.
func TestRescueOfHeavyCalls(t *testing.T) {
	next := &grabAll{}
	p, err := New(next)
	if err != nil {
		t.Fatal(err)
	}
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(p), sdktrace.WithSampler(p.Sampler(sdktrace.NeverSample())))
	r := &rig{Processor: p, link: p.Link(), tracer: tp.Tracer("test"), tp: tp}
	ctx, root := r.startRequest(context.Background(), "/")
	_, c := r.start(ctx, "query", 1, append(dbCall("SELECT 1"), attribute.String("note", text(1<<20)))...)
	stop(c, 2)
	stop(root, 600)
	if len(next.spans) != 2 {
		t.Fatalf("%d spans exported, want the call and its root", len(next.spans))
	}
	call := next.spans[0]
	set := attribute.NewSet(call.Attributes()...)
	note, _ := set.Value("note")
	if n := len(note.AsString()); !call.SpanContext().IsSampled() || call.Name() != "query" || n != maxClipText || !call.EndTime().Equal(ms(2)) {
		t.Errorf("%s is exported with a note of %d bytes, want %d", call.Name(), n, maxClipText)
	}
}

// grabAll is a processor that keeps all snapshots.
type grabAll struct {
	grab
	spans []sdktrace.ReadOnlySpan
}

func (g *grabAll) OnEnd(s sdktrace.ReadOnlySpan) { g.spans = append(g.spans, s) }

// TestWeighingAllocatesNothing for a span without slices.
func TestWeighingAllocatesNothing(t *testing.T) {
	s := snapshots(1, true)[0]
	state, err := trace.ParseTraceState("a=1,b=2")
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() { weigh(s, s.Name(), s.Attributes(), s.Status(), state) }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

// TestEndedChildIsForgotten: a running request does not keep what its last child carried.
func TestEndedChildIsForgotten(t *testing.T) {
	table := newInFlight(0)
	tp := sdktrace.NewTracerProvider()
	ctx, s := tp.Tracer("").Start(context.Background(), "root")
	_, c := tp.Tracer("").Start(ctx, "child")
	root, child := s.(sdktrace.ReadOnlySpan), c.(sdktrace.ReadOnlySpan)
	id := root.SpanContext().SpanID()
	table.startAs(id, root)
	table.child(id, child)
	slot := func() *inflightSlot { home, _ := table.table.place(id); return &table.table.slots[home] }
	if table.sweep(time.Now()); slot().child == nil {
		t.Error("a child that runs was forgotten")
	}
	c.End()
	table.sweep(time.Now())
	if _, count := table.list(time.Now(), 10); slot().child != nil || count != 1 {
		t.Error("a child that has ended is still kept alive, or its root is gone")
	}
	if table.endAs(id); slot().root != nil {
		t.Error("the root is still in its slot")
	}
}
