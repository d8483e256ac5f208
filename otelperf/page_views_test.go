// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"context"
	"encoding/json"
	"net/http"
	"path"
	"regexp"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf"
	analytics "github.com/otelperf/otelperf-go/otelperf/events"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// What the page's scripts ask for is what the endpoint has: each path is one of openapi.json, and each field in snake_case is
// a property of one of its schemas.
func TestPageAsksForWhatThereIs(t *testing.T) {
	rg := newRig(t, plan{}, everybody)
	var doc map[string]any
	if err := json.Unmarshal(testrig.Call(rg.mon.Handler(), http.MethodGet, "/openapi.json").Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	paths, _ := doc["paths"].(map[string]any)
	fields := map[string]bool{}
	properties(doc["components"], fields)
	asked := regexp.MustCompile(`[^.\w]get\("([a-z/]+?)/?["?]`)
	text := regexp.MustCompile(`"[^"]*"`)
	field := regexp.MustCompile(`\.([a-z0-9]+(?:_[a-z0-9]+)+)\b`)
	var nPaths, nFields int
	for name, body := range pageFiles(t) {
		if path.Ext(name) != ".js" {
			continue
		}
		for _, m := range asked.FindAllStringSubmatch(body, -1) {
			nPaths++
			if paths["/"+m[1]] == nil {
				t.Errorf("%s asks for %s, which openapi.json does not have", name, m[1])
			}
		}
		for _, m := range field.FindAllStringSubmatch(text.ReplaceAllString(body, ""), -1) {
			nFields++
			if !fields[m[1]] {
				t.Errorf("%s reads the field %s, which no schema of openapi.json has", name, m[1])
			}
		}
	}
	if nPaths < 8 || nFields < 60 {
		t.Errorf("only %d paths and %d fields were found in the scripts: look at the expressions", nPaths, nFields)
	}
}

// properties notes the names of all properties below v.
func properties(v any, names map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		own, _ := v["properties"].(map[string]any)
		for name := range own {
			names[name] = true
		}
		for _, child := range v {
			properties(child, names)
		}
	case []any:
		for _, child := range v {
			properties(child, names)
		}
	}
}

// The page asks for events only where the configuration says that there are some: elsewhere their paths are not there.
func TestConfigTellsOfEvents(t *testing.T) {
	for _, on := range []bool{false, true} {
		opts := []otelperf.Option{everybody}
		want := http.StatusNotFound
		if on {
			opts, want = append(opts, otelperf.WithEvents()), http.StatusOK
		}
		rg := newRig(t, plan{}, opts...)
		h := rg.mon.Handler()
		if got := answer(t, h, "/config")["events"]; got != on {
			t.Errorf("config says events are %v, want %v", got, on)
		}
		for _, path := range []string{"/stats", "/events/recent"} {
			if w := testrig.Call(h, http.MethodGet, path); w.Code != want {
				t.Errorf("with events %v, GET %s: %d, want %d", on, path, w.Code, want)
			}
		}
	}
}

// The fields that the page shows of events are there. Those of recent events are not in a Go type.
func TestEventsForThePage(t *testing.T) {
	rg := newRig(t, plan{}, everybody, otelperf.WithEvents())
	h := rg.mon.Handler()
	ctx, span := rg.tracer.Start(t.Context(), "GET /")
	if err := rg.mon.Events().Track(ctx, analytics.Event{Name: "cart.item_added", SessionID: "s", Page: "/cart", Properties: []attribute.KeyValue{attribute.Int("cart.items", 2)}}); err != nil {
		t.Fatal(err)
	}
	span.End()
	recent, _ := answer(t, h, "/events/recent?limit=50")["events"].([]any)
	if len(recent) != 1 {
		t.Fatalf("recent events are %v, want one", recent)
	}
	event, _ := recent[0].(map[string]any)
	for name, want := range map[string]any{"name": "cart.item_added", "page": "/cart", "session_id": "s", "source": "server", "trace_id": span.SpanContext().TraceID().String()} {
		if event[name] != want {
			t.Errorf("%s is %v, want %v", name, event[name], want)
		}
	}
	if attributes, _ := event["attributes"].(map[string]any); attributes["cart.items"] != 2.0 || event["observed_time"] == nil || event["time"] == nil {
		t.Errorf("the event is %v", event)
	}
	if minutes, _ := answer(t, h, "/stats")["minutes"].([]any); len(minutes) != 60 {
		t.Errorf("%d minutes, want 60", len(minutes))
	}
}

// Before its route is known, a request is shown by its method and path.
func TestActiveBeforeTheRouteIsKnown(t *testing.T) {
	for name, want := range map[string]struct{ Method, Route, Path string }{
		"POST":         {Method: "POST", Path: "/orders/17"},
		"POST /orders": {Method: "POST", Route: "/orders", Path: "/orders/17"},
		"shop":         {Route: "shop", Path: "/orders/17"},
	} {
		rg := newRig(t, plan{}, everybody)
		_, span := rg.tracer.Start(context.Background(), name, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
			attribute.String("http.request.method", "POST"), attribute.String("url.path", "/orders/17")))
		list, _ := answer(t, rg.mon.Handler(), "/active")["active"].([]any)
		if len(list) != 1 {
			t.Fatalf("%s: running are %v, want one", name, list)
		}
		if got, _ := list[0].(map[string]any); got["method"] != want.Method || got["route"] != want.Route || got["path"] != want.Path {
			t.Errorf("%s: got %v, want method %q, route %q, path %q", name, got, want.Method, want.Route, want.Path)
		}
		span.End()
	}
}
