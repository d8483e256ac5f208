// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"bytes"
	"context"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

const outcomeKey attribute.Key = "otelperf.outcome"

type wrapper = func(http.Handler) http.Handler

// rig is a real server with real instrumentation, and all that came out of it.
type rig struct {
	spans    *tracetest.SpanRecorder
	metrics  *sdkmetric.ManualReader
	counters Counters
	log      syncBuffer
	done     chan Done
	panics   chan Panic
	mw, otel wrapper
	server   *httptest.Server
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func newRig(adjust func(*Config), opts ...otelhttp.Option) *rig {
	rg := &rig{
		spans:   tracetest.NewSpanRecorder(),
		metrics: sdkmetric.NewManualReader(),
		done:    make(chan Done, 64),
		panics:  make(chan Panic, 64),
	}
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(rg.spans))
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(rg.metrics))
	cfg := Config{
		OutcomeKey:     outcomeKey,
		Headers:        true,
		Logger:         func() *slog.Logger { return slog.New(slog.NewJSONHandler(&rg.log, nil)) },
		RequestLogRate: func() float64 { return 1 },
		OnPanic:        func(_ context.Context, p Panic) { rg.panics <- p },
		OnDone:         func(_ context.Context, d Done) { rg.done <- d },
		Counters:       &rg.counters,
	}
	if adjust != nil {
		adjust(&cfg)
	}
	rg.mw = New(cfg)
	rg.otel = otelhttp.NewMiddleware("shop", append([]otelhttp.Option{
		otelhttp.WithTracerProvider(tp), otelhttp.WithMeterProvider(mp)}, opts...)...)
	return rg
}

func (rg *rig) serve(t *testing.T, h http.Handler, http2 bool) {
	t.Helper()
	rg.server = httptest.NewUnstartedServer(h)
	rg.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	rg.server.EnableHTTP2 = http2
	if http2 {
		rg.server.StartTLS()
	} else {
		rg.server.Start()
	}
	t.Cleanup(rg.server.Close)
}

// do sends a request and reads the whole reply. err is that of either.
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

func (rg *rig) nextDone(t *testing.T) Done {
	t.Helper()
	select {
	case d := <-rg.done:
		return d
	case <-time.After(5 * time.Second):
		t.Fatal("no request was reported within 5s")
		return Done{}
	}
}

// span waits for the one span that is to end.
func (rg *rig) span(t *testing.T) sdktrace.ReadOnlySpan {
	t.Helper()
	for range 500 {
		if ended := rg.spans.Ended(); len(ended) > 0 {
			return ended[len(ended)-1]
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("no span ended within 5s")
	return nil
}

func spanAttr(s sdktrace.ReadOnlySpan, key attribute.Key) string {
	for _, kv := range s.Attributes() {
		if kv.Key == key {
			return kv.Value.AsString()
		}
	}
	return ""
}

// metricRoutes are the routes of otelhttp's duration metric, one for each series.
func (rg *rig) metricRoutes(t *testing.T) []string {
	t.Helper()
	var rm metricdata.ResourceMetrics
	if err := rg.metrics.Collect(context.Background(), &rm); err != nil {
		t.Fatal(err)
	}
	var routes []string
	for _, scope := range rm.ScopeMetrics {
		for _, m := range scope.Metrics {
			if h, ok := m.Data.(metricdata.Histogram[float64]); ok && m.Name == "http.server.request.duration" {
				for _, p := range h.DataPoints {
					route, _ := p.Attributes.Value("http.route")
					routes = append(routes, route.AsString())
				}
			}
		}
	}
	return routes
}

func lose(next http.Handler) http.Handler {
	type key struct{}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), key{}, 1)))
	})
}
