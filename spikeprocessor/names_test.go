// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"context"
	"fmt"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// serve ends a server span as otelhttp makes it: its name is first, and then becomes last.
func (r *rig) serve(first, last, path string, status int) {
	start := time.Unix(1_700_000_000, 0)
	_, s := r.tracer.Start(context.Background(), first, trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(start),
		trace.WithAttributes(attribute.String("http.request.method", "GET"), attribute.String("url.path", path)))
	s.SetName(last)
	s.SetAttributes(attribute.Int("http.response.status_code", status))
	s.End(trace.WithTimestamp(start.Add(time.Millisecond)))
}

// A name that a span has from the start is doubted, one that it gets afterwards is not; doubt ends ten minutes after the last sign of
// such names.
func TestNamesFromTheStartAreDoubted(t *testing.T) {
	r := newRig(t)
	b := newBook(t, r)
	r.serve("GET", "GET /cart", "/cart", 200)
	r.serve("GET /orders", "GET /orders", "/orders", 200)
	r.serve("GET", "GET /late", "/late", 200)
	r.serve("GET /users/{id}", "GET /users/{id}", "/users/7", 200)
	b.tick(1)
	if got := fmt.Sprint(b.counts()); got != "map[GET (unmatched):2 GET /cart:1 GET /users/{id}:1]" {
		t.Errorf("rows are %s", got)
	}
	b.now = b.now.Add(doubtFor)
	b.tick(2)
	r.serve("GET", "GET /late", "/late", 200)
	b.tick(1)
	if n := b.counts()["GET /late"]; n != 1 {
		t.Errorf("ten minutes later a new row has %d requests, want 1", n)
	}
}

// Spans that start with a route among their attributes, as those of routers' instrumentations do, are no sign of a formatter.
func TestRoutesFromTheStartAreNotDoubted(t *testing.T) {
	r := newRig(t)
	r.http("GET", "/orders", 200, time.Millisecond)
	r.serve("GET", "GET /cart", "/cart", 200)
	if got := r.take(); got["http GET /cart"] != "ok=1" {
		t.Errorf("rows are %v", got)
	}
}

// Names are looked at when there is reason to: a process whose first thousand requests said nothing does so again once it meets a path.
func TestNamesAreLookedAtAgain(t *testing.T) {
	r := newRig(t)
	for range maxLooks + 10 {
		r.http("GET", "/orders", 200, time.Millisecond)
	}
	if r.core.names.looking() {
		t.Fatal("names are still looked at")
	}
	r.serve("GET /a", "GET /a", "/a", 200) // the sign that comes too late
	for i := range 20 {
		r.serve("GET /x", "GET /x", fmt.Sprintf("/x/%d", i), 404)
	}
	for _, c := range "bcdefgh" {
		r.serve("GET /"+string(c), "GET /"+string(c), "/"+string(c), 200)
	}
	got := r.take()
	if got["http GET /a"] != "ok=1" || got["http GET (unmatched)"] != "ok=7" {
		t.Errorf("rows are %v", got)
	}
	if n := r.Stats().NamedByPath; n != 7 {
		t.Errorf("%d are named by their path, want 7", n)
	}
}

// Three quarters of the rows may be guesses: the others are for what is known. Guesses make room for each other.
func TestGuessesLeaveRoutesRows(t *testing.T) {
	r := newRig(t, WithMaxEndpoints(40))
	b := newBook(t, r)
	for i := range 100 {
		for range 3 {
			r.serve("GET", fmt.Sprintf("GET /p%d", i), fmt.Sprintf("/p%d", i), 200)
		}
		b.tick(1)
	}
	r.http("GET", "/users/{id}", 200, time.Millisecond)
	b.tick(1)
	got := b.counts()
	if len(got) < 5 || len(got) > 32 || got["GET /users/{id}"] != 1 || got["(other)"] < 210 {
		t.Errorf("%d rows: %v; want 30 guesses at most, a route, and the rest in (other)", len(got), got)
	}
	b.tick(700)
	r.serve("GET", "GET /new", "/new", 200)
	b.tick(1)
	if got := b.counts(); got["GET /new"] != 1 {
		t.Errorf("after a while rows are %v, want /new among them", got)
	}
}

// RPCs to methods that the server does not have share a row. One that it has keeps its own when it says that it is not implemented.
func TestUnimplementedRPCs(t *testing.T) {
	r := newRig(t)
	call := func(method, status string) {
		r.span(method, trace.SpanKindServer, time.Millisecond, attribute.String("rpc.system.name", "grpc"), attribute.String("rpc.method", method),
			attribute.String("rpc.response.status_code", status))
	}
	for i := range 600 {
		call(fmt.Sprintf("scan.S%d/Get", i), "UNIMPLEMENTED")
	}
	call("shop.Cart/Add", "OK")
	call("shop.Cart/Add", "UNIMPLEMENTED")
	got := r.take()
	if len(got) != 2 || got["rpc grpc (unmatched)"] != "server_error=600" || got["rpc grpc shop.Cart/Add"] != "ok=1 server_error=1" {
		t.Errorf("rows are %v", got)
	}
	want := conventions.Endpoint{Kind: conventions.KindRPC, Method: "grpc", Route: conventions.UnmatchedRoute}
	if e := r.core.table.find(want); e == nil || e.set.Len() != 2 {
		t.Errorf("there is no entry of %v", want)
	} else if v, _ := e.set.Value("rpc.method"); v.AsString() != "_OTHER" {
		t.Errorf("rpc.method of its metric is %q, want _OTHER", v.AsString())
	}
}

// Methods that a client made up are one.
func TestMadeUpMethods(t *testing.T) {
	r := newRig(t)
	for i := range 600 {
		method := fmt.Sprintf("FROB%d", i)
		r.span(method, trace.SpanKindServer, time.Millisecond, attribute.String("http.method", method), attribute.Int("http.status_code", 405))
		r.http(method, "/x", 405, time.Millisecond)
	}
	if got := r.take(); len(got) != 2 || got["http _OTHER (unmatched)"] != "client_error=600" || got["http _OTHER /x"] != "client_error=600" {
		t.Errorf("%d rows: %v", len(got), got)
	}
}

// No row, and no attribute that is exported, has a literal of a statement that is the span's name.
func TestStatementsAreNoNames(t *testing.T) {
	r := newRig(t)
	for i := range 20 {
		r.span(fmt.Sprintf("SELECT * FROM users WHERE token = 'secret%d'", i), trace.SpanKindClient, time.Millisecond, attribute.String("db.system", "postgresql"))
	}
	if got := r.take(); len(got) != 1 || got["dependency db postgresql SELECT users"] != "ok=20" {
		t.Errorf("rows are %v", got)
	}
}
