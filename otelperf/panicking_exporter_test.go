// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
)

// panickyExporter panics at spans of a name.
type panickyExporter struct {
	*tracetest.InMemoryExporter
	at string
}

func (e panickyExporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	for _, s := range spans {
		if s.Name() == e.at {
			panic("a fault of the program's exporter")
		}
	}
	return e.InMemoryExporter.ExportSpans(ctx, spans)
}

// A panic of the program's exporter reaches who ended the span, whichever way the span came to it, and is no fault of ours.
func TestExporterThatPanics(t *testing.T) {
	for _, sampled := range []bool{true, false} {
		for _, at := range []string{"request", "step", "late step"} {
			mon := newMonitor(t)
			root := sdktrace.NeverSample()
			if sampled {
				root = sdktrace.AlwaysSample()
			}
			next := sdktrace.NewSimpleSpanProcessor(panickyExporter{tracetest.NewInMemoryExporter(), at})
			tp := sdktrace.NewTracerProvider(sdktrace.WithSampler(mon.Sampler(root)), sdktrace.WithSpanProcessor(mon.SpanProcessor(next)))
			panics := 0
			end := func(s trace.Span) {
				defer func() {
					if recover() != nil {
						panics++
					}
				}()
				s.End()
			}
			const requests = 3
			for range requests {
				ctx, request := tp.Tracer("test").Start(t.Context(), "request", trace.WithSpanKind(trace.SpanKindServer))
				_, step := tp.Tracer("test").Start(ctx, "step")
				_, late := tp.Tracer("test").Start(ctx, "late step")
				request.SetStatus(codes.Error, "failed")
				end(step)
				end(request)
				end(late)
			}
			d := mon.Diagnostics()
			if panics != requests || d.Processor.Faults != 0 || d.Faults != 0 {
				t.Errorf("sampled %v, at the %s: %d panics reached the program, %d are taken for faults of ours; want %d and 0",
					sampled, at, panics, d.Processor.Faults+d.Faults, requests)
			}
			if got := rowsOf(mon); got != "server request server_error=3" {
				t.Errorf("sampled %v, at the %s: counted %s", sampled, at, got)
			}
		}
	}
}

// A function of WithOnKeep that panics ends no request: it only observes. It is counted, and in diagnostics.
func TestOnKeepThatPanics(t *testing.T) {
	mon := newMonitor(t, otelperf.WithProcessorOptions(spikeprocessor.WithOnKeep(func(*slowlog.Entry) { panic("a fault of the program's hook") })))
	p := newProvider(mon)
	if w := testrig.Call(p.server, http.MethodGet, "/fail"); w.Code != http.StatusBadGateway {
		t.Errorf("the reply is %d", w.Code)
	}
	d := mon.Diagnostics()
	if d.Processor.HookPanics != 1 || d.Processor.Faults != 0 || !strings.Contains(strings.Join(d.Hints, "\n"), "WithOnKeep has panicked 1 times") {
		t.Errorf("%d panics of hooks and %d faults counted, hints %q", d.Processor.HookPanics, d.Processor.Faults, d.Hints)
	}
}

// faultySpan makes a fault in the processor.
type faultySpan struct{ sdktrace.ReadOnlySpan }

func (faultySpan) SpanKind() trace.SpanKind         { panic("a fault of ours") }
func (faultySpan) Attributes() []attribute.KeyValue { return nil }

// After a thousand faults of ours the counting ends, and this is reported, in health and in diagnostics. Spans are handed on.
func TestCountingThatGivesUp(t *testing.T) {
	var mu sync.Mutex
	var reports []string
	old := otel.GetErrorHandler()
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		mu.Lock()
		defer mu.Unlock()
		reports = append(reports, err.Error())
	}))
	defer otel.SetErrorHandler(old)
	mon := newMonitor(t)
	p := newProvider(mon)
	testrig.Call(p.server, http.MethodGet, "/users/1")
	faulty := faultySpan{p.ended.Ended()[0]}
	const enough = 1000
	for range enough - 1 {
		p.processor.OnEnd(faulty)
	}
	testrig.Call(p.server, http.MethodGet, "/users/1")
	if c := healthCheck(t, mon, "counting"); c.Status != "pass" || rowsOf(mon) != "GET /users/{id} ok=2" {
		t.Errorf("before the last fault health is %+v, counted %s", c, rowsOf(mon))
	}
	if c := healthCheck(t, mon, "faults"); c.Status != "warn" {
		t.Errorf("with faults health is %+v", c)
	}
	p.processor.OnEnd(faulty)
	testrig.Call(p.server, http.MethodGet, "/users/1")
	if c := healthCheck(t, mon, "counting"); c.Status != "warn" || !strings.Contains(c.Detail, "1000 faults") || rowsOf(mon) != "GET /users/{id} ok=2" {
		t.Errorf("after the last fault health is %+v, counted %s", c, rowsOf(mon))
	}
	if hints := strings.Join(mon.Diagnostics().Hints, "\n"); !strings.Contains(hints, "not counted since there were 1000 faults") {
		t.Errorf("the hints are %s", hints)
	}
	if n := len(p.ended.Ended()); n != 3+enough {
		t.Errorf("the program's processor has %d spans, want %d", n, 3+enough)
	}
	testrig.Eventually(t, "a report of a fault and of the end", func() bool {
		mu.Lock()
		defer mu.Unlock()
		all := strings.Join(reports, "\n")
		return strings.Contains(all, "recovered in the span processor: a fault of ours\ngoroutine") && strings.Contains(all, "not counted any more")
	})
}
