// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
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
func (rg *rig) assemble(p place, below func(mw wrapper) http.Handler) http.Handler {
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

// lose is a middleware that replaces the request: what the mux learns below it is not seen above.
func lose(next http.Handler) http.Handler {
	type key struct{}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), key{}, 1)))
	})
}

// shop is the service whose numbers are to be right. entered is told of requests to the endpoints that wait.
func shop(entered chan<- struct{}) *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /users/{id}", func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.PathValue("id")) })
	mux.HandleFunc("/pot", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	mux.HandleFunc("POST /orders", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	mux.HandleFunc("GET /panic", func(http.ResponseWriter, *http.Request) { panic("out of stock") })
	mux.HandleFunc("GET /abort", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	mux.HandleFunc("GET /wait", func(_ http.ResponseWriter, r *http.Request) {
		entered <- struct{}{}
		<-r.Context().Done()
	})
	mux.HandleFunc("GET /events", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "data: hello\n\n")
		w.(http.Flusher).Flush()
		entered <- struct{}{}
		<-r.Context().Done()
	})
	mux.HandleFunc("GET /socket", func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		defer func() { _ = conn.Close() }()
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n")
	})
	return mux
}

// situation is a row of the design's table "Numbers that are right by default".
type situation struct {
	about   string
	between wrapper // a middleware of the program, above our inner place
	send    func(t *testing.T, rg *rig, entered <-chan struct{})
	http1   bool // HTTP/2 has no such thing

	want       string // rows of the summary
	wantFar    string // the same where Middleware is not next to the mux; "": no difference
	spanName   string // where Middleware is next to the mux
	route      string // http.route of span and metric there
	noDuration bool   // where Middleware is next to the mux: counted, but in no percentile
	noMetric   bool   // otelhttp records no metric point
}

func sends(method, path string) func(*testing.T, *rig, <-chan struct{}) {
	return func(t *testing.T, rg *rig, _ <-chan struct{}) {
		if _, _, err := rg.do(t.Context(), method, path); err != nil {
			t.Fatal(err)
		}
	}
}

// breaks sends a request whose connection the server breaks.
func breaks(path string) func(*testing.T, *rig, <-chan struct{}) {
	return func(t *testing.T, rg *rig, _ <-chan struct{}) {
		if resp, _, err := rg.do(t.Context(), http.MethodGet, path); err == nil {
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
			_, _, err := rg.do(ctx, http.MethodGet, path)
			done <- err
		}()
		<-entered
		cancel()
		<-done
	}
}

func upgrades(t *testing.T, rg *rig, _ <-chan struct{}) {
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", rg.server.Listener.Addr().String())
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
	{about: "a middleware replaced the request", between: lose, send: sends("GET", "/users/7"),
		want: "GET /users/{id} ok=1", wantFar: "GET (unmatched) ok=1", spanName: "GET /users/{id}", route: "/users/{id}"},
	{about: "below StripPrefix", between: func(h http.Handler) http.Handler { return http.StripPrefix("/v1", h) }, send: sends("GET", "/v1/users/7"),
		want: "GET /v1/users/{id} ok=1", wantFar: "GET (unmatched) ok=1", spanName: "GET /v1/users/{id}", route: "/v1/users/{id}"},
	{about: "no route matches", send: sends("GET", "/wp-admin/setup.php"),
		want: "GET (unmatched) client_error=1", spanName: "GET", route: "-"},
	{about: "unknown method", send: sends("BREW", "/pot"),
		want: "_OTHER /pot client_error=1", spanName: "HTTP /pot", route: "/pot"},
	{about: "unknown method, no route", send: sends("BREW", "/tea"),
		want: "_OTHER (unmatched) client_error=1", spanName: "HTTP", route: "-"},
	{about: "server error", send: sends("POST", "/orders"),
		want: "POST /orders server_error=1", spanName: "POST /orders", route: "/orders"},
	{about: "handler panics", send: breaks("/panic"),
		want: "GET /panic panic=1", wantFar: "GET (unmatched) panic=1", spanName: "GET /panic", route: "/panic", noMetric: true},
	{about: "http.ErrAbortHandler", send: breaks("/abort"),
		want: "GET /abort aborted=1", wantFar: "GET (unmatched) aborted=1", spanName: "GET /abort", route: "/abort", noMetric: true},
	{about: "client went away", send: leaves("/wait"),
		want: "GET /wait canceled=1", wantFar: "GET /wait ok=1", spanName: "GET /wait", route: "/wait"},
	{about: "server-sent events", send: leaves("/events"),
		want: "GET /events stream=1", wantFar: "GET /events ok=1", spanName: "GET /events", route: "/events", noDuration: true},
	{about: "websocket", http1: true, send: upgrades,
		want: "GET /socket stream=1", wantFar: "GET /socket ok=1", spanName: "GET /socket", route: "/socket", noDuration: true},
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
	rg.serve(rg.assemble(p, func(mw wrapper) http.Handler { return between(mw(shop(entered))) }), http2)
	s.send(t, rg, entered)

	got := rg.settled(t, 1)
	want := s.want
	if !p.near() && s.wantFar != "" {
		want = s.wantFar
	}
	if rows(got) != want {
		t.Errorf("summary has %q, want %q", rows(got), want)
	}
	span := rg.ended(t, 1)
	if !p.near() {
		return
	}
	if span.Name() != s.spanName || spanAttr(span, "http.route") != s.route {
		t.Errorf("span is named %q with route %q, want %q and %q", span.Name(), spanAttr(span, "http.route"), s.spanName, s.route)
	}
	if noDuration := got.P50 == nil; noDuration != s.noDuration {
		t.Errorf("p50 is null: %v, want %v", noDuration, s.noDuration)
	}
	s.checkMetric(t, rg)
}

func (s situation) checkMetric(t *testing.T, rg *rig) {
	t.Helper()
	points := rg.httpMetric(t)
	switch {
	case s.noMetric && len(points) > 0:
		t.Errorf("otelhttp's metric has %v: somebody made points that are not its own", points)
	case !s.noMetric && (len(points) != 1 || strings.Fields(points[0])[1] != s.route):
		t.Errorf("otelhttp's metric has %v, want one point of route %s", points, s.route)
	}
}

func TestHeadersInEachPlace(t *testing.T) {
	for _, version := range []int{1, 2} {
		for _, p := range []place{absent, inside, outside, both} {
			t.Run(fmt.Sprintf("HTTP %d/%s", version, p), func(t *testing.T) {
				rg := newRig(t, plan{})
				rg.serve(rg.assemble(p, func(mw wrapper) http.Handler { return mw(shop(nil)) }), version == 2)
				for _, path := range []string{"/users/7", "/nowhere", "/pot"} {
					resp, _ := rg.get(t, path)
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
