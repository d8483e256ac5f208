// SPDX-License-Identifier: Apache-2.0

package events

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
)

func TestServeRecent(t *testing.T) {
	tr, _ := newTracker(t)
	ctx, sc := spanContext(5)
	for i := range 5 {
		_ = tr.Track(ctx, Event{Name: fmt.Sprintf("e%d", i%2), Properties: []attribute.KeyValue{
			attribute.Int("i", i), attribute.Map("m", attribute.String("k", "\"quoted\" \u2028")), attribute.ByteSlice("b", []byte{1}),
		}})
	}
	h := http.HandlerFunc(tr.ServeRecent)
	var got struct {
		Events []struct {
			Name       string
			TraceID    string `json:"trace_id"`
			Attributes map[string]any
		}
	}
	w := send(h, "GET", "/?limit=2&name=e0", "", "")
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatalf("%v: %s", err, w.Body)
	}
	e := got.Events
	if len(e) != 2 || e[0].Name != "e0" || e[0].Attributes["i"] != 4.0 || e[1].Attributes["i"] != 2.0 || e[0].TraceID != sc.TraceID().String() {
		t.Errorf("events %s", w.Body)
	}
	if m, ok := e[0].Attributes["m"].(map[string]any); !ok || m["k"] != "\"quoted\" \u2028" {
		t.Errorf("map property %v", e[0].Attributes["m"])
	}
	if w = send(h, "GET", "/?limit=x", "", ""); w.Code != 400 || !strings.Contains(w.Body.String(), `"field":"limit"`) {
		t.Errorf("limit=x: %d %s", w.Code, w.Body)
	}
	if w = send(h, "POST", "/", "", ""); w.Code != 405 || w.Header().Get("Allow") != "GET" {
		t.Errorf("POST: %d", w.Code)
	}
}

func TestServeStats(t *testing.T) {
	tr, _ := newTracker(t)
	_ = tr.Track(t.Context(), Event{Name: "a"})
	w := send(http.HandlerFunc(tr.ServeStats), "GET", "/", "", "")
	var s Stats
	if err := json.Unmarshal(w.Body.Bytes(), &s); err != nil || w.Code != 200 {
		t.Fatalf("%d %v: %s", w.Code, err, w.Body)
	}
	if s.Accepted != 1 || len(s.Minutes) != 60 || s.Names[0].Name != "a" || s.WebVitals == nil || s.Sampling.Events != 1 {
		t.Errorf("stats %s", w.Body)
	}
}

func TestServeFlush(t *testing.T) {
	rec := &recorder{}
	tr := newTrackerOn(t, rec)
	_ = tr.Track(t.Context(), Event{Name: "a"})
	h := http.HandlerFunc(tr.ServeFlush)
	if w := send(h, "POST", "/", "", ""); w.Code != 200 || !strings.Contains(w.Body.String(), `"queued":0`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	end := make(chan struct{})
	defer close(end)
	rec.flush = func(context.Context) error { <-end; return nil }
	_ = tr.Track(t.Context(), Event{Name: "a"})
	w := send(h, "POST", "/?timeout=10ms", "", "")
	if w.Code != 504 || !strings.Contains(w.Body.String(), `"unconfirmed":1`) || w.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("collector down: %d %s", w.Code, w.Body)
	}
	failing := newTrackerOn(t, &recorder{flush: func(context.Context) error { return errDown }})
	_ = failing.Track(t.Context(), Event{Name: "a"})
	w = send(http.HandlerFunc(failing.ServeFlush), "POST", "/", "", "")
	if w.Code != 502 || !strings.Contains(w.Body.String(), `"lost":`) || !strings.Contains(w.Body.String(), errDown.Error()) {
		t.Errorf("the provider fails: %d %s", w.Code, w.Body)
	}
	for _, q := range []string{"x", "0s", "-1s", "31s"} {
		if w = send(h, "POST", "/?timeout="+q, "", ""); w.Code != 400 {
			t.Errorf("timeout=%s: %d", q, w.Code)
		}
	}
	if w = send(h, "GET", "/", "", ""); w.Code != 405 {
		t.Errorf("GET: %d", w.Code)
	}
}

func TestServeConfig(t *testing.T) {
	var log bytes.Buffer
	tr, _ := newTracker(t, WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	h := http.HandlerFunc(tr.ServeConfig)
	w := send(h, "PATCH", "/", "application/json", `{"sampling":{"events":0.5}}`)
	if want := `{"sampling":{"events":0.5,"requests":0.1,"exceptions":1}}`; w.Code != 200 || w.Body.String() != want {
		t.Errorf("%d %s, want %s", w.Code, w.Body, want)
	}
	if !strings.Contains(log.String(), "sampling changed") {
		t.Errorf("log %q", log.String())
	}
	for body, want := range map[string]int{
		`{"sampling":{"events":1.5}}`:              400,
		`{"sampling":{"events":"all"}}`:            400,
		`{"sampling":{"event":1}}`:                 400,
		`{"sampling":{"events":1},"queue_size":9}`: 400,
		`{"sampling":{"events":0,"events":1}}`:     400,
		`[]`:                                       400,
		``:                                         400,
		`{"sampling":{}` + strings.Repeat(" ", 4096) + `}`: 413,
	} {
		if w = send(h, "PATCH", "/", "application/json", body); w.Code != want {
			t.Errorf("%.60s: %d, want %d", body, w.Code, want)
		}
	}
	if w = send(h, "PATCH", "/", "text/html", `{}`); w.Code != 415 {
		t.Errorf("text/html: %d", w.Code)
	}
	if got := tr.Sampling(); got != (Sampling{0.5, 0.1, 1}) {
		t.Errorf("in force %+v", got)
	}
	if w = send(h, "GET", "/", "", ""); w.Code != 200 || !strings.Contains(w.Body.String(), `"events":0.5`) {
		t.Errorf("GET: %d %s", w.Code, w.Body)
	}
	if w = send(h, "DELETE", "/", "", ""); w.Code != 405 || w.Header().Get("Allow") != "GET, PATCH" {
		t.Errorf("DELETE: %d %v", w.Code, w.Header())
	}
}
