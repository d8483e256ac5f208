// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf"
)

// Two processors of a Monitor on one provider count each request once, and health says that there are two. When the first one goes, the
// second one counts, as where a program makes its pipeline anew.
func TestTwoProcessorsOnOneProvider(t *testing.T) {
	for about, register := range map[string]func(tp *sdktrace.TracerProvider, first, second sdktrace.SpanProcessor, outer func(sdktrace.SpanProcessor) sdktrace.SpanProcessor) (gone sdktrace.SpanProcessor){
		"beside": func(tp *sdktrace.TracerProvider, first, second sdktrace.SpanProcessor, _ func(sdktrace.SpanProcessor) sdktrace.SpanProcessor) sdktrace.SpanProcessor {
			tp.RegisterSpanProcessor(first)
			tp.RegisterSpanProcessor(second)
			return first
		},
		"inside": func(tp *sdktrace.TracerProvider, _, second sdktrace.SpanProcessor, outer func(sdktrace.SpanProcessor) sdktrace.SpanProcessor) sdktrace.SpanProcessor {
			tp.RegisterSpanProcessor(outer(second))
			return nil
		},
	} {
		t.Run(about, func(t *testing.T) {
			mon := newMonitor(t)
			tp := sdktrace.NewTracerProvider(sdktrace.WithSampler(mon.Sampler(sdktrace.TraceIDRatioBased(0.5))))
			exported := tracetest.NewInMemoryExporter()
			gone := register(tp, mon.SpanProcessor(nil), mon.SpanProcessor(sdktrace.NewSimpleSpanProcessor(exported)), mon.SpanProcessor)
			mux := http.NewServeMux()
			mux.HandleFunc("GET /a/{id}", func(_ http.ResponseWriter, r *http.Request) {
				_, s := tp.Tracer("test").Start(r.Context(), "part")
				s.End()
			})
			h := otelhttp.NewHandler(mon.Middleware(mux), "shop", otelhttp.WithTracerProvider(tp))
			serve := func() {
				for range 100 {
					h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/a/1", http.NoBody))
				}
			}
			serve()
			if s := mon.Summary(otelperf.WindowAll); s.TotalRequests != 100 || rows(s) != "GET /a/{id} ok=100" {
				t.Errorf("%d requests of 100 are counted: %s", s.TotalRequests, rows(s))
			}
			if h, hints := mon.Health(), strings.Join(mon.Diagnostics().Hints, ""); h.Status != "warn" || !strings.Contains(hints, "two processors") {
				t.Errorf("health is %s, hints %q", h.Status, hints)
			}
			if n := len(exported.GetSpans()); n == 0 || n == 200 {
				t.Errorf("%d spans of 200 are exported, half of them are sampled", n)
			}
			if gone == nil {
				return
			}
			tp.UnregisterSpanProcessor(gone)
			serve()
			if s := mon.Summary(otelperf.WindowAll); s.TotalRequests != 200 {
				t.Errorf("%d requests of 200 are counted after the first processor has gone", s.TotalRequests)
			}
			if h := mon.Health(); h.Status != "pass" {
				t.Errorf("health is %+v after the first processor has gone", h)
			}
			_ = tp.Shutdown(context.Background())
		})
	}
}

// Two providers whose ids are the same ones count both.
func TestTwoProvidersWithTheSameIDs(t *testing.T) {
	mon := newMonitor(t)
	for range 2 {
		tp := sdktrace.NewTracerProvider(sdktrace.WithIDGenerator(sameIDs{}), sdktrace.WithSpanProcessor(mon.SpanProcessor(nil)))
		_, s := tp.Tracer("test").Start(context.Background(), "job")
		defer s.End()
		_, ended := tp.Tracer("test").Start(context.Background(), "job")
		ended.End()
	}
	if d := mon.Diagnostics(); d.Processor.Doubled {
		t.Error("two providers are taken for one")
	}
}

type sameIDs struct{}

func (sameIDs) NewIDs(context.Context) (trace.TraceID, trace.SpanID) {
	return trace.TraceID{1}, trace.SpanID{1}
}

func (sameIDs) NewSpanID(context.Context, trace.TraceID) trace.SpanID { return trace.SpanID{2} }
