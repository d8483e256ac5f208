// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"crypto/sha256"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf"
)

type formatter = func(operation string, r *http.Request) string

func byPath(_ string, r *http.Request) string { return r.Method + " " + r.URL.Path }

// named is instrument with a formatter of span names; nil is otelhttp's own.
func (rg *rig) named(h http.Handler, f formatter) http.Handler {
	opts := []otelhttp.Option{otelhttp.WithTracerProvider(rg.tp), otelhttp.WithMeterProvider(rg.meters), otelhttp.WithFilter(rg.mon.Filter)}
	if f != nil {
		opts = append(opts, otelhttp.WithSpanNameFormatter(f))
	}
	return otelhttp.NewHandler(h, "shop", opts...)
}

// ask has a handler serve a request; it may panic.
func ask(h http.Handler, method, target string) {
	defer func() { _ = recover() }()
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(method, target, http.NoBody))
}

// byName are the counts of a summary's rows.
func byName(s *otelperf.Summary) map[string]uint64 {
	out := map[string]uint64{}
	for i := range s.Endpoints {
		out[s.Endpoints[i].Name()] = s.Endpoints[i].Count
	}
	return out
}

// exportedRoutes are the different values of http.route on the spans that were exported.
func (rg *rig) exportedRoutes() (routes []string) {
	for _, s := range rg.Spans.Ended() {
		for _, kv := range s.Attributes() {
			if kv.Key == semconv.HTTPRouteKey && !slices.Contains(routes, kv.Value.AsString()) {
				routes = append(routes, kv.Value.AsString())
			}
		}
	}
	slices.Sort(routes)
	return routes
}

func hasHint(s *otelperf.Summary, words string) bool {
	return slices.ContainsFunc(s.Diagnostics.Hints, func(h string) bool { return strings.Contains(h, words) })
}

// registry is a container registry: it routes by itself, and names blobs by their digests.
func registry(w http.ResponseWriter, r *http.Request) {
	if strings.Contains(r.URL.Path, "missing") {
		w.WriteHeader(http.StatusNotFound)
	}
}

// A registry whose spans are named by the path, as some are: digests are in no row and in no http.route; what is asked for again and
// again has a row.
func TestRegistryNamedByPath(t *testing.T) {
	rg := newRig(t, plan{})
	h := rg.named(http.HandlerFunc(registry), byPath)
	for i := range 3000 {
		switch i % 6 {
		case 0:
			ask(h, "GET", "/v2/")
		case 1:
			ask(h, "GET", "/v2/shop/manifests/latest")
		case 2:
			ask(h, "GET", fmt.Sprintf("/v2/missing-%c%c/tags", 'a'+i%26, 'a'+i/26%26))
		default:
			ask(h, "GET", fmt.Sprintf("/v2/shop/blobs/sha256:%x", sha256.Sum256(fmt.Append(nil, i%500))))
		}
	}
	s := rg.mon.Summary(otelperf.WindowAll)
	got := byName(s)
	if len(got) != 3 || got["GET /v2/"] != 496 || got["GET /v2/shop/manifests/latest"] != 496 || got["GET (unmatched)"] != 2008 {
		t.Errorf("rows are %v, want /v2/ and latest from their fifth request on, and the rest unmatched", got)
	}
	if routes := rg.exportedRoutes(); len(routes) > 0 {
		t.Errorf("%d http.route are exported, %q the first", len(routes), routes[0])
	}
	if !hasHint(s, "WithSpanNameFormatter") || !hasHint(s, "named by the path") {
		t.Errorf("hints are %q", s.Diagnostics.Hints)
	}
}

// Formatters that are no better.
func TestNamesThatAreNoRoutes(t *testing.T) {
	for about, f := range map[string]formatter{
		"RequestURI":                     func(_ string, r *http.Request) string { return r.Method + " " + r.RequestURI },
		"URI alone":                      func(_ string, r *http.Request) string { return r.RequestURI },
		"HTTP and the method":            func(_ string, r *http.Request) string { return "HTTP " + r.Method },
		"the operation":                  func(op string, _ *http.Request) string { return op },
		"the whole URL":                  func(_ string, r *http.Request) string { return r.Method + " http://" + r.Host + r.RequestURI },
		"the path and a space":           func(_ string, r *http.Request) string { return "HTTP " + r.Method + " " + r.URL.Path },
		"the path and the query after #": func(_ string, r *http.Request) string { return r.Method + " " + r.URL.Path + "#" + r.URL.RawQuery },
		"the query after a semicolon":    func(_ string, r *http.Request) string { return r.Method + " " + r.URL.Path + ";" + r.URL.RawQuery },
		"the query after an escape":      func(_ string, r *http.Request) string { return r.Method + " " + r.URL.Path + "%3F" + r.URL.RawQuery },
		"no slash at the end":            func(_ string, r *http.Request) string { return r.Method + " " + strings.TrimSuffix(r.URL.Path, "/") },
		"capitals":                       func(_ string, r *http.Request) string { return r.Method + " " + strings.ToUpper(r.URL.Path) },
		"the host":                       func(_ string, r *http.Request) string { return r.Method + " /" + r.Host + r.URL.Path },
		"the escaped path":               func(_ string, r *http.Request) string { return r.Method + " " + r.URL.EscapedPath() },
	} {
		t.Run(about, func(t *testing.T) {
			rg := newRig(t, plan{})
			h := rg.named(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), f)
			for i := range 30 {
				ask(h, "GET", fmt.Sprintf("/reset%%20%c%c/?token=secret%d", 'a'+i%26, 'a'+i/26, i))
			}
			if got := rows(rg.mon.Summary(otelperf.WindowAll)); got != "GET (unmatched) ok=30" {
				t.Errorf("rows are %s", got)
			}
			if routes := rg.exportedRoutes(); len(routes) > 0 {
				t.Errorf("exported are %q", routes)
			}
		})
	}
}

// A route that the program writes with the query in it has it in no row, no list, and no log line.
func TestRoutesWithAQuery(t *testing.T) {
	rg := newRig(t, plan{})
	for range 3 {
		rg.request("GET", "/pay?token=secret", 200, time.Second)
	}
	s := rg.mon.Summary(otelperf.WindowAll)
	if got := rows(s); got != "GET /pay ok=3" {
		t.Errorf("rows are %s", got)
	}
	for _, line := range rg.logged(t, "slow request", 3) {
		if strings.Contains(line, "secret") {
			t.Errorf("a line is %s", line)
		}
	}
	server := httptest.NewServer(rg.mon.Handler())
	defer server.Close()
	for _, list := range []string{"/slow", "/summary", "/spikes"} {
		resp, err := http.Get(server.URL + list)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK || strings.Contains(string(body), "secret") {
			t.Errorf("%s answers %d %v: %s", list, resp.StatusCode, err, body)
		}
	}
}

// A span that is renamed to a path with an id in it has mostly not been by a mux: only a few have a row, and those only for a while.
func TestScannerLeavesRoutesTheirRows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rg := newRig(t, plan{})
		mux := http.NewServeMux()
		mux.HandleFunc("GET /cart", func(http.ResponseWriter, *http.Request) {})
		mux.HandleFunc("GET /checkout/{step}", func(http.ResponseWriter, *http.Request) {})
		mux.HandleFunc("GET /files/", func(_ http.ResponseWriter, r *http.Request) {
			r.Pattern = "" // or otelhttp would name the span again
			trace.SpanFromContext(r.Context()).SetName("GET " + r.URL.Path)
		})
		h := rg.instrument(mux)
		for i := range 600 {
			ask(h, "GET", fmt.Sprintf("/files/%d.php", i))
		}
		ask(h, "GET", "/checkout/pay")
		ask(h, "GET", "/cart")
		time.Sleep(time.Minute)
		ask(h, "GET", "/cart")
		ask(h, "GET", "/cart")
		s := rg.mon.Summary(otelperf.WindowAll)
		got := byName(s)
		if len(got) != 128 || got["GET /checkout/{step}"] != 1 || got["GET /cart"] != 3 {
			t.Errorf("%d rows, /checkout/{step} has %d requests, /cart %d", len(got), got["GET /checkout/{step}"], got["GET /cart"])
		}
		time.Sleep(11 * time.Minute)
		got = byName(rg.mon.Summary(otelperf.WindowAll))
		if len(got) != 4 || got["(other)"] != 125 || got["GET /cart"] != 3 || got["GET (unmatched)"] != 475 {
			t.Errorf("after a while rows are %v", got)
		}
		_ = rg.mon.Shutdown(t.Context())
	})
}

// A pattern of a ServeMux without wildcards is its own path. otelhttp renames the span to it when the mux has found it, and the first
// request has its row.
func TestLiteralPatternsHaveRows(t *testing.T) {
	rg := newRig(t, plan{})
	mux := http.NewServeMux()
	ok := func(http.ResponseWriter, *http.Request) {}
	for _, p := range []string{"GET /healthz", "GET /cart", "/v1/2024/report", "OPTIONS /cart", "POST shop.example/orders"} {
		mux.HandleFunc(p, ok)
	}
	h := rg.named(mux, nil)
	for _, r := range []string{"GET /cart", "HEAD /cart", "OPTIONS /cart", "GET /v1/2024/report", "POST http://shop.example/orders", "DELETE /cart", "GET /none"} {
		method, target, _ := strings.Cut(r, " ")
		ask(h, method, target)
	}
	s := rg.mon.Summary(otelperf.WindowAll)
	want := "DELETE (unmatched) client_error=1; GET (unmatched) client_error=1; GET /cart ok=1; HEAD /cart ok=1; OPTIONS /cart ok=1; POST /orders ok=1; GET /v1/2024/report ok=1"
	if got := strings.Split(rows(s), "; "); !sameSet(got, strings.Split(want, "; ")) {
		t.Errorf("rows are %q", got)
	}
	if got := strings.Join(rg.exportedRoutes(), " "); got != "/cart /orders /v1/2024/report" {
		t.Errorf("exported routes are %s", got)
	}

}

// However many there are, each has its row at its first request: otelhttp has named its span again.
func TestManyLiteralPatternsHaveRows(t *testing.T) {
	const n = 300
	rg, mux := newRig(t, plan{}), http.NewServeMux()
	server := httptest.NewServer(rg.named(mux, nil))
	defer server.Close()
	for i := range n {
		mux.HandleFunc(fmt.Sprintf("GET /page%d", i), func(http.ResponseWriter, *http.Request) {})
	}
	for i := range n {
		resp, err := http.Get(fmt.Sprintf("%s/page%d", server.URL, i))
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
	}
	server.Close() // the last span has ended
	s := rg.mon.Summary(otelperf.WindowAll)
	got := byName(s)
	for i := range n {
		if name := fmt.Sprintf("GET /page%d", i); got[name] != 1 {
			t.Errorf("%s has %d requests, want 1", name, got[name])
		}
	}
	if len(got) != n || hasHint(s, "WithSpanNameFormatter") {
		t.Errorf("%d rows, hints are %q", len(got), s.Diagnostics.Hints)
	}
	if routes := rg.exportedRoutes(); len(routes) != n {
		t.Errorf("%d routes are exported, want %d", len(routes), n)
	}
}

func sameSet(a, b []string) bool {
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// A formatter that gives a route's template when the span starts is believed, and a handler's panic is in its row.
func TestPanicsWithoutMiddleware(t *testing.T) {
	boom := func(http.ResponseWriter, *http.Request) { panic("boom") }
	t.Run("a name at the start", func(t *testing.T) {
		rg := newRig(t, plan{})
		h := rg.named(http.HandlerFunc(boom), func(string, *http.Request) string { return "GET /users/{id}" })
		ask(h, "GET", "/users/7")
		if got := rows(rg.mon.Summary(otelperf.WindowAll)); got != "GET /users/{id} panic=1" {
			t.Errorf("rows are %s", got)
		}
	})
	t.Run("otelhttp below the mux", func(t *testing.T) {
		rg := newRig(t, plan{})
		mux := http.NewServeMux()
		mux.Handle("GET /users/{id}", rg.named(http.HandlerFunc(boom), nil))
		mux.Handle("GET /cart", rg.named(http.HandlerFunc(boom), nil))
		ask(mux, "GET", "/users/7")
		ask(mux, "GET", "/cart")
		if got := rows(rg.mon.Summary(otelperf.WindowAll)); got != "GET /cart panic=1; GET /users/{id} panic=1" {
			t.Errorf("rows are %s", got)
		}
	})
	t.Run("otelhttp around the mux", func(t *testing.T) { // the span is named GET: it is renamed after the handler alone
		rg := newRig(t, plan{})
		mux := http.NewServeMux()
		mux.HandleFunc("GET /users/{id}", boom)
		ask(rg.named(mux, nil), "GET", "/users/7")
		s := rg.mon.Summary(otelperf.WindowAll)
		if got := rows(s); got != "GET (unmatched) panic=1" || !hasHint(s, "put Middleware next to the mux") {
			t.Errorf("rows are %s, hints %q", got, s.Diagnostics.Hints)
		}
		ask(rg.named(rg.mon.Middleware(mux), nil), "GET", "/users/7")
		if got := rows(rg.mon.Summary(otelperf.WindowAll)); got != "GET (unmatched) panic=1; GET /users/{id} panic=1" {
			t.Errorf("with Middleware rows are %s", got)
		}
	})
}

// A router that is no ServeMux tells otelhttp nothing. Diagnostics says so, and what it advises helps.
func TestRouterThatOtelhttpDoesNotSee(t *testing.T) {
	const pattern = "/users/{id}"
	route := func(learn func(*http.Request)) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasPrefix(r.URL.Path, "/users/") {
				w.WriteHeader(http.StatusNotFound)
				return
			}
			learn(r)
		})
	}
	for about, tt := range map[string]struct {
		learn      func(*http.Request)
		middleware bool
		want       string
	}{
		"nothing": {func(*http.Request) {}, false, "GET (unmatched) client_error=1 ok=50"},
		"the span's route, by its instrumentation": {func(r *http.Request) {
			trace.SpanFromContext(r.Context()).SetAttributes(attribute.String("http.route", pattern))
		}, false, "GET (unmatched) client_error=1; GET /users/{id} ok=50"},
		"the request's pattern": {func(r *http.Request) { r.Pattern = pattern }, false, "GET (unmatched) client_error=1; GET /users/{id} ok=50"},
		"the request's pattern, and Middleware": {func(r *http.Request) { r.Pattern = "GET " + pattern }, true,
			"GET (unmatched) client_error=1; GET /users/{id} ok=50"},
	} {
		t.Run(about, func(t *testing.T) {
			rg := newRig(t, plan{})
			h := route(tt.learn)
			if tt.middleware {
				h = rg.mon.Middleware(h)
			}
			h = rg.instrument(h)
			for i := range 50 {
				ask(h, "GET", fmt.Sprintf("/users/%d", i))
			}
			ask(h, "GET", "/none")
			s := rg.mon.Summary(otelperf.WindowAll)
			if got := rows(s); got != tt.want {
				t.Errorf("rows are %s, want %s", got, tt.want)
			}
			if got, want := hasHint(s, "otelgin"), about == "nothing"; got != want {
				t.Errorf("hints are %q", s.Diagnostics.Hints)
			}
		})
	}
}

// A router that is no ServeMux below Middleware: one hint is right from the first request on, whether it answers or panics, and none sends
// Middleware to where it stands.
func TestRouterBelowMiddleware(t *testing.T) {
	for about, f := range map[string]formatter{"otelhttp's names": nil, "other names": func(string, *http.Request) string { return "shop" }} {
		rg := newRig(t, plan{})
		router := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/panic" {
				panic("boom")
			}
		})
		server := httptest.NewUnstartedServer(rg.named(rg.mon.Middleware(router), f))
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
		server.Start()
		defer server.Close()
		asked := uint64(0)
		for _, path := range append([]string{"/panic", "/panic", "/users/7"}, slices.Repeat([]string{"/x"}, 30)...) {
			if resp, err := http.Get(server.URL + path); err == nil {
				_ = resp.Body.Close()
			}
			asked++
			s := rg.settled(t, asked)
			ours := slices.DeleteFunc(slices.Clone(s.Diagnostics.Hints), func(h string) bool { return !strings.Contains(h, "route") || !strings.Contains(h, "Middleware") })
			if len(ours) != 1 || !strings.Contains(ours[0], "otelgin") || !strings.Contains(ours[0], "could see") {
				t.Fatalf("%s: after %d requests hints are %q", about, asked, ours)
			}
		}
	}
}

// A router below a subtree of a mux: diagnostics says so without Middleware, too, unless what is read there looks like files.
func TestRouterBelowASubtree(t *testing.T) {
	for _, tt := range []struct {
		path string
		want bool
	}{{"/api/v1/users/u%d", true}, {"/api/v1/static/p%d.png", false}, {"/api/v1/docs/p%d/", false}, {"/here", false}} {
		synctest.Test(t, func(t *testing.T) {
			rg, mux := newRig(t, plan{}), http.NewServeMux()
			ok := func(http.ResponseWriter, *http.Request) {}
			mux.HandleFunc("/api/v1/", ok)
			mux.HandleFunc("/here", ok)
			h := rg.named(mux, nil)
			for i := range 1000 {
				target := tt.path
				if strings.Contains(target, "%d") {
					target = fmt.Sprintf(target, i)
				}
				ask(h, "GET", target)
				time.Sleep(10 * time.Millisecond)
			}
			time.Sleep(2 * time.Second)
			s := rg.mon.Summary(otelperf.WindowAll)
			if n := s.Diagnostics.SubtreeRequests; (n > 500 && n <= 1000) != tt.want || hasHint(s, "whole subtree") != tt.want || !tt.want && n != 0 {
				t.Errorf("%s: %d requests below a subtree, hints are %q", tt.path, n, s.Diagnostics.Hints)
			}
			_ = rg.mon.Shutdown(t.Context())
		})
	}
}

// A reset with the baselines gives the rows of what is gone to what is there. Sums stay what they are.
func TestResetUndoesOverflow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rg := newRig(t, plan{}, otelperf.WithMaxEndpoints(20))
		for i := range 30 {
			for range 300 {
				rg.request("GET", fmt.Sprintf("/old/%d/{x}", i), http.StatusOK, time.Millisecond)
			}
		}
		rg.request("GET", "/new/{x}", http.StatusOK, time.Millisecond)
		if got := byName(rg.mon.Summary(otelperf.WindowAll)); got["(other)"] != 3001 || len(got) != 21 {
			t.Fatalf("rows are %v", got)
		}
		rg.mon.Reset(true)
		for range 20 {
			rg.request("GET", "/old/1/{x}", http.StatusOK, time.Millisecond)
			time.Sleep(time.Second)
		}
		rg.request("GET", "/new/{x}", http.StatusOK, time.Millisecond)
		s := rg.mon.Summary(otelperf.WindowAll)
		if got := byName(s); got["GET /new/{x}"] != 1 || got["GET /old/1/{x}"] != 20 || len(got) != 3 || got["(other)"] != 0 || s.TotalRequests != 21 {
			t.Errorf("after the reset rows are %v of %d requests", got, s.TotalRequests)
		}
		if hasHint(s, "(other)") {
			t.Errorf("hints are %q", s.Diagnostics.Hints)
		}
		_ = rg.mon.Shutdown(t.Context())
	})
}

// Rows that make room stay in the sums of every window, and a baseline is there again when its endpoint is.
func TestForgottenRowsStayInSums(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rg := newRig(t, plan{}, otelperf.WithMaxEndpoints(20))
		for range 3 * 60 {
			for range 10 {
				rg.request("GET", "/nightly/{x}", http.StatusOK, 20*time.Millisecond)
			}
			time.Sleep(time.Second)
		}
		baseline := func() float64 {
			for _, e := range rg.mon.Summary(otelperf.WindowAll).Endpoints {
				if e.Route == "/nightly/{x}" && e.BaselineP99Ms != nil {
					return *e.BaselineP99Ms
				}
			}
			return 0
		}
		before := baseline()
		time.Sleep(25 * time.Hour)
		for i := range 19 {
			for range 2 {
				rg.request("POST", fmt.Sprintf("/x/%d/{x}", i), http.StatusOK, time.Millisecond)
			}
		}
		time.Sleep(time.Second)
		for range 20 { // as often as it takes to be the rarest
			for i := range 19 {
				for range 20 {
					rg.request("POST", fmt.Sprintf("/x/%d/{x}", i), http.StatusOK, time.Millisecond)
				}
			}
		}
		time.Sleep(15 * time.Second)
		s := rg.mon.Summary(otelperf.WindowAll)
		const all = 1800 + 38 + 19*400
		if got := byName(s); s.TotalRequests != all || got["(other)"] != 1800 || got["GET /nightly/{x}"] != 0 {
			t.Errorf("%d requests, rows are %v; want %d, and the 1800 in (other)", s.TotalRequests, got, all)
		}
		rg.request("GET", "/nightly/{x}", http.StatusOK, 20*time.Millisecond)
		if after := baseline(); before == 0 || after == 0 || after/before > 1.05 || before/after > 1.05 {
			t.Errorf("the baseline was %v ms and is %v ms", before, after)
		}
		_ = rg.mon.Shutdown(t.Context())
	})
}
