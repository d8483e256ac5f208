// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
)

// labelerOf serves a request and gives what otelhttp's Labeler had in the end.
func labelerOf(path string, between func(http.Handler) http.Handler) (labels []attribute.KeyValue, rg *rig) {
	var labeler *otelhttp.Labeler
	mux := muxOf("GET /users/{id}", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		labeler, _ = otelhttp.LabelerFromContext(r.Context())
	}))
	rg = newRig(nil)
	rg.otel(between(rg.mw(mux))).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, nil))
	return labeler.Get(), rg
}

// The Labeler is spared where nothing is between otelhttp and us, and only there. Either way span and metric have the route.
func TestLabelerIsSparedBelowOtelhttp(t *testing.T) {
	known := runtime.GOARCH == "amd64" || runtime.GOARCH == "arm64"
	if (otelhttpCall() != 0) != known {
		t.Fatalf("on %s the place where otelhttp passes requests on is %#x", runtime.GOARCH, otelhttpCall())
	}
	same := func(h http.Handler) http.Handler { return h }
	copies := func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c := *r
			h.ServeHTTP(w, &c)
		})
	}
	for name, tt := range map[string]struct {
		between func(http.Handler) http.Handler
		prefix  string
		spared  bool
	}{
		"nothing":         {same, "", known},
		"a copy":          {copies, "", false},
		"a handler":       {func(h http.Handler) http.Handler { return http.HandlerFunc(h.ServeHTTP) }, "", false},
		"MaxBytesHandler": {func(h http.Handler) http.Handler { return http.MaxBytesHandler(h, 1<<10) }, "", false},
		"StripPrefix":     {func(h http.Handler) http.Handler { return http.StripPrefix("/api", h) }, "/api", false},
	} {
		labels, rg := labelerOf(tt.prefix+"/users/7", tt.between)
		route := tt.prefix + "/users/{id}"
		if spared := len(labels) == 0; spared != tt.spared {
			t.Errorf("%s in between: the Labeler has %v, want it spared: %t", name, labels, tt.spared)
		}
		span := rg.Ended(t, 1)
		if span.Name() != "GET "+route {
			t.Errorf("%s in between: span is named %q", name, span.Name())
		}
		if got := rg.MetricRoutes(t); len(got) != 1 || got[0] != route {
			t.Errorf("%s in between: routes of the metric are %q", name, got)
		}
	}
}

// A panic passes otelhttp by: it names no span then.
func TestSpanOfAPanicIsNamed(t *testing.T) {
	rg := newRig(nil)
	h := rg.otel(rg.mw(muxOf("GET /users/{id}", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("boom") }))))
	func() {
		defer func() { _ = recover() }()
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/users/7", nil))
	}()
	if span := rg.Ended(t, 1); span.Name() != "GET /users/{id}" {
		t.Errorf("span is named %q", span.Name())
	}
}

func TestCallerPC(t *testing.T) {
	if otelhttpCall() == 0 {
		t.Skip("not known on this processor")
	}
	frame, _ := runtime.CallersFrames([]uintptr{otelhttpCall()}).Next()
	if want := "go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp.(*middleware).serveHTTP"; frame.Function != want {
		t.Errorf("requests are passed on by %s, not %s", frame.Function, want)
	}
}
