// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"context"
	"maps"
	"slices"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// httpCall is what a call of a server says of it.
func httpCall(port int) []attribute.KeyValue {
	return []attribute.KeyValue{
		attribute.String("http.request.method", "GET"), attribute.String("url.full", "http://127.0.0.1/x"),
		attribute.String("server.address", "127.0.0.1"), attribute.Int("server.port", port),
	}
}

// TestDependenciesAreToldApartByPort: two sidecars on one host are two rows, and each is the row that the slow log's tree names.
func TestDependenciesAreToldApartByPort(t *testing.T) {
	r := newRig(t)
	ctx, root := r.startRequest(context.Background(), "/checkout")
	for i, port := range []int{15001, 15006, 15001, 80} {
		_, call := r.start(ctx, "GET", 10*i, httpCall(port)...)
		if port == 15006 {
			call.SetStatus(codes.Error, "")
		}
		stop(call, 10*i+5)
	}
	_, query := r.start(ctx, "q", 100, dbCall("SELECT * FROM users WHERE id = 7")...)
	stop(query, 900)
	stop(root, 1000)
	want := map[string]string{
		"http GET /checkout": "ok=1", "dependency http GET 127.0.0.1:15001": "ok=2", "dependency http GET 127.0.0.1:15006": "server_error=1",
		"dependency http GET 127.0.0.1": "ok=1", "dependency db postgresql SELECT users": "ok=1",
	}
	if got := r.take(); !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	var named []string
	for _, n := range r.anatomy(t).Root.Children {
		named = append(named, n.Dependency)
	}
	slices.Sort(named)
	if want := []string{"GET 127.0.0.1", "GET 127.0.0.1:15001", "GET 127.0.0.1:15006", "postgresql SELECT users"}; !slices.Equal(named, want) {
		t.Errorf("the tree names %q, want %q", named, want)
	}
}

// TestTreesNameNoRowThatThereIsNot: without rows for dependencies, and for calls that share the overflow row.
func TestTreesNameNoRowThatThereIsNot(t *testing.T) {
	for _, opts := range [][]Option{{WithDependencies(false)}, {WithMaxEndpoints(1)}} {
		r := newRig(t, opts...)
		ctx, root := r.startRequest(context.Background(), "/checkout")
		for i, port := range []int{8081, 8082} {
			_, call := r.start(ctx, "GET", 10*i, httpCall(port)...)
			stop(call, 10*i+5)
		}
		stop(root, 1000)
		last := r.anatomy(t).Root.Children[1]
		if last.Dependency != "" {
			t.Errorf("a call of which there is no row is named %q", last.Dependency)
		}
	}
}

func TestCallsAllocateNothing(t *testing.T) {
	p, err := New(nil, WithAnatomy(false))
	if err != nil {
		t.Fatal(err)
	}
	last := &grab{}
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(last), sdktrace.WithSampler(sdktrace.AlwaysSample())).Tracer("")
	ctx, root := tracer.Start(context.Background(), "GET /", trace.WithSpanKind(trace.SpanKindServer))
	var calls []sdktrace.ReadOnlySpan
	rpcCall := []attribute.KeyValue{attribute.String("rpc.system", "grpc"), attribute.String("server.address", "[::1]:50051")}
	urlCall := []attribute.KeyValue{attribute.String("http.method", "GET"), attribute.String("http.url", "HTTPS://u:p@[::1]:8443/x")}
	for _, attrs := range [][]attribute.KeyValue{httpCall(8080), httpCall(80), dbCall("SELECT name FROM users"), rpcCall, urlCall, nil} {
		_, s := tracer.Start(ctx, "call", trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attrs...))
		s.End()
		calls = append(calls, last.span)
	}
	run := func() {
		for _, s := range calls {
			p.OnEnd(s)
		}
	}
	for range 20_000 { // until the recorder has all its buffers
		run()
	}
	if n := testing.AllocsPerRun(1000, run); n != 0 {
		t.Errorf("%v allocations for %d calls, want 0", n, len(calls))
	}
	root.End()
}

// TestRowsOfAllClasses: category and port tell rows apart whose names are the same.
func TestRowsOfAllClasses(t *testing.T) {
	p, err := New(nil)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[uint32]string{}
	for _, port := range []uint16{0, 1, 8080, 65535} {
		for category := range 5 {
			e := p.core.table.lookup(dependencyClass(conventions.Category(category), port), "p", "n")
			if name := seen[e.id]; name != "" {
				t.Errorf("%s and %s are one row", name, e.endpoint)
			}
			seen[e.id] = e.endpoint.String()
		}
	}
}
