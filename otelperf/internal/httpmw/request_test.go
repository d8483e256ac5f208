// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// What a handler finds out about its request is seen above the middleware as it would be without it.
func TestRequestIsHandedUp(t *testing.T) {
	mux := muxOf("POST /users/{id}/{rest...}", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.SetPathValue("tenant", "acme")
		if r.FormValue("n") == "2" {
			r.SetPathValue("id", "8")
		}
		_ = r.ParseMultipartForm(1 << 10) // fails unless the form is of that kind
	}))
	mux.Handle("POST /plain", nop)
	see := func(wrap testrig.Wrapper, target, contentType, body string) map[string]string {
		r := httptest.NewRequest(http.MethodPost, target, strings.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		wrap(mux).ServeHTTP(httptest.NewRecorder(), r)
		seen := map[string]string{
			"Pattern": r.Pattern, "id": r.PathValue("id"), "rest": r.PathValue("rest"), "tenant": r.PathValue("tenant"), "none": r.PathValue("none"),
			"Form": r.Form.Encode(), "PostForm": r.PostForm.Encode(),
		}
		if r.MultipartForm != nil {
			seen["MultipartForm"] = strings.Join(r.MultipartForm.Value["n"], ",")
		}
		return seen
	}
	form, multi := "application/x-www-form-urlencoded", `multipart/form-data; boundary=b`
	for _, tt := range [][3]string{
		{"/users/7/a/b?x=1", form, "n=1&m=2"}, {"/users/7/", form, "n=2"},
		{"/users/7/c", multi, "--b\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\n1\r\n--b--\r\n"},
		{"/plain", form, "n=1"}, {"/nowhere", form, "n=1"},
	} {
		want := see(func(h http.Handler) http.Handler { return h }, tt[0], tt[1], tt[2])
		for name, mw := range map[string]testrig.Wrapper{
			"once":  New(Config{}),
			"twice": func(h http.Handler) http.Handler { mw := New(Config{}); return mw(mw(h)) },
			"two":   func(h http.Handler) http.Handler { return New(Config{})(New(Config{})(h)) },
		} {
			if got := see(mw, tt[0], tt[1], tt[2]); !maps.Equal(got, want) {
				t.Errorf("%s, %s: above is seen %v, want %v", tt[0], name, got, want)
			}
		}
	}
	if !pathValues.known {
		t.Error("http.Request has other fields now: path values take the slow way")
	}
}

func TestPathValuesByMethods(t *testing.T) {
	var passed *http.Request
	mux := muxOf("/a/{b}/{rest...}", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { passed = r }))
	r := httptest.NewRequest(http.MethodGet, "/a/1/2/3", nil)
	mux.ServeHTTP(httptest.NewRecorder(), r.WithContext(t.Context()))
	setPathValues(r, passed)
	if r.PathValue("b") != "1" || r.PathValue("rest") != "2/3" {
		t.Errorf("b is %q, rest is %q", r.PathValue("b"), r.PathValue("rest"))
	}
	if p := findPathFields(reflect.TypeFor[struct{ pat int }]()); p.known {
		t.Error("path values found where there are none")
	}
}

func TestRequestHasTheExchangeAsContext(t *testing.T) {
	if requestContext == 0 {
		t.Error("http.Request has another context now: copying a request takes an allocation of its own")
	}
	if findContext(reflect.TypeFor[struct{ ctx int }]()) != 0 {
		t.Error("a context found where there is none")
	}
	for _, at := range []uintptr{requestContext, 0} {
		was := requestContext
		requestContext = at
		r := httptest.NewRequest(http.MethodPost, "/a?b=c", strings.NewReader("body"))
		e := newExchange(&middleware{}, httptest.NewRecorder(), r)
		passed := e.with()
		requestContext = was
		if passed == r || passed.Context() != context.Context(e) || r.Context() == context.Context(e) {
			t.Errorf("by offset %d: the contexts are %v and %v", at, passed.Context(), r.Context())
		}
		if !reflect.DeepEqual(passed, r.WithContext(e)) {
			t.Errorf("by offset %d: passed on is %+v", at, passed)
		}
	}
}

func TestMetricAttributesSeePathValues(t *testing.T) {
	var id, route string
	rg := newRig(nil, otelhttp.WithMetricAttributesFn(func(r *http.Request) []attribute.KeyValue { //nolint:staticcheck // programs use it
		id, route = r.PathValue("id"), r.Pattern
		return nil
	}))
	rg.Serve(t, rg.otel(rg.mw(testrig.Shop(nil))), false)
	rg.Get(t, "/users/7")
	rg.Ended(t, 1)
	if id != "7" || route != "GET /users/{id}" {
		t.Errorf("otelhttp's function sees id %q of %q", id, route)
	}
}
