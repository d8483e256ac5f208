// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

func TestRequestLine(t *testing.T) {
	tests := []struct{ path, line, level, outcome, route string }{
		{"/users/7?token=secret", `^GET /users/7 - 200 - \d+\.\d\dms$`, "INFO", "ok", "/users/{id}"},
		{"/fail", `^GET /fail - 502 - \d+\.\d\dms$`, "ERROR", "server_error", "/fail"},
		{"/panic", `^GET /panic - 500 - \d+\.\d\dms$`, "ERROR", "panic", "/panic"},
		{"/no%0a%1b%5b31m%20-%20200", `^GET /no%0a%1b%5b31m%20-%20200 - 404 - \d+\.\d\dms$`, "INFO", "client_error", ""},
	}
	for _, place := range places[1:] {
		for _, tt := range tests {
			rg := newRig(nil)
			rg.Serve(t, place.chain(rg, testrig.Shop(nil)), false)
			_, _, _ = rg.Do(t.Context(), http.MethodGet, tt.path)
			rg.nextDone(t)
			span := rg.Ended(t, 1).SpanContext()
			var got map[string]any
			if err := json.Unmarshal([]byte(rg.Log.String()), &got); err != nil {
				t.Fatalf("%s: not one line: %q", place.name, rg.Log.String())
			}
			if msg, _ := got["msg"].(string); !regexp.MustCompile(tt.line).MatchString(msg) {
				t.Errorf("%s: %q, want %s", place.name, msg, tt.line)
			}
			route, _ := got["http.route"].(string)
			if got["level"] != tt.level || got["outcome"] != tt.outcome || route != tt.route ||
				got["trace_id"] != span.TraceID().String() || got["span_id"] != span.SpanID().String() ||
				got["http.request.method"] != "GET" || got["duration_ms"] == nil || got["http.response.body.size"] == nil {
				t.Errorf("%s, %s: %v", place.name, tt.path, got)
			}
		}
	}
}

// A logger that panics changes no reply, wherever it does.
func TestLogCannotChangeTheReply(t *testing.T) {
	bad := map[string]func(*Config){
		"handler": func(c *Config) { c.Logger = func() *slog.Logger { return slog.New(badHandler{}) } },
		"Logger":  func(c *Config) { c.Logger = func() *slog.Logger { panic("no logger") } },
		"rate":    func(c *Config) { c.RequestLogRate = func() float64 { panic("no rate") } },
		"OnDone":  func(c *Config) { c.OnDone = func(context.Context, Done) { panic("no") } },
		"Stopped": func(c *Config) { c.Stopped = func() bool { panic("no") } },
		"Ignore":  func(c *Config) { c.Ignore = func(*http.Request) bool { panic("no") } },
	}
	for name, adjust := range bad {
		rg := newRig(adjust)
		rg.Serve(t, rg.otel(rg.mw(testrig.Shop(nil))), false)
		resp, body := rg.Get(t, "/users/7")
		if resp.StatusCode != 200 || body != "7" {
			t.Errorf("%s: reply %d %q", name, resp.StatusCode, body)
		}
		faults, ofLoggers := uint64(1), uint64(0)
		if name == "handler" { // it is the program's
			faults, ofLoggers = 0, 1
		}
		if c := &rg.counters; c.Faults.Count() != faults || c.LogPanics.Load() != ofLoggers {
			t.Errorf("%s: %d faults and %d panics of log handlers counted, want %d and %d", name, c.Faults.Count(), c.LogPanics.Load(), faults, ofLoggers)
		}
	}
}

type badHandler struct{ slog.Handler }

func (badHandler) Enabled(context.Context, slog.Level) bool  { return true }
func (badHandler) Handle(context.Context, slog.Record) error { panic("disk full") }

func TestRateChangesWhileRunning(t *testing.T) {
	var rate atomic.Uint64
	rg := newRig(func(c *Config) { c.RequestLogRate = func() float64 { return math.Float64frombits(rate.Load()) } })
	h := rg.mw(nop)
	lines := func(r float64, n int) int {
		rate.Store(math.Float64bits(r))
		before := strings.Count(rg.Log.String(), "\n")
		for range n {
			h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
			<-rg.done
		}
		return strings.Count(rg.Log.String(), "\n") - before
	}
	if got := lines(0, 10); got != 0 || rg.counters.Suppressed.Load() != 0 {
		t.Errorf("rate 0: %d lines", got)
	}
	if got := lines(1, 10); got != 10 {
		t.Errorf("rate 1: %d lines of 10", got)
	}
	got := lines(0.25, 2000)
	if got < 400 || got > 600 {
		t.Errorf("rate 0.25: %d lines of 2000", got)
	}
	if s := rg.counters.Suppressed.Load(); int(s) != 2000-got {
		t.Errorf("%d suppressed, want %d", s, 2000-got)
	}
	if got := lines(math.NaN(), 10); got != 0 {
		t.Errorf("rate NaN: %d lines", got)
	}
}

func TestTracesAreChosenWhole(t *testing.T) {
	n := 0
	for i := range 10000 {
		id := trace.TraceID{0: 1, 8: byte(i), 9: byte(i * 31), 10: byte(i >> 8), 15: byte(i)}
		a := trace.NewSpanContext(trace.SpanContextConfig{TraceID: id, SpanID: trace.SpanID{1}})
		b := trace.NewSpanContext(trace.SpanContextConfig{TraceID: id, SpanID: trace.SpanID{2}})
		if chosen(a, 0.5) != chosen(b, 0.5) {
			t.Fatal("two spans of a trace are not chosen alike")
		}
		if chosen(a, 0.1) && !chosen(a, 0.5) {
			t.Fatal("a higher rate leaves out what a lower one chose")
		}
		if chosen(a, 0.5) {
			n++
		}
	}
	if n < 4000 || n > 6000 {
		t.Errorf("%d of 10000 chosen at 0.5", n)
	}
}

func TestStoppedServesOn(t *testing.T) {
	var stopped atomic.Bool
	rg := newRig(func(c *Config) { c.Stopped = stopped.Load })
	rg.Serve(t, rg.otel(testrig.Lose(rg.mw(testrig.Shop(nil)))), false)
	stopped.Store(true)
	resp, body := rg.Get(t, "/users/7")
	_, _, _ = rg.Do(t.Context(), http.MethodGet, "/panic")
	if body != "7" || resp.Header.Get(headerResponseTime) == "" || testrig.SpanAttr(rg.Spans.Ended()[0], "http.route") != "/users/{id}" {
		t.Errorf("served %q with %v", body, resp.Header)
	}
	if rg.Log.String() != "" || len(rg.done) != 0 || len(rg.panics) != 0 {
		t.Errorf("after the stop: log %q, %d reported, %d panics", rg.Log.String(), len(rg.done), len(rg.panics))
	}
}

func TestIgnoredIsUntouched(t *testing.T) {
	rg := newRig(func(c *Config) { c.Ignore = func(r *http.Request) bool { return r.URL.Path == "/healthz" } })
	r := httptest.NewRequest(http.MethodGet, "/healthz", nil)
	w := httptest.NewRecorder()
	rg.mw(rg.mw(http.HandlerFunc(func(gw http.ResponseWriter, gr *http.Request) {
		if gw != http.ResponseWriter(w) || gr != r {
			t.Error("writer or request were replaced")
		}
	}))).ServeHTTP(w, r)
	if len(w.Header()) != 0 || len(rg.done) != 0 {
		t.Errorf("headers %v, %d reported", w.Header(), len(rg.done))
	}
}

func FuzzShownPath(f *testing.F) {
	f.Add("/a b\x1b[31m\r\n", "")
	f.Add("/caf\u00e9\u202e\u2028", "/caf%C3%A9")
	f.Add("/%", "/%zz")
	f.Add(strings.Repeat("/\x00", 999), "")
	f.Fuzz(func(t *testing.T, path, raw string) {
		got := shownPath(path, raw)
		if len(got) > maxShownPath+3 {
			t.Errorf("%d bytes", len(got))
		}
		for _, c := range []byte(got) {
			if c <= ' ' || c >= 0x7f || c == '"' || c == '\\' {
				t.Fatalf("%q shown as %q", path, got)
			}
		}
		if back, err := url.PathUnescape(got); err == nil && len(got) <= maxShownPath && back != path {
			t.Errorf("%q shown as %q, which means %q", path, got, back)
		}
	})
}

func ExampleNew() {
	mw := New(Config{Headers: true, OnDone: func(_ context.Context, d Done) {
		fmt.Println(d.Method, d.Route, d.Status, d.Outcome)
	}})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /users/{id}", func(http.ResponseWriter, *http.Request) {})
	mw(mux).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/users/7", nil))
	// Output: GET /users/{id} 200 ok
}
