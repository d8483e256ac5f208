// SPDX-License-Identifier: Apache-2.0

package testrig

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

// Rig has what a program exports to, for the test to build providers with, and the program's server.
type Rig struct {
	Spans   *tracetest.SpanRecorder
	Metrics *sdkmetric.ManualReader
	Log     Log
	Server  *httptest.Server // after Serve
}

// New returns a rig without a server.
func New() *Rig {
	return &Rig{Spans: tracetest.NewSpanRecorder(), Metrics: sdkmetric.NewManualReader()}
}

// Serve starts a real server on loopback, which ends with the test.
func (r *Rig) Serve(tb testing.TB, h http.Handler, http2 bool) {
	tb.Helper()
	r.Server = httptest.NewUnstartedServer(h)
	r.Server.Config.ErrorLog = log.New(io.Discard, "", 0) // it would show the panics
	r.Server.EnableHTTP2 = http2
	if http2 {
		r.Server.StartTLS()
	} else {
		r.Server.Start()
	}
	tb.Cleanup(r.Server.Close)
}

// Do sends a request and reads the reply as far as it comes. The error is that of either.
func (r *Rig) Do(ctx context.Context, method, path string) (*http.Response, string, error) {
	req, err := http.NewRequestWithContext(ctx, method, r.Server.URL+path, http.NoBody)
	if err != nil {
		return nil, "", err
	}
	resp, err := r.Server.Client().Do(req)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = resp.Body.Close() }() // was only read
	body, err := io.ReadAll(resp.Body)
	return resp, string(body), err
}

// Get is a GET that has to be answered.
func (r *Rig) Get(tb testing.TB, path string) (*http.Response, string) {
	tb.Helper()
	resp, body, err := r.Do(tb.Context(), http.MethodGet, path)
	if err != nil {
		tb.Fatalf("GET %s: %v", path, err)
	}
	return resp, body
}

// Ended waits until n spans have ended, and returns the last of them: a server ends its span a moment after the client has
// the reply.
func (r *Rig) Ended(tb testing.TB, n int) sdktrace.ReadOnlySpan {
	tb.Helper()
	Eventually(tb, fmt.Sprintf("%d spans ended", n), func() bool { return len(r.Spans.Ended()) >= n })
	return r.Spans.Ended()[n-1]
}

// MetricRoutes returns the routes of otelhttp's duration metric, one for each series, "" for none.
func (r *Rig) MetricRoutes(tb testing.TB) (routes []string) {
	tb.Helper()
	var rm metricdata.ResourceMetrics
	if err := r.Metrics.Collect(context.Background(), &rm); err != nil {
		tb.Fatal(err)
	}
	for _, sm := range rm.ScopeMetrics {
		for _, m := range sm.Metrics {
			if h, ok := m.Data.(metricdata.Histogram[float64]); ok && m.Name == "http.server.request.duration" {
				for _, p := range h.DataPoints {
					route, _ := p.Attributes.Value("http.route")
					routes = append(routes, route.AsString())
				}
			}
		}
	}
	slices.Sort(routes)
	return routes
}

// SpanAttr is a string attribute of a span, "" if it has none.
func SpanAttr(s sdktrace.ReadOnlySpan, key attribute.Key) string {
	set := attribute.NewSet(s.Attributes()...)
	v, _ := set.Value(key)
	return v.AsString()
}
