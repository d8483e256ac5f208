// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf"
)

// windows are all of them, shortest first.
var windows = []otelperf.Window{otelperf.Window1m, otelperf.Window5m, otelperf.Window1h, otelperf.WindowAll}

type wrapper = func(http.Handler) http.Handler

func unchanged(h http.Handler) http.Handler { return h }

// rig is a Monitor in the pipeline of a program: a processor and a metric reader that the program had, which see what they
// would see without us.
type rig struct {
	mon     *otelperf.Monitor
	spans   *tracetest.SpanRecorder
	metrics *sdkmetric.ManualReader
	tp      *sdktrace.TracerProvider
	mp      *sdkmetric.MeterProvider
	meters  metric.MeterProvider // what otelhttp gets: mp
	tracer  trace.Tracer
	log     logBuffer
	server  *httptest.Server
}

// plan says how a rig differs from the usual one.
type plan struct {
	sampler sdktrace.Sampler // of the program; nil: all
	ours    bool             // Monitor.Sampler stands around it
	alone   bool             // the program has no processor of its own
	none    bool             // the processor is not in the pipeline at all
	views   []sdkmetric.View
}

func newRig(t testing.TB, p plan, opts ...otelperf.Option) *rig {
	t.Helper()
	rg := &rig{spans: tracetest.NewSpanRecorder(), metrics: sdkmetric.NewManualReader()}
	mon, err := otelperf.New(append([]otelperf.Option{otelperf.WithLogger(rg.log.logger())}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	rg.mon = mon
	rg.tp = sdktrace.NewTracerProvider(sdktrace.WithSampler(p.root(mon)), sdktrace.WithSpanProcessor(p.processor(rg)))
	rg.tracer = rg.tp.Tracer("test")
	rg.mp = sdkmetric.NewMeterProvider(sdkmetric.WithReader(rg.metrics), sdkmetric.WithReader(mon.Reader()), sdkmetric.WithView(p.views...))
	rg.meters = rg.mp
	t.Cleanup(func() {
		if rg.server != nil {
			rg.server.Close()
		}
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

func (p plan) processor(rg *rig) sdktrace.SpanProcessor {
	switch {
	case p.none:
		return rg.spans
	case p.alone:
		return rg.mon.SpanProcessor(nil)
	}
	return rg.mon.SpanProcessor(rg.spans)
}

// instrument is otelhttp with the rig's providers.
func (rg *rig) instrument(h http.Handler) http.Handler {
	return otelhttp.NewHandler(h, "shop", otelhttp.WithTracerProvider(rg.tp), otelhttp.WithMeterProvider(rg.meters), otelhttp.WithFilter(rg.mon.Filter))
}

// serve starts a real server on loopback.
func (rg *rig) serve(h http.Handler, http2 bool) {
	rg.server = httptest.NewUnstartedServer(h)
	rg.server.Config.ErrorLog = log.New(io.Discard, "", 0) // it would show the panics
	rg.server.EnableHTTP2 = http2
	if http2 {
		rg.server.StartTLS()
	} else {
		rg.server.Start()
	}
}

// do sends a request and reads the reply as far as it comes.
func (rg *rig) do(ctx context.Context, method, path string) (*http.Response, string, error) {
	req, err := http.NewRequestWithContext(ctx, method, rg.server.URL+path, http.NoBody)
	if err != nil {
		return nil, "", err
	}
	resp, err := rg.server.Client().Do(req)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	return resp, string(body), err
}

func (rg *rig) get(t *testing.T, path string) (*http.Response, string) {
	t.Helper()
	resp, body, err := rg.do(t.Context(), http.MethodGet, path)
	if err != nil {
		t.Fatalf("GET %s: %v", path, err)
	}
	return resp, body
}

// call runs a request through h without a network. headers are names and values by turns.
func call(h http.Handler, method, path string, headers ...string) *httptest.ResponseRecorder {
	w, r := httptest.NewRecorder(), httptest.NewRequest(method, path, http.NoBody)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	h.ServeHTTP(w, r)
	return w
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

// settled waits until n requests were counted: a server ends its span a moment after the client has the reply.
func (rg *rig) settled(t *testing.T, n uint64) *otelperf.Summary {
	t.Helper()
	var s *otelperf.Summary
	eventually(t, fmt.Sprintf("%d requests counted", n), func() bool {
		s = rg.mon.Summary(otelperf.WindowAll)
		return s.TotalRequests >= n
	})
	return s
}

// ended waits for the n-th span that reached the program's own processor.
func (rg *rig) ended(t *testing.T, n int) sdktrace.ReadOnlySpan {
	t.Helper()
	eventually(t, fmt.Sprintf("%d spans ended", n), func() bool { return len(rg.spans.Ended()) >= n })
	return rg.spans.Ended()[n-1]
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("after 10s still not: %s", what)
		}
	}
}

// httpMetric returns the points of otelhttp's duration metric as the program's own reader has them: "GET /a 200".
func (rg *rig) httpMetric(t *testing.T) (points []string) {
	t.Helper()
	var rm metricdata.ResourceMetrics
	if err := rg.metrics.Collect(context.Background(), &rm); err != nil {
		t.Fatal(err)
	}
	for _, sm := range rm.ScopeMetrics {
		for _, m := range sm.Metrics {
			if h, ok := m.Data.(metricdata.Histogram[float64]); ok && m.Name == "http.server.request.duration" {
				for _, p := range h.DataPoints {
					points = append(points, fmt.Sprintf("%s %s %s", text(p.Attributes, "http.request.method"),
						text(p.Attributes, "http.route"), text(p.Attributes, "http.response.status_code")))
				}
			}
		}
	}
	slices.Sort(points)
	return points
}

func text(set attribute.Set, key attribute.Key) string {
	v, ok := set.Value(key)
	if !ok {
		return "-"
	}
	return v.String()
}

func spanAttr(s sdktrace.ReadOnlySpan, key attribute.Key) string {
	return text(attribute.NewSet(s.Attributes()...), key)
}

// logBuffer is a log that tests can read.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// lines returns the lines whose message contains what.
func (l *logBuffer) lines(what string) (found []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(l.b.String()) {
		if strings.Contains(line, what) {
			found = append(found, line)
		}
	}
	return found
}
