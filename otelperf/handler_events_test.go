// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/log/embedded"

	"github.com/otelperf/otelperf-go/otelperf"
	analytics "github.com/otelperf/otelperf-go/otelperf/events"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// eventSink is a log provider that remembers the names of what is emitted, and whose ForceFlush a test decides on.
type eventSink struct {
	embedded.LoggerProvider
	flush func(context.Context) error // nil: succeeds

	mu    sync.Mutex // guards names
	names []string
}

type sinkLogger struct {
	embedded.Logger
	sink *eventSink
}

func (s *eventSink) Logger(string, ...log.LoggerOption) log.Logger { return sinkLogger{sink: s} }

func (l sinkLogger) Enabled(context.Context, log.EnabledParameters) bool { return true }

func (l sinkLogger) Emit(_ context.Context, r log.Record) {
	l.sink.mu.Lock()
	defer l.sink.mu.Unlock()
	l.sink.names = append(l.sink.names, r.EventName())
}

func (s *eventSink) ForceFlush(ctx context.Context) error {
	if s.flush == nil {
		return nil
	}
	return s.flush(ctx)
}

func (s *eventSink) emitted() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.names, " ")
}

func track(t *testing.T, rg *rig, events ...analytics.Event) {
	t.Helper()
	for _, e := range events {
		if err := rg.mon.Events().Track(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRecentEvents(t *testing.T) {
	rg := newRig(t, plan{}, everybody, otelperf.WithEvents())
	h := rg.mon.Handler()
	if w := testrig.Call(h, http.MethodGet, "/events/recent"); w.Code != http.StatusOK || strings.TrimSpace(w.Body.String()) != `{"count":0,"events":[],"slow_requests":[]}` {
		t.Errorf("of no events: %d %s", w.Code, w.Body)
	}
	for i := range 5 {
		track(t, rg, analytics.Event{Name: fmt.Sprintf("e%d", i%2), Properties: []attribute.KeyValue{
			attribute.Int("i", i), attribute.Map("m", attribute.String("k", "\"quoted\" \u2028")), attribute.ByteSlice("b", []byte{1}),
		}})
	}
	for query, want := range map[string][]any{
		"": {4.0, 3.0, 2.0, 1.0, 0.0}, "?limit=2": {4.0, 3.0}, "?limit=0": {}, "?name=e1": {3.0, 1.0}, "?limit=2&name=e0": {4.0, 2.0}, "?name=none": {},
	} {
		got := []any{}
		for _, e := range listOf(answer(t, h, "/events/recent"+query), "events") {
			attributes := e["attributes"].(map[string]any)
			got = append(got, attributes["i"])
			if m, _ := attributes["m"].(map[string]any); m["k"] != "\"quoted\" \u2028" || attributes["b"] != "AQ==" {
				t.Errorf("attributes %v", attributes)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%q: %v, want %v", query, got, want)
		}
	}
	for _, query := range []string{"?limit=x", "?limit=-1", "?limit=1.5"} {
		if w := testrig.Call(h, http.MethodGet, "/events/recent"+query); w.Code != http.StatusBadRequest || object(t, w.Body.String())["field"] != "limit" {
			t.Errorf("%s: %d %s", query, w.Code, w.Body)
		}
	}
}

func TestEventStats(t *testing.T) {
	rg := newRig(t, plan{}, everybody, otelperf.WithEvents())
	track(t, rg, analytics.Event{Name: "a"})
	w := testrig.Call(rg.mon.Handler(), http.MethodGet, "/stats")
	var s analytics.Stats
	if err := json.Unmarshal(w.Body.Bytes(), &s); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d %v: %s", w.Code, err, w.Body)
	}
	if s.Accepted != 1 || len(s.Minutes) != 60 || s.Names[0].Name != "a" || s.WebVitals == nil || s.Sampling != analytics.DefaultSampling() {
		t.Errorf("stats %s", w.Body)
	}
}

// A flush says what is left or lost, in its answer or in its problem.
func TestEventFlush(t *testing.T) {
	end := make(chan struct{})
	defer close(end)
	for _, tt := range []struct {
		about, query string
		flush        func(context.Context) error
		status       int
		left, lost   float64
	}{
		{"all is well", "", nil, http.StatusOK, 0, 0},
		{"the provider fails", "", func(context.Context) error { return errors.New("no route") }, http.StatusBadGateway, 0, 1},
		{"the provider hangs", "?timeout=10ms", func(context.Context) error { <-end; return nil }, http.StatusGatewayTimeout, 1, 0},
		{"not a duration", "?timeout=x", nil, http.StatusBadRequest, 0, 0},
		{"no time", "?timeout=0s", nil, http.StatusBadRequest, 0, 0},
		{"too much time", "?timeout=31s", nil, http.StatusBadRequest, 0, 0},
	} {
		t.Run(tt.about, func(t *testing.T) {
			sink := &eventSink{flush: tt.flush}
			rg := newRig(t, plan{}, everybody, otelperf.WithLoggerProvider(sink), otelperf.WithEvents())
			track(t, rg, analytics.Event{Name: "a"})
			w := testrig.Call(rg.mon.Handler(), http.MethodPost, "/events/flush"+tt.query)
			v := object(t, w.Body.String())
			if w.Code != tt.status {
				t.Fatalf("%d %s, want %d", w.Code, w.Body, tt.status)
			}
			if tt.status == http.StatusBadRequest {
				if v["field"] != "timeout" {
					t.Errorf("the problem is %v", v)
				}
				return
			}
			if tt.status != http.StatusOK {
				if w.Header().Get("Content-Type") != "application/problem+json" || v["type"] != "about:blank" || v["detail"] == nil {
					t.Errorf("%v %v", w.Header(), v)
				}
				v, _ = v["flush"].(map[string]any)
			}
			queued, _ := v["queued"].(float64)
			unconfirmed, _ := v["unconfirmed"].(float64)
			if queued+unconfirmed != tt.left || v["lost"] != tt.lost {
				t.Errorf("the numbers are %v, want %v left and %v lost", v, tt.left, tt.lost)
			}
		})
	}
}

func patchEvents(h http.Handler, contentType, body string) *httptest.ResponseRecorder {
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodPatch, "/events/config", strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	h.ServeHTTP(w, r)
	return w
}

// The sampling can be changed while the service runs, all of a change or nothing.
func TestEventConfig(t *testing.T) {
	rg := newRig(t, plan{}, everybody, otelperf.WithEvents())
	h := rg.mon.Handler()
	const want = `{"sampling":{"events":0.5,"requests":0,"exceptions":1}}`
	if w := patchEvents(h, "application/json", `{"sampling":{"events":0.5}}`); w.Code != http.StatusOK || strings.TrimSpace(w.Body.String()) != want {
		t.Errorf("%d %s, want %s", w.Code, w.Body, want)
	}
	for body, status := range map[string]int{
		`{"sampling":{"events":1.5}}`:               400,
		`{"sampling":{"events":0.1,"requests":-1}}`: 400,
		`{"sampling":{"events":"all"}}`:             400,
		`{"sampling":{"events":null}}`:              400,
		`{"sampling":{"event":1}}`:                  400,
		`{"sampling":null}`:                         400,
		`{"sampling":[]}`:                           400,
		`{"sampling":{"events":1},"queue_size":9}`:  400,
		`{"Sampling":{"events":1}}`:                 400,
		`{}`:                                        400,
		`[]`:                                        400,
		``:                                          400,
		`{"sampling":{` + strings.Repeat(" ", 5000): 413,
	} {
		w := patchEvents(h, "application/json", body)
		if w.Code != status || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%.60s: %d, want %d", body, w.Code, status)
		}
	}
	if w := patchEvents(h, "text/plain", `{"sampling":{"events":1}}`); w.Code != http.StatusUnsupportedMediaType {
		t.Errorf("text/plain: %d", w.Code)
	}
	if w := testrig.Call(h, http.MethodGet, "/events/config"); w.Code != http.StatusOK || strings.TrimSpace(w.Body.String()) != want {
		t.Errorf("GET: %d %s, want %s", w.Code, w.Body, want)
	}
	if w := patchEvents(h, "application/json", `{"sampling":{"events":0.5}}`); w.Code != http.StatusOK {
		t.Errorf("what is in force already: %d", w.Code)
	}
	if lines := rg.logged(t, "event sampling changed", 1); len(lines) != 1 || !strings.Contains(lines[0], `"before":{"events":1,`) {
		t.Errorf("the log has %v, want one line", lines)
	}
	if w := testrig.Call(h, http.MethodDelete, "/events/config"); w.Code != http.StatusMethodNotAllowed || !strings.Contains(w.Header().Get("Allow"), "PATCH") {
		t.Errorf("DELETE: %d %v", w.Code, w.Header())
	}
}

// Whoever may not look at the endpoint may not look at events either, nor flush them or change their sampling.
func TestEventPathsAreGuarded(t *testing.T) {
	rg := newRig(t, plan{}, otelperf.WithAuthorizer(func(*http.Request) bool { return false }), otelperf.WithEvents())
	h := rg.mon.Handler()
	for _, ask := range []string{"GET /events/recent", "GET /stats", "POST /events/flush", "GET /events/config", "PATCH /events/config"} {
		method, path, _ := strings.Cut(ask, " ")
		if w := testrig.Call(h, method, path); w.Code != http.StatusForbidden {
			t.Errorf("%s: %d, want 403", ask, w.Code)
		}
	}
}
