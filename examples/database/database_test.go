// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelperf/otelperf-go/examples/internal/exampletest"
	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/slowlog"
)

// rig is a service in which every request is slow, and no trace is sampled.
type rig struct {
	mon     *otelperf.Monitor
	db      store
	handler http.Handler
}

// newRig installs the tracer provider that the databases will use, and opens them.
func newRig(t *testing.T, open func() (store, error)) *rig {
	t.Helper()
	mon, err := otelperf.New(otelperf.WithSlowThreshold(time.Nanosecond), otelperf.WithLogger(slog.New(slog.DiscardHandler)))
	must(t, err)
	tp := sdktrace.NewTracerProvider(sdktrace.WithSampler(mon.Sampler(sdktrace.NeverSample())), sdktrace.WithSpanProcessor(mon.SpanProcessor(nil)))
	before := otel.GetTracerProvider()
	otel.SetTracerProvider(tp)
	db, err := open()
	must(t, err)
	stop, address, err := startRedis()
	must(t, err)
	c, err := openCache(address)
	must(t, err)
	t.Cleanup(func() {
		db.Close()
		c.Close()
		stop()
		otel.SetTracerProvider(before)
		_ = mon.Shutdown(context.Background())
	})
	return &rig{mon, db, otelhttp.NewHandler(mon.Middleware(routes(db, c)), "orders", otelhttp.WithTracerProvider(tp))}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// get returns what the slow log says of one request.
func (r *rig) get(t *testing.T, path, route string) *slowlog.Entry {
	t.Helper()
	w := httptest.NewRecorder()
	r.handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	if w.Code != http.StatusOK || w.Body.Len() < 10 {
		t.Fatalf("GET %s answers %d: %s", path, w.Code, w.Body)
	}
	// The engine builds anatomies once a second, off the path of requests.
	var found *slowlog.Entry
	exampletest.Eventually(t, path+" is in the slow log, with an anatomy", func() bool {
		for e := range r.mon.SlowLog().Slowest("GET", route, 0) {
			if e.Anatomy != nil {
				found = e
				return true
			}
		}
		return false
	})
	return found
}

// find returns the nodes with a detail, anywhere in the tree, the outer ones first: otelpgx shows the preparation of a statement as
// a child of its first use.
func find(n *slowlog.Node, detail string) (found []*slowlog.Node) {
	if strings.EqualFold(n.Detail, detail) {
		found = append(found, n)
	}
	for _, c := range n.Children {
		found = append(found, find(c, detail)...)
	}
	return found
}

// checkOrders is what must hold of any SQL database.
func checkOrders(t *testing.T, r *rig, system string) {
	t.Helper()
	e := r.get(t, "/orders/1", "/orders/{id}")
	nodes := find(e.Anatomy.Root, "SELECT products")
	if len(nodes) == 0 || nodes[0].Count != lines || nodes[0].Category != slowlog.DB || nodes[0].System != system {
		t.Errorf("the anatomy lacks a node SELECT products ×%d of %s:\n%s", lines, system, outline(e.Anatomy.Root, ""))
	}
	if list := find(e.Anatomy.Root, "SELECT order_lines"); len(list) == 0 || list[0].Count != 1 {
		t.Errorf("the anatomy lacks the one SELECT order_lines:\n%s", outline(e.Anatomy.Root, ""))
	}
	if !hasFinding(e.Anatomy, slowlog.FindingRepeated) {
		t.Errorf("the N+1 was not found: %v", e.Anatomy.Findings)
	}
	if db := e.Anatomy.Breakdown[slowlog.DB]; db <= 0 || db > e.Anatomy.Root.DurationMs {
		t.Errorf("%v ms in the database, of %v", db, e.Anatomy.Root.DurationMs)
	}
	joined := r.get(t, "/orders/1/joined", "/orders/{id}/joined")
	if hasFinding(joined.Anatomy, slowlog.FindingRepeated) {
		t.Errorf("an N+1 was found where there is one query: %v", joined.Anatomy.Findings)
	}
	checkDependency(t, r.mon, system)
}

// checkDependency looks for calls to a system that go out on behalf of requests.
func checkDependency(t *testing.T, mon *otelperf.Monitor, system string) {
	t.Helper()
	var calls uint64
	var names []string
	for _, row := range mon.Summary(otelperf.WindowAll).Dependencies {
		names = append(names, row.Name())
		if row.Method == "db" {
			calls += row.Count
		}
	}
	if calls < lines {
		t.Errorf("dependencies %q have %d calls of db (%s), want at least %d", names, calls, system, lines)
	}
}

func hasFinding(a *slowlog.Anatomy, kind string) bool {
	for _, f := range a.Findings {
		if f.Kind == kind {
			return true
		}
	}
	return false
}

func outline(n *slowlog.Node, indent string) string {
	var text strings.Builder
	text.WriteString(indent + n.Name + " [" + string(n.Category) + " " + n.System + "] " + n.Detail + "\n")
	for _, c := range n.Children {
		text.WriteString(outline(c, indent+"  "))
	}
	return text.String()
}

func TestSQLite(t *testing.T) {
	r := newRig(t, func() (store, error) { return openSQLite(t.Context(), ofSQLite) })
	checkOrders(t, r, "sqlite")
}

func TestRedis(t *testing.T) {
	r := newRig(t, func() (store, error) { return openSQLite(t.Context(), ofSQLite) })
	e := r.get(t, "/stock", "/stock")
	calls := 0
	var walk func(n *slowlog.Node)
	walk = func(n *slowlog.Node) {
		if n.Category == slowlog.Cache && n.System == "redis" {
			calls += n.Count
		}
		for _, c := range n.Children {
			walk(c)
		}
	}
	walk(e.Anatomy.Root)
	if calls < lines {
		t.Errorf("%d calls of redis in the anatomy, want %d:\n%s", calls, lines, outline(e.Anatomy.Root, ""))
	}
	if !hasFinding(e.Anatomy, slowlog.FindingRepeated) {
		t.Errorf("%d equal calls were not found: %v", lines, e.Anatomy.Findings)
	}
	if e.Anatomy.Breakdown[slowlog.Cache] <= 0 {
		t.Errorf("no time in the cache: %v", e.Anatomy.Breakdown)
	}
}
