// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// newSampledRig is a rig whose sampler stands in ours.
func newSampledRig(t *testing.T, root sdktrace.Sampler, opts ...Option) *rig {
	t.Helper()
	r := newRig(t, opts...)
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(r.Processor), sdktrace.WithSampler(r.Sampler(root)))
	r.tracer, r.tp = tp.Tracer("test"), tp
	return r
}

// request is one with three children, the last of them below the second.
func (r *rig) request(route string, status, took int) {
	ctx, root := r.tracer.Start(context.Background(), "GET "+route, trace.WithTimestamp(ms(0)), trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
		attribute.String("http.request.method", "GET"), attribute.String("http.route", route), attribute.Int("http.response.status_code", status)))
	_, a := r.start(ctx, "a", 1)
	stop(a, 2)
	bctx, b := r.start(ctx, "b", 3)
	_, c := r.start(bctx, "c", 4)
	stop(c, 5)
	stop(b, 6)
	stop(root, took)
}

func attr(s sdktrace.ReadOnlySpan, key attribute.Key) (attribute.Value, bool) {
	for _, kv := range s.Attributes() {
		if kv.Key == key {
			return kv.Value, true
		}
	}
	return attribute.Value{}, false
}

func TestSlowAndFailedAreRescuedWhole(t *testing.T) {
	r := newSampledRig(t, sdktrace.NeverSample(), WithRescue(1000, 10000))
	const total, slow, failed = 10_000, 37, 11
	for i := range total {
		switch {
		case i%270 == 5 && i/270 < slow:
			r.request("/slow", 200, 600)
		case i%900 == 7 && i/900 < failed:
			r.request("/failed", 500, 10)
		default:
			r.request("/", 200, 10)
		}
	}
	got := map[trace.TraceID]int{}
	reasons := map[string]int{}
	for _, s := range r.sent.Ended() {
		if !s.SpanContext().IsSampled() {
			t.Fatalf("span %s arrives unsampled", s.Name())
		}
		got[s.SpanContext().TraceID()]++
		if v, ok := attr(s, conventions.RescueReasonKey); ok {
			reasons[v.AsString()]++
		}
	}
	if len(got) != slow+failed || reasons[rescueSlow] != slow || reasons[rescueFailed] != failed {
		t.Errorf("%d traces arrive, reasons %v; want %d slow and %d failed", len(got), reasons, slow, failed)
	}
	for id, n := range got {
		if n != 4 {
			t.Errorf("trace %s arrives with %d of its 4 spans", id, n)
		}
	}
	if got := r.take(); got["http GET /"] != fmt.Sprintf("ok=%d", total-slow-failed) {
		t.Errorf("counted %v", got)
	}
}

func TestSampledTracesAreNeverSentTwice(t *testing.T) {
	r := newSampledRig(t, sdktrace.TraceIDRatioBased(0.5), WithRescue(1000, 10000))
	for range 1000 {
		r.request("/slow", 200, 600)
	}
	seen := map[trace.SpanID]bool{}
	traces := map[trace.TraceID]bool{}
	rescued := 0
	for _, s := range r.sent.Ended() {
		if seen[s.SpanContext().SpanID()] {
			t.Fatalf("span %s arrives twice", s.Name())
		}
		seen[s.SpanContext().SpanID()], traces[s.SpanContext().TraceID()] = true, true
		if _, ok := attr(s, conventions.RescuedKey); ok {
			rescued++
		}
	}
	if len(seen) != 4000 || len(traces) != 1000 {
		t.Errorf("%d spans of %d traces arrive, want 4000 of 1000", len(seen), len(traces))
	}
	if st := r.Stats(); st.Rescued[rescueSlow] != uint64(rescued) || rescued < 400 || rescued > 600 {
		t.Errorf("%d roots are marked as rescued, the count is %d; want about half", rescued, st.Rescued[rescueSlow])
	}
}

func TestRescueBudgetHoldsInAFlood(t *testing.T) {
	r := newSampledRig(t, sdktrace.NeverSample())
	for range 5000 {
		r.request("/slow", 200, 600)
	}
	st := r.Stats()
	roots := 0
	for _, s := range r.sent.Ended() {
		if _, ok := attr(s, conventions.RescuedKey); ok {
			roots++
		}
	}
	if roots != defaultRescueBurst || st.Rescued[rescueSlow]+st.RescueRefused != 5000 {
		t.Errorf("%d were rescued, counts %v + %d refused; want %d, and 5000 in all", roots, st.Rescued, st.RescueRefused, defaultRescueBurst)
	}
}

func TestLateChildrenOfARescuedRootFollow(t *testing.T) {
	r := newSampledRig(t, sdktrace.NeverSample())
	ctx, root := r.startRequest(context.Background(), "/")
	lctx, late := r.start(ctx, "late", 100)
	stop(root, 600)
	_, later := r.start(lctx, "later", 610)
	stop(later, 620)
	stop(late, 700)
	var names strings.Builder
	for _, s := range r.sent.Ended() {
		names.WriteString(s.Name() + ",")
	}
	if names.String() != "GET /,late," && names.String() != "GET /,later,late," {
		t.Errorf("arrived: %s", names.String())
	}
}

func TestModesOfTheSampler(t *testing.T) {
	for _, tt := range []struct {
		mode  SamplerMode
		first int // spans of the first slow request that arrive
		then  int // of one after it
	}{{RecordAll, 4, 4}, {RecordRoots, 1, 1}, {RecordSuspects, 1, 4}} {
		r := newSampledRig(t, sdktrace.NeverSample(), WithSamplerMode(tt.mode))
		now := time.Now()
		slow := func() int {
			before := len(r.sent.Ended())
			ctx, root := r.tracer.Start(context.Background(), "GET /", trace.WithTimestamp(now), trace.WithSpanKind(trace.SpanKindServer))
			_, a := r.tracer.Start(ctx, "a")
			a.End()
			bctx, b := r.tracer.Start(ctx, "b")
			_, c := r.tracer.Start(bctx, "c")
			c.End()
			b.End()
			root.End(trace.WithTimestamp(now.Add(time.Second)))
			return len(r.sent.Ended()) - before
		}
		if first, then := slow(), slow(); first != tt.first || then != tt.then {
			t.Errorf("mode %d: %d and %d spans arrive, want %d and %d", tt.mode, first, then, tt.first, tt.then)
		}
	}
}

func TestTheUsersRecordOnlyDecisionStands(t *testing.T) {
	r := newSampledRig(t, recordOnly{})
	r.request("/slow", 200, 600)
	if n := len(r.sent.Ended()); n != 4 {
		t.Fatalf("%d spans arrive, want the 4 that would arrive without us", n)
	}
	for _, s := range r.sent.Ended() {
		if s.SpanContext().IsSampled() {
			t.Errorf("span %s became sampled", s.Name())
		}
	}
}

type recordOnly struct{}

func (recordOnly) ShouldSample(sdktrace.SamplingParameters) sdktrace.SamplingResult {
	return sdktrace.SamplingResult{Decision: sdktrace.RecordOnly}
}
func (recordOnly) Description() string { return "recordOnly" }

func TestSamplingThresholdLeavesRescuedSpans(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "ot=th:8": "", "ot=rv:abcdefabcdefab;th:8": "ot=rv:abcdefabcdefab", "ot=th:c;rv:abcdefabcdefab,v=1": "ot=rv:abcdefabcdefab,v=1",
		"ot=rv:abcdefabcdefab,v=1": "ot=rv:abcdefabcdefab,v=1",
	} {
		state, err := trace.ParseTraceState(in)
		if err != nil {
			t.Fatal(err)
		}
		const random = trace.TraceFlags(2)
		got := sampled(trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}, TraceFlags: random, TraceState: state}))
		if got.TraceState().String() != want || got.TraceFlags() != random|trace.FlagsSampled {
			t.Errorf("%q became %q with flags %v, want %q and both flags", in, got.TraceState(), got.TraceFlags(), want)
		}
	}
}

func TestEnrichmentChangesNothingElse(t *testing.T) {
	before, after := tracetest.NewSpanRecorder(), tracetest.NewSpanRecorder()
	p, err := New(after)
	if err != nil {
		t.Fatal(err)
	}
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(before), sdktrace.WithSpanProcessor(p), sdktrace.WithRawSpanLimits(sdktrace.SpanLimits{
		AttributeCountLimit: 5, EventCountLimit: 2, LinkCountLimit: 1, AttributeValueLengthLimit: -1, AttributePerEventCountLimit: 1, AttributePerLinkCountLimit: 1}))
	link := trace.Link{SpanContext: trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{9}, SpanID: trace.SpanID{9}})}
	_, s := tp.Tracer("scope", trace.WithInstrumentationVersion("1")).Start(context.Background(), "GET /x", trace.WithSpanKind(trace.SpanKindServer), trace.WithLinks(link, link))
	for i := range 4 {
		s.AddEvent(fmt.Sprint("event", i), trace.WithAttributes(attribute.Int("a", 1), attribute.Int("b", 2)))
		s.SetAttributes(attribute.Int(fmt.Sprint("k", i), i))
	}
	s.SetAttributes(attribute.String("http.request.method", "GET"), attribute.Int("http.response.status_code", 200))
	s.End(trace.WithTimestamp(time.Now().Add(time.Minute)))
	a, b := tracetest.SpanStubFromReadOnlySpan(before.Ended()[0]), tracetest.SpanStubFromReadOnlySpan(after.Ended()[0])
	if len(b.Attributes) <= len(a.Attributes) {
		t.Errorf("attributes %v, want more than %v", b.Attributes, a.Attributes)
	}
	if v, _ := attr(after.Ended()[0], conventions.SlowKey); !v.AsBool() {
		t.Error("a request of a minute is not marked as slow")
	}
	b.Attributes = b.Attributes[:len(a.Attributes)]
	if fmt.Sprintf("%+v", a) != fmt.Sprintf("%+v", b) {
		t.Errorf("enrichment changed more than attributes:\n%+v\n%+v", a, b)
	}
}

func TestEnrichmentTellsWhatIsKnown(t *testing.T) {
	r := newRig(t)
	r.http("GET", "/x", 200, time.Millisecond)
	r.link.Publish(conventions.Endpoint{Method: "GET", Route: "/x"}, EndpointState{BaselineP99: 20 * time.Millisecond, SpikeID: "s1", SpikeThreshold: 20 * time.Millisecond})
	r.span("GET /x", trace.SpanKindServer, 60*time.Millisecond, attribute.String("http.request.method", "GET"), attribute.Int("http.response.status_code", 200))
	s := r.sent.Ended()[1]
	for key, want := range map[attribute.Key]string{
		"http.route": "/x", conventions.OutcomeKey: "ok", conventions.BaselineP99Key: "0.02", conventions.BaselineRatioKey: "3", conventions.SpikeIDKey: "s1",
	} {
		if v, ok := attr(s, key); !ok || v.String() != want {
			t.Errorf("%s = %q, want %q", key, v.String(), want)
		}
	}
	if _, ok := attr(s, conventions.SlowKey); ok {
		t.Error("a request of 60 ms is marked as slow")
	}
}

func TestEnrichmentCanBeSwitchedOff(t *testing.T) {
	for _, opt := range []Option{WithoutEnrichment(), WithoutEnrichment(conventions.OutcomeKey, "http.route", conventions.SlowKey, conventions.BaselineP99Key, conventions.SpikeIDKey)} {
		r := newRig(t, opt)
		r.span("GET /x", trace.SpanKindServer, time.Minute, attribute.String("http.request.method", "GET"), attribute.Int("http.response.status_code", 200))
		if got := r.sent.Ended()[0].Attributes(); len(got) != 2 {
			t.Errorf("attributes %v, want the two of the span", got)
		}
	}
}

func TestRescuedSpansAreMarkedWithoutEnrichment(t *testing.T) {
	r := newSampledRig(t, sdktrace.NeverSample(), WithoutEnrichment())
	r.request("/x", 500, 10)
	root := r.sent.Ended()[3]
	if v, _ := attr(root, conventions.RescueReasonKey); v.AsString() != rescueFailed {
		t.Errorf("attributes %v, want a reason for the rescue", root.Attributes())
	}
	if _, ok := attr(root, conventions.OutcomeKey); ok {
		t.Errorf("attributes %v, want nothing else to be added", root.Attributes())
	}
}

// TestEnrichmentIsReadByManyAtOnce has several exporters ask for the attributes, which are put together for the first of them.
func TestEnrichmentIsReadByManyAtOnce(t *testing.T) {
	r := newRig(t)
	r.http("GET", "/x", 200, time.Millisecond)
	s := r.sent.Ended()[0]
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if v, ok := attr(s, conventions.OutcomeKey); !ok || v.AsString() != "ok" {
				t.Errorf("attributes %v, want an outcome", s.Attributes())
			}
		})
	}
	wg.Wait()
	if a, b := s.Attributes(), s.Attributes(); &a[0] != &b[0] {
		t.Error("the attributes are put together anew each time")
	}
}

// nameless panics where an attribute is made of the name.
type nameless struct{ sdktrace.ReadOnlySpan }

func (nameless) Name() string { panic("broken") }

func TestAFaultInEnrichmentLeavesTheAttributes(t *testing.T) {
	r := newRig(t)
	r.http("GET", "/x", 200, time.Millisecond)
	broken := r.sent.Ended()[0].(*enriched)
	broken = &enriched{ReadOnlySpan: nameless{broken.ReadOnlySpan}, core: broken.core}
	if got, want := len(broken.Attributes()), len(broken.ReadOnlySpan.Attributes()); got != want || r.Stats().Faults != 1 {
		t.Errorf("%d attributes, %d faults; want %d as they were, and 1", got, r.Stats().Faults, want)
	}
}

func TestExemplarsLeadToExportedTraces(t *testing.T) {
	r := newSampledRig(t, sdktrace.TraceIDRatioBased(0.5), WithRescue(1, 2))
	for range 50 {
		now := time.Now()
		_, root := r.tracer.Start(context.Background(), "GET /", trace.WithTimestamp(now.Add(-time.Second)), trace.WithSpanKind(trace.SpanKindServer))
		root.End(trace.WithTimestamp(now))
	}
	exported := map[trace.TraceID]bool{}
	for _, s := range r.sent.Ended() {
		exported[s.SpanContext().TraceID()] = true
	}
	sms, err := r.Produce(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found := sms[0].Metrics[0].Data.(metricdata.ExponentialHistogram[float64]).DataPoints[0].Exemplars
	if len(found) == 0 || len(found) > maxExemplars {
		t.Fatalf("%d exemplars, want 1 to %d", len(found), maxExemplars)
	}
	for _, e := range found {
		if !exported[trace.TraceID(e.TraceID)] {
			t.Errorf("exemplar %x was never exported", e.TraceID)
		}
	}
}
