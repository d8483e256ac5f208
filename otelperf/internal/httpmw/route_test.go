// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

func muxOf(pattern string, h http.Handler) *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle(pattern, h)
	return mux
}

var nop = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})

// cutSegments strips n path segments, whatever they are.
func cutSegments(n int, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		parts := strings.SplitN(r.URL.Path, "/", n+2)
		http.StripPrefix(strings.Join(parts[:n+1], "/"), next).ServeHTTP(w, r)
	})
}

func TestRouteIsJoinedBelowPrefixes(t *testing.T) {
	tests := []struct {
		name, path, want string
		chain            func(rg *rig) http.Handler
	}{
		{"StripPrefix in a mux", "/api/users/7", "/api/users/{id}", func(rg *rig) http.Handler {
			inner := muxOf("GET /users/{id}", nop)
			return rg.otel(rg.mw(muxOf("/api/", http.StripPrefix("/api", rg.mw(inner)))))
		}},
		{"StripPrefix in a mux, no instance above", "/api/users/7", "/api/users/{id}", func(rg *rig) http.Handler {
			inner := muxOf("GET /users/{id}", nop)
			return muxOf("/api/", http.StripPrefix("/api", rg.otel(rg.mw(inner))))
		}},
		{"StripPrefix in a mux, no instance below", "/api/users/7", "/api/", func(rg *rig) http.Handler {
			inner := muxOf("GET /users/{id}", nop)
			return rg.otel(rg.mw(muxOf("/api/", http.StripPrefix("/api", inner))))
		}},
		{"StripPrefix without a mux above", "/api/users/7?q=/users/7", "/api/users/{id}", func(rg *rig) http.Handler {
			return rg.otel(http.StripPrefix("/api", rg.mw(muxOf("GET /users/{id}", nop))))
		}},
		{"StripPrefix between two instances", "/api/users/7", "/api/users/{id}", func(rg *rig) http.Handler {
			return rg.mw(rg.otel(rg.mw(http.StripPrefix("/api", rg.mw(muxOf("GET /users/{id}", nop))))))
		}},
		{"a wildcard was stripped", "/tenants/acme/users/7", "/tenants/{tenant}/users/{id}", func(rg *rig) http.Handler {
			inner := muxOf("GET /users/{id}", nop)
			return rg.otel(rg.mw(muxOf("/tenants/{tenant}/", cutSegments(2, rg.mw(inner)))))
		}},
		{"a catch-all was stripped", "/acme/users/7", "/{...}/users/{id}", func(rg *rig) http.Handler {
			inner := muxOf("GET /users/{id}", nop)
			return rg.otel(rg.mw(muxOf("/", cutSegments(1, rg.mw(inner)))))
		}},
		{"a rest wildcard was stripped", "/t/acme/users/7", "/t/{...}/users/{id}", func(rg *rig) http.Handler {
			inner := muxOf("GET /users/{id}", nop)
			return rg.otel(rg.mw(muxOf("/t/{rest...}", cutSegments(2, rg.mw(inner)))))
		}},
		{"nested mux, nothing stripped", "/api/users/7", "/api/users/{id}", func(rg *rig) http.Handler {
			inner := muxOf("GET /api/users/{id}", nop)
			return rg.otel(muxOf("/api/", rg.mw(inner)))
		}},
		{"no mux below a StripPrefix", "/files/a.css", "/files/", func(rg *rig) http.Handler {
			return rg.otel(muxOf("/files/", http.StripPrefix("/files", rg.mw(nop))))
		}},
		{"no match below", "/api/nothing", "/api/", func(rg *rig) http.Handler {
			inner := muxOf("GET /users/{id}", nop)
			return rg.otel(rg.mw(muxOf("/api/", http.StripPrefix("/api", rg.mw(inner)))))
		}},
		{"around one handler", "/users/7", "/users/{id}", func(rg *rig) http.Handler {
			return rg.otel(muxOf("GET /users/{id}", rg.mw(nop)))
		}},
		{"host in the pattern", "/users/7", "/users/{id}", func(rg *rig) http.Handler {
			return rg.otel(rg.mw(muxOf("GET 127.0.0.1/users/{id}", nop)))
		}},
		{"escaped path", "/api/users/a%2Fb%20c", "/api/users/{id}", func(rg *rig) http.Handler {
			inner := muxOf("GET /users/{id}", nop)
			return rg.otel(rg.mw(muxOf("/api/", http.StripPrefix("/api", rg.mw(inner)))))
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rg := newRig(nil)
			rg.Serve(t, tt.chain(rg), false)
			rg.Get(t, tt.path)
			span := rg.Ended(t, 1)
			if d := rg.nextDone(t); d.Route != tt.want {
				t.Errorf("route %q, want %q", d.Route, tt.want)
			}
			if got := testrig.SpanAttr(span, "http.route"); got != tt.want {
				t.Errorf("on the span %q, want %q", got, tt.want)
			}
			if got := span.Name(); got != "GET "+tt.want {
				t.Errorf("span name %q, want %q", got, "GET "+tt.want)
			}
			if got := rg.MetricRoutes(t); !slices.Equal(got, []string{tt.want}) {
				t.Errorf("metric's routes %q, want %q", got, tt.want)
			}
		})
	}
}

func TestStrippedIDsDoNotBecomeRoutes(t *testing.T) {
	rg := newRig(nil)
	rg.Serve(t, rg.otel(cutSegments(1, rg.mw(muxOf("GET /orders", nop)))), false)
	seen := map[string]bool{}
	for i := range 50 {
		rg.Get(t, fmt.Sprintf("/customer-%d/orders", i))
		seen[rg.nextDone(t).Route] = true
	}
	if len(seen) != maxPrefixes+1 || !seen["/{...}/orders"] {
		t.Errorf("50 stripped names made the routes %v, want at most %d and /{...}/orders", seen, maxPrefixes)
	}
}

func TestPatternIsHandedUp(t *testing.T) {
	rg := newRig(nil)
	var got string
	chain := rg.mw(testrig.Lose(rg.mw(muxOf("GET /users/{id}", nop))))
	outer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		chain.ServeHTTP(w, r)
		got = r.Pattern
	})
	outer.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/users/7", nil))
	if got != "GET /users/{id}" {
		t.Errorf("Pattern above is %q", got)
	}
}

func TestOwnNamesStay(t *testing.T) {
	format := otelhttp.WithSpanNameFormatter(func(op string, _ *http.Request) string { return op })
	rg := newRig(nil, format)
	rg.Serve(t, rg.otel(testrig.Lose(rg.mw(muxOf("GET /users/{id}", nop)))), false)
	rg.Get(t, "/users/7")
	if got := rg.Ended(t, 1).Name(); got != "shop" {
		t.Errorf("span name %q, want the formatter's", got)
	}

	rg = newRig(nil)
	relabel := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		l, _ := otelhttp.LabelerFromContext(r.Context())
		l.Add(semconv.HTTPRoute("/mine"))
	})
	rg.Serve(t, rg.otel(testrig.Lose(rg.mw(muxOf("GET /users/{id}", relabel)))), false)
	rg.Get(t, "/users/7")
	rg.Ended(t, 1)
	if got := rg.MetricRoutes(t); !slices.Equal(got, []string{"/mine"}) {
		t.Errorf("metric's routes %q, want the program's own", got)
	}
}

func TestSpansBetweenAreLeftAlone(t *testing.T) {
	rg := newRig(nil)
	between := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			tracer := trace.SpanFromContext(r.Context()).TracerProvider().Tracer("t")
			ctx, span := tracer.Start(r.Context(), "GET", trace.WithAttributes(attribute.Bool("mine", true)))
			defer span.End()
			next.ServeHTTP(w, r.WithContext(ctx))
		})
	}
	rg.Serve(t, rg.otel(rg.mw(between(rg.mw(muxOf("GET /users/{id}", nop))))), false)
	rg.Get(t, "/users/7")
	rg.nextDone(t)
	rg.Ended(t, 2)
	for _, s := range rg.Spans.Ended() {
		route := testrig.SpanAttr(s, "http.route")
		if server := s.SpanKind() == trace.SpanKindServer; server != (route != "") || !server && s.Name() != "GET" {
			t.Errorf("%s span %q has route %q", s.SpanKind(), s.Name(), route)
		}
	}
}

func TestRequestMadeInsideIsNotMistakenForItsParent(t *testing.T) {
	rg := newRig(nil)
	var app http.Handler
	mux := muxOf("POST /batch", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sub := httptest.NewRequestWithContext(r.Context(), http.MethodGet, "/users/7", nil)
		app.ServeHTTP(httptest.NewRecorder(), sub)
		w.WriteHeader(http.StatusAccepted)
	}))
	mux.Handle("GET /users/{id}", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }))
	app = rg.mw(mux)
	rg.Serve(t, rg.otel(app), false)
	if _, _, err := rg.Do(t.Context(), http.MethodPost, "/batch"); err != nil {
		t.Fatal(err)
	}
	if d := rg.nextDone(t); d.Route != "/batch" || d.Status != http.StatusAccepted || len(rg.done) != 0 {
		t.Errorf("reported %+v and %d more", d, len(rg.done))
	}
}

func TestRewrittenRequestIsStillTheSame(t *testing.T) {
	rewrite := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r2 := r.Clone(r.Context())
			r2.URL.Path, r2.RequestURI = "/users/7", "/users/7"
			next.ServeHTTP(w, r2)
		})
	}
	for _, place := range places[1:] {
		rg := newRig(nil)
		rg.Serve(t, place.chain(rg, rewrite(rg.mw(muxOf("GET /users/{id}", nop)))), false)
		resp, _ := rg.Get(t, "/old/7")
		if d := rg.nextDone(t); d.Route != "/users/{id}" || len(rg.done) != 0 || len(resp.Header.Values(headerServerTiming)) != 1 {
			t.Errorf("%s: reported %+v and %d more, headers %v", place.name, d, len(rg.done), resp.Header)
		}
	}
}

func FuzzStrippedPrefix(f *testing.F) {
	f.Add("/api/users/7?x=1", "/users/7")
	f.Add("http://h/api/users/7", "/users/7")
	f.Add("*", "*")
	f.Add("//a//b", "/b")
	f.Fuzz(func(t *testing.T, uri, path string) {
		prefix := strippedPrefix(func() string { return (&exchange{got: &http.Request{RequestURI: uri}}).requestPath() }, uri, &url.URL{Path: path})
		if prefix == "" {
			return
		}
		if prefix[0] != '/' || strings.HasSuffix(prefix, "/") || len(prefix) > 3*len(uri) {
			t.Errorf("%q of %q without %q", prefix, uri, path)
		}
		for _, outer := range []string{"/", "/{x}/", "/a/{rest...}", "/a/b/"} {
			for s := range strings.SplitSeq(string(appendOuter(nil, prefix, outer)), "/") {
				if s != "" && s != elided && !strings.Contains(outer, s) {
					t.Errorf("segment %q is not of the pattern %q", s, outer)
				}
			}
		}
	})
}

func TestSubtreesWithARouterBelowAreCounted(t *testing.T) {
	reply := func(kind string, status int) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
		})
	}
	for _, tt := range []struct {
		pattern, method, path, kind string
		status                      int
		want                        uint64
	}{
		{"/api/", "POST", "/api/users", "text/plain", 201, 1},
		{"/api/", "GET", "/api/users", "application/json; charset=utf-8", 200, 1},
		{"/api/", "POST", "/api/login", "", 303, 1},
		{"/{rest...}", "PUT", "/users/7", "", 200, 1},
		{"/api/", "GET", "/api/users", "text/plain; charset=utf-8", 200, 1},
		{"/api/", "GET", "/api/users/7", "application/x-protobuf", 200, 1},
		{"/api/", "HEAD", "/api/users", "", 200, 1},
		{"/{tenant}/", "GET", "/somebody/", "application/json", 200, 0},
		{"/", "GET", "/about", "text/html; charset=utf-8", 200, 0},
		{"/", "GET", "/app.js", "text/javascript", 200, 0},
		{"/", "GET", "/app.css", "", 304, 0},
		{"/", "GET", "/logo.png", "image/png", 200, 0},
		{"/api/", "GET", "/api/", "application/json", 200, 0},
		{"/api/", "POST", "/api/users", "text/plain", 404, 0},
		{"/api/{id}", "POST", "/api/7", "application/json", 200, 0},
		{"/events/", "GET", "/events/1", "text/event-stream", 200, 0},
	} {
		rg := newRig(nil)
		testrig.Call(rg.mw(muxOf(tt.pattern, reply(tt.kind, tt.status))), tt.method, tt.path)
		if got := rg.counters.Subtrees.Load(); got != tt.want {
			t.Errorf("%s %s in %s: counted %d times, want %d", tt.method, tt.path, tt.pattern, got, tt.want)
		}
	}
}

// Requests that are served though nobody tells their route are counted: a handler in between hides it.
func TestUnrouted(t *testing.T) {
	plain := func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "here") }
	mux := muxOf("GET /here", http.HandlerFunc(plain))
	limit := func(h http.Handler) http.Handler { return http.TimeoutHandler(h, time.Hour, "") }
	logging := func(h http.Handler) http.Handler { return http.HandlerFunc(h.ServeHTTP) }
	for _, tt := range []struct {
		name  string
		path  string
		chain func(rg *rig) http.Handler
		want  uint64
	}{
		{"hidden behind two handlers", "/here", func(rg *rig) http.Handler { return rg.otel(rg.mw(logging(limit(mux)))) }, 1},
		{"the same with an instance inside", "/here", func(rg *rig) http.Handler { return rg.otel(rg.mw(logging(limit(rg.mw(mux))))) }, 0},
		{"next to http.TimeoutHandler", "/here", func(rg *rig) http.Handler { return rg.otel(rg.mw(limit(mux))) }, 0},
		{"a panic", "/", func(rg *rig) http.Handler {
			return rg.otel(rg.mw(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("boom") })))
		}, 1},
		{"no such page", "/nowhere", func(rg *rig) http.Handler { return rg.otel(rg.mw(logging(limit(mux)))) }, 0},
		{"a reply without a body", "/", func(rg *rig) http.Handler { return rg.otel(rg.mw(nop)) }, 1},
		{"outside of the span", "/here", func(rg *rig) http.Handler { return rg.mw(rg.otel(logging(limit(mux)))) }, 0},
		{"a router that names the span", "/here", func(rg *rig) http.Handler {
			return rg.otel(rg.mw(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				trace.SpanFromContext(r.Context()).SetName("GET /here")
				plain(w, r)
			})))
		}, 0},
	} {
		rg := newRig(nil)
		func() {
			defer func() { _ = recover() }()
			testrig.Call(tt.chain(rg), http.MethodGet, tt.path)
		}()
		if n := rg.counters.Unrouted.Load(); n != tt.want {
			t.Errorf("%s: %d requests without a route, want %d", tt.name, n, tt.want)
		}
	}
}
