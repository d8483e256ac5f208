// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// place is where Middleware stands.
type place string

const (
	absent  place = "absent"
	inside  place = "inside"  // between otelhttp and the mux
	outside place = "outside" // around otelhttp
	both    place = "both"
)

// near tells whether Middleware stands next to the mux, where it can repair.
func (p place) near() bool { return p == inside || p == both }

// assemble puts the handler of a situation behind otelhttp, with Middleware in its place.
func (rg *rig) assemble(p place, below func(mw testrig.Wrapper) http.Handler) http.Handler {
	inner := unchanged
	if p.near() {
		inner = rg.mon.Middleware
	}
	h := rg.instrument(below(inner))
	if p == outside || p == both {
		h = rg.mon.Middleware(h)
	}
	return h
}

// situation is a row of the design's table "Numbers that are right by default".
type situation struct {
	about   string
	between testrig.Wrapper // a middleware of the program, above our inner place
	send    func(t *testing.T, rg *rig, entered <-chan struct{})
	http1   bool // HTTP/2 has no such thing

	want       string // rows of the summary
	wantFar    string // the same where Middleware is not next to the mux; "": no difference
	wantAbsent string // the same without Middleware; "": as wantFar
	spanName   string // where Middleware is next to the mux
	route      string // http.route of span and metric there
	noDuration bool   // where Middleware is next to the mux: counted, but in no percentile
	noMetric   bool   // otelhttp records no metric point
}

func sends(method, path string) func(*testing.T, *rig, <-chan struct{}) {
	return func(t *testing.T, rg *rig, _ <-chan struct{}) {
		if _, _, err := rg.Do(t.Context(), method, path); err != nil {
			t.Fatal(err)
		}
	}
}

// breaks sends a request whose connection the server breaks.
func breaks(path string) func(*testing.T, *rig, <-chan struct{}) {
	return func(t *testing.T, rg *rig, _ <-chan struct{}) {
		if resp, _, err := rg.Do(t.Context(), http.MethodGet, path); err == nil {
			t.Errorf("GET %s was answered with %s: the panic did not go on", path, resp.Status)
		}
	}
}

// leaves sends a request and goes away once the handler has it.
func leaves(path string) func(*testing.T, *rig, <-chan struct{}) {
	return func(t *testing.T, rg *rig, entered <-chan struct{}) {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			_, _, err := rg.Do(ctx, http.MethodGet, path)
			done <- err
		}()
		<-entered
		cancel()
		<-done
	}
}

func upgrades(t *testing.T, rg *rig, _ <-chan struct{}) {
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", rg.Server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_, _ = io.WriteString(conn, "GET /socket HTTP/1.1\r\nHost: shop\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n")
	if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.HasPrefix(line, "HTTP/1.1 101") {
		t.Fatalf("reply to an upgrade is %q, %v", line, err)
	}
}

var situations = []situation{
	{about: "otelhttp outside the mux", send: sends("GET", "/users/7"),
		want: "GET /users/{id} ok=1", spanName: "GET /users/{id}", route: "/users/{id}"},
	{about: "a middleware replaced the request", between: testrig.Lose, send: sends("GET", "/users/7"),
		want: "GET /users/{id} ok=1", wantFar: "GET (unmatched) ok=1", spanName: "GET /users/{id}", route: "/users/{id}"},
	{about: "below StripPrefix", between: func(h http.Handler) http.Handler { return http.StripPrefix("/v1", h) }, send: sends("GET", "/v1/users/7"),
		want: "GET /v1/users/{id} ok=1", wantFar: "GET (unmatched) ok=1", spanName: "GET /v1/users/{id}", route: "/v1/users/{id}"},
	{about: "no route matches", send: sends("GET", "/wp-admin/setup.php"),
		want: "GET (unmatched) client_error=1", spanName: "GET", route: ""},
	{about: "unknown method", send: sends("BREW", "/pot"),
		want: "_OTHER /pot client_error=1", spanName: "HTTP /pot", route: "/pot"},
	{about: "unknown method, no route", send: sends("BREW", "/tea"),
		want: "_OTHER (unmatched) client_error=1", spanName: "HTTP", route: ""},
	{about: "server error", send: sends("POST", "/orders"),
		want: "POST /orders server_error=1", spanName: "POST /orders", route: "/orders"},
	{about: "handler panics", send: breaks("/panic"),
		want: "GET /panic panic=1", wantFar: "GET (unmatched) panic=1", spanName: "GET /panic", route: "/panic", noMetric: true},
	{about: "http.ErrAbortHandler", send: breaks("/abort"),
		want: "GET /abort aborted=1", wantFar: "GET (unmatched) aborted=1", spanName: "GET /abort", route: "/abort", noMetric: true},
	{about: "client went away", send: leaves("/wait"),
		want: "GET /wait canceled=1", wantAbsent: "GET /wait ok=1", spanName: "GET /wait", route: "/wait"},
	{about: "client went away from http.TimeoutHandler", between: func(h http.Handler) http.Handler { return http.TimeoutHandler(h, time.Hour, "") }, send: leaves("/wait"),
		want: "GET /wait canceled=1", wantFar: "GET (unmatched) canceled=1", wantAbsent: "GET (unmatched) server_error=1", spanName: "GET /wait", route: "/wait"},
	{about: "a status that is none, and a reply", send: sends("GET", "/invalid/1000"),
		want: "GET /invalid/{status} ok=1", wantAbsent: "GET /invalid/{status} server_error=1", spanName: "GET /invalid/{status}", route: "/invalid/{status}"},
	{about: "status 0, and a reply", send: sends("GET", "/invalid/0"),
		want: "GET /invalid/{status} ok=1", wantAbsent: "GET /invalid/{status} server_error=1", spanName: "GET /invalid/{status}", route: "/invalid/{status}"},
	{about: "server-sent events", send: leaves("/events"),
		want: "GET /events stream=1", wantAbsent: "GET /events ok=1", spanName: "GET /events", route: "/events", noDuration: true},
	{about: "websocket", http1: true, send: upgrades,
		want: "GET /socket stream=1", wantAbsent: "GET /socket ok=1", spanName: "GET /socket", route: "/socket", noDuration: true},
}

func TestNumbersAreRightByDefault(t *testing.T) {
	for _, s := range situations {
		for _, version := range []int{1, 2} {
			if s.http1 && version == 2 {
				continue
			}
			for _, p := range []place{absent, inside, outside, both} {
				t.Run(fmt.Sprintf("%s/HTTP %d/%s", s.about, version, p), func(t *testing.T) { s.check(t, p, version == 2) })
			}
		}
	}
}

func (s situation) check(t *testing.T, p place, http2 bool) {
	rg := newRig(t, plan{})
	entered := make(chan struct{}, 1)
	between := s.between
	if between == nil {
		between = unchanged
	}
	rg.Serve(t, rg.assemble(p, func(mw testrig.Wrapper) http.Handler { return between(mw(testrig.Shop(entered))) }), http2)
	s.send(t, rg, entered)

	got := rg.settled(t, 1)
	want := s.want
	if !p.near() && s.wantFar != "" {
		want = s.wantFar
	}
	if p == absent && s.wantAbsent != "" {
		want = s.wantAbsent
	}
	if rows(got) != want {
		t.Errorf("summary has %q, want %q", rows(got), want)
	}
	span := rg.Ended(t, 1)
	if !p.near() {
		return
	}
	if span.Name() != s.spanName || testrig.SpanAttr(span, "http.route") != s.route {
		t.Errorf("span is named %q with route %q, want %q and %q", span.Name(), testrig.SpanAttr(span, "http.route"), s.spanName, s.route)
	}
	if noDuration := got.P50 == nil; noDuration != s.noDuration {
		t.Errorf("p50 is null: %v, want %v", noDuration, s.noDuration)
	}
	s.checkMetric(t, rg)
}

func (s situation) checkMetric(t *testing.T, rg *rig) {
	t.Helper()
	routes := rg.MetricRoutes(t)
	switch {
	case s.noMetric && len(routes) > 0:
		t.Errorf("otelhttp's metric has routes %q: somebody made points that are not its own", routes)
	case !s.noMetric && !slices.Equal(routes, []string{s.route}):
		t.Errorf("otelhttp's metric has routes %q, want one point of route %q", routes, s.route)
	}
}

func TestHeadersInEachPlace(t *testing.T) {
	for _, version := range []int{1, 2} {
		for _, p := range []place{absent, inside, outside, both} {
			t.Run(fmt.Sprintf("HTTP %d/%s", version, p), func(t *testing.T) {
				rg := newRig(t, plan{})
				rg.Serve(t, rg.assemble(p, func(mw testrig.Wrapper) http.Handler { return mw(testrig.Shop(nil)) }), version == 2)
				for _, path := range []string{"/users/7", "/nowhere", "/pot"} {
					resp, _ := rg.Get(t, path)
					took, timing := resp.Header.Values("X-Response-Time"), resp.Header.Values("Server-Timing")
					want := 1
					if p == absent {
						want = 0
					}
					if len(took) != want || len(timing) != want {
						t.Errorf("%s has X-Response-Time %q and Server-Timing %q, want %d each", path, took, timing, want)
					}
					if want == 1 && (!strings.HasSuffix(took[0], "ms") || !strings.HasPrefix(timing[0], "app;dur=")) {
						t.Errorf("%s has X-Response-Time %q and Server-Timing %q", path, took, timing)
					}
				}
			})
		}
	}
}
