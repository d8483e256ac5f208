// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// TestRepeatedCalls: what ordinary requests repeat is known with the real instrumentation of databases and caches, with all that their
// spans are named by default and with those that are left out, and one query for all is nothing to be said of.
func TestRepeatedCalls(t *testing.T) {
	checkRepeated(t, func() (store, error) { return openSQLite(t.Context(), ofSQLite) }, "sqlite SELECT products")
}

// checkRepeated has the processor look at requests without waiting for the time that goes by in between.
func checkRepeated(t *testing.T, open func() (store, error), dependency string) {
	t.Helper()
	p, err := spikeprocessor.New(nil, spikeprocessor.WithSlowThreshold(time.Hour))
	must(t, err)
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(p))
	before := otel.GetTracerProvider()
	otel.SetTracerProvider(tp)
	t.Cleanup(func() { otel.SetTracerProvider(before) })
	db, err := open()
	must(t, err)
	t.Cleanup(db.Close)
	stop, address, err := startRedis()
	must(t, err)
	t.Cleanup(stop)
	c, err := openCache(address)
	must(t, err)
	t.Cleanup(c.Close)
	handler := otelhttp.NewHandler(routes(db, c), "orders", otelhttp.WithTracerProvider(tp))
	link, now := p.Link(), time.Now()
	link.Digest(now)
	paths := map[string]string{"/orders/{id}": "/orders/1", "/orders/{id}/joined": "/orders/1/joined", "/stock": "/stock"}
	for range 25 {
		for _, path := range paths {
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
			if w.Code != http.StatusOK {
				t.Fatalf("GET %s answers %d: %s", path, w.Code, w.Body)
			}
		}
		now = now.Add(5 * time.Second)
		link.Digest(now)
	}
	_, port, err := net.SplitHostPort(address)
	must(t, err)
	want := map[string]string{"/orders/{id}": dependency, "/orders/{id}/joined": "", "/stock": "redis:" + port + " get"}
	for route := range paths {
		got, _ := link.RepeatedCalls(conventions.Endpoint{Kind: conventions.KindHTTP, Method: "GET", Route: route})
		switch {
		case got.Dependency != want[route]:
			t.Errorf("of %s it is known that requests repeat %+v, want %q", route, got, want[route])
		case got.Dependency != "" && (got.CallsPerRequest != lines || got.Share != 1 || got.Parallel):
			t.Errorf("of %s it is known that requests repeat %+v, want %d calls one after the other in all", route, got, lines)
		}
	}
}
