// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// windows are all of them, shortest first.
var windows = []otelperf.Window{otelperf.Window1m, otelperf.Window5m, otelperf.Window1h, otelperf.WindowAll}

func unchanged(h http.Handler) http.Handler { return h }

// rig is a Monitor in the pipeline of a program: a processor and a metric reader that the program had, which see what they
// would see without us.
type rig struct {
	*testrig.Rig
	mon    *otelperf.Monitor
	tp     *sdktrace.TracerProvider
	mp     *sdkmetric.MeterProvider
	meters metric.MeterProvider // what otelhttp gets: mp
	tracer trace.Tracer
}

// plan says how a rig differs from the usual one.
type plan struct {
	sampler sdktrace.Sampler // of the program; nil: all
	ours    bool             // Monitor.Sampler stands around it
	alone   bool             // the program has no processor of its own
	none    bool             // the processor is not in the pipeline at all
	views   []sdkmetric.View
	limit   int    // of the MeterProvider's cardinality; 0: the SDK's default
	name    string // service.instance.id; "": no resource
}

func newRig(t testing.TB, p plan, opts ...otelperf.Option) *rig {
	t.Helper()
	rg := &rig{Rig: testrig.New()}
	mon, err := otelperf.New(append([]otelperf.Option{otelperf.WithLogger(rg.Log.Logger())}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	rg.mon = mon
	tracing := []sdktrace.TracerProviderOption{sdktrace.WithSampler(p.root(mon)), sdktrace.WithSpanProcessor(p.processor(rg))}
	if p.name != "" {
		tracing = append(tracing, sdktrace.WithResource(resource.NewSchemaless(semconv.ServiceName("shop"), semconv.ServiceInstanceID(p.name), semconv.ServiceVersion("1.2.3"))))
	}
	rg.tp = sdktrace.NewTracerProvider(tracing...)
	rg.tracer = rg.tp.Tracer("test")
	rg.mp = sdkmetric.NewMeterProvider(append(p.metrics(), sdkmetric.WithReader(rg.Metrics), sdkmetric.WithReader(mon.Reader()), sdkmetric.WithView(p.views...))...)
	rg.meters = rg.mp
	t.Cleanup(func() {
		_ = errors.Join(mon.Shutdown(context.Background()), rg.tp.Shutdown(context.Background()), rg.mp.Shutdown(context.Background()))
	})
	return rg
}

func (p plan) root(mon *otelperf.Monitor) sdktrace.Sampler {
	root := p.sampler
	if root == nil {
		root = sdktrace.AlwaysSample()
	}
	if p.ours {
		return mon.Sampler(root)
	}
	return root
}

func (p plan) metrics() (opts []sdkmetric.Option) {
	if p.limit > 0 {
		opts = append(opts, sdkmetric.WithCardinalityLimit(p.limit))
	}
	return opts
}

func (p plan) processor(rg *rig) sdktrace.SpanProcessor {
	switch {
	case p.none:
		return rg.Spans
	case p.alone:
		return rg.mon.SpanProcessor(nil)
	}
	return rg.mon.SpanProcessor(rg.Spans)
}

// instrument is otelhttp with the rig's providers.
func (rg *rig) instrument(h http.Handler) http.Handler {
	return otelhttp.NewHandler(h, "shop", otelhttp.WithTracerProvider(rg.tp), otelhttp.WithMeterProvider(rg.meters), otelhttp.WithFilter(rg.mon.Filter))
}

// exchange is a request of an upstream, and what makes its client leave.
func exchange(path, parent string) (*httptest.ResponseRecorder, *http.Request, func()) {
	r := httptest.NewRequest(http.MethodGet, path, http.NoBody)
	r.Header.Set("traceparent", parent)
	ctx, leave := context.WithCancel(r.Context())
	return httptest.NewRecorder(), r.WithContext(ctx), leave
}

// request ends a server span that took d and ends now.
func (rg *rig) request(method, route string, status int, d time.Duration) trace.SpanContext {
	now := time.Now()
	return rg.span(method+" "+route, now.Add(-d), now, attribute.String("http.request.method", method),
		attribute.String("http.route", route), attribute.Int("http.response.status_code", status))
}

func (rg *rig) span(name string, start, end time.Time, attrs ...attribute.KeyValue) trace.SpanContext {
	_, s := rg.tracer.Start(context.Background(), name, trace.WithNewRoot(), trace.WithSpanKind(trace.SpanKindServer),
		trace.WithTimestamp(start), trace.WithAttributes(attrs...))
	s.End(trace.WithTimestamp(end))
	return s.SpanContext()
}

// rows are the endpoints of a summary with their outcomes, as in "GET /a client_error=1 ok=2; GET /b ok=1".
func rows(s *otelperf.Summary) string {
	var all []string
	for i := range s.Endpoints {
		var text strings.Builder
		text.WriteString(s.Endpoints[i].Name())
		for _, o := range slices.Sorted(maps.Keys(s.Endpoints[i].ByOutcome)) {
			fmt.Fprintf(&text, " %s=%d", o, s.Endpoints[i].ByOutcome[o])
		}
		all = append(all, text.String())
	}
	return strings.Join(all, "; ")
}

// flushed is a summary of all that has ended, whatever the source.
func (rg *rig) flushed(t testing.TB, w otelperf.Window) *otelperf.Summary {
	t.Helper()
	if err := rg.mon.Reader().ForceFlush(context.Background()); err != nil {
		t.Fatal(err)
	}
	return rg.mon.Summary(w)
}

// logged waits until the log has n lines that contain what, and returns all that do.
func (rg *rig) logged(t testing.TB, what string, n int) (lines []string) {
	t.Helper()
	testrig.Eventually(t, fmt.Sprintf("%d lines with %q", n, what), func() bool {
		lines = rg.Log.Lines(what)
		return len(lines) >= n
	})
	return lines
}

// settled waits until n requests were counted: a server ends its span a moment after the client has the reply.
func (rg *rig) settled(t *testing.T, n uint64) *otelperf.Summary {
	t.Helper()
	var s *otelperf.Summary
	testrig.Eventually(t, fmt.Sprintf("%d requests counted", n), func() bool {
		s = rg.mon.Summary(otelperf.WindowAll)
		return s.TotalRequests >= n
	})
	return s
}
