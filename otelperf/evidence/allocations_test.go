// SPDX-License-Identifier: Apache-2.0

//go:build !race

package evidence

import (
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

func TestMarkAllocatesNothing(t *testing.T) {
	f := newFlight()
	if err := f.Start(); err != nil {
		t.Fatal(err)
	}
	defer f.Stop()
	m := marks{enough: make(chan struct{}, 1)}
	mark := func() {
		m.mark(trace.SpanID{1, 2, 3}, conventions.Endpoint{Method: "GET", Route: "/cart/{id}"}, 123*time.Millisecond, true)
	}
	mark()
	if n := testing.AllocsPerRun(1000, mark); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
	if m.slow.Load() < 1000 {
		t.Errorf("%d slow requests were counted", m.slow.Load())
	}
}

// TestRequestsAllocateNothing, whether they are recorded or not.
func TestRequestsAllocateNothing(t *testing.T) {
	p, err := spikeprocessor.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	p.Link().TakeDeltas(func(*spikeprocessor.Delta) {})
	start := time.Now()
	span := tracetest.SpanStub{
		Name: "GET /cart", SpanKind: trace.SpanKindServer, StartTime: start, EndTime: start.Add(time.Millisecond),
		SpanContext: trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}, TraceFlags: trace.FlagsSampled}),
		Attributes:  []attribute.KeyValue{attribute.String("http.request.method", "GET"), attribute.String("http.route", "/cart"), attribute.Int("http.response.status_code", 200)},
	}.Snapshot()
	request := func() { p.OnEnd(span) }
	for range 70_000 { // until all buffers are there
		request()
	}
	r := New()
	if err := r.Start(p.Link().MarkRoots); err != nil {
		t.Fatal(err)
	}
	check := func(when string) {
		t.Helper()
		least := testing.AllocsPerRun(2000, request)
		for range 4 { // the runtime allocates for itself now and then
			least = min(least, testing.AllocsPerRun(2000, request))
		}
		if least != 0 {
			t.Errorf("%s: %v allocations a request, want 0", when, least)
		}
	}
	check("before a recording")
	if err := r.Record("", longest); err != nil {
		t.Fatal(err)
	}
	testrig.Eventually(t, "requests are marked", func() bool { return r.marks.since.Load() != 0 })
	check("in a recording")
	if err := r.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	check("afterwards")
}

// BenchmarkMark is what a request costs while it is recorded, besides the runtime's own events.
func BenchmarkMark(b *testing.B) {
	f := newFlight()
	if err := f.Start(); err != nil {
		b.Fatal(err)
	}
	defer f.Stop()
	m := marks{enough: make(chan struct{}, 1)}
	for b.Loop() {
		m.mark(trace.SpanID{1, 2, 3}, conventions.Endpoint{Method: "GET", Route: "/cart/{id}"}, 123*time.Millisecond, false)
	}
}
