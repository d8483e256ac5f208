// SPDX-License-Identifier: Apache-2.0

package access

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

func TestAuthorizerReplacesTheAddressChecks(t *testing.T) {
	g := New(Config{Authorizer: func(r *http.Request) bool {
		if r.Header.Get("X-User") == "bad" {
			panic("no such user")
		}
		return r.Header.Get("X-User") == "anna"
	}})
	for user, want := range map[string]int{"anna": 200, "bob": 403, "": 403, "bad": 403} {
		r := from("192.0.2.1:1", "192.0.2.2:2", "example.com")
		r.Header.Set("X-User", user)
		r.Header.Set("X-Forwarded-For", "192.0.2.3")
		if got := status(g, r); got != want {
			t.Errorf("%q: %d, want %d", user, got, want)
		}
	}
	if got := status(g, from("127.0.0.1:1", "127.0.0.1:2", "localhost")); got != 403 {
		t.Errorf("this machine, not authorized: %d", got)
	}
	if g.Faults() != 1 || g.Denied() != 4 {
		t.Errorf("%d faults, %d denied", g.Faults(), g.Denied())
	}
}

func TestBearerToken(t *testing.T) {
	const token = "correct horse battery staple"
	g := New(Config{BearerToken: token})
	tests := []struct {
		name   string
		values []string
		want   int
	}{
		{"right", []string{"Bearer " + token}, 200},
		{"scheme in lower case", []string{"bearer " + token}, 200},
		{"none", nil, 401},
		{"wrong", []string{"Bearer wrong"}, 401},
		{"beginning", []string{"Bearer " + token[:10]}, 401},
		{"longer", []string{"Bearer " + token + "x"}, 401},
		{"empty", []string{"Bearer "}, 401},
		{"no scheme", []string{token}, 401},
		{"Basic", []string{"Basic " + token}, 401},
		{"two headers", []string{"Bearer wrong", "Bearer " + token}, 401},
	}
	for _, tt := range tests {
		r := from("127.0.0.1:1", "127.0.0.1:2", "localhost") // being local does not help
		if tt.values != nil {
			r.Header["Authorization"] = tt.values
		}
		w := httptest.NewRecorder()
		g.Wrap(page).ServeHTTP(w, r)
		challenge := w.Header().Get("WWW-Authenticate")
		if w.Code != tt.want || (w.Code == 401) != strings.HasPrefix(challenge, "Bearer") {
			t.Errorf("%s: %d, challenge %q", tt.name, w.Code, challenge)
		}
	}
	r := from("192.0.2.1:1", "192.0.2.2:2", "example.com")
	r.Header.Set("Authorization", "Bearer "+token)
	if got := status(g, r); got != 200 {
		t.Errorf("from elsewhere with the token: %d", got)
	}
	r = httptest.NewRequest(http.MethodGet, "/summary?token="+strings.ReplaceAll(token, " ", "+"), nil)
	if got := status(g, r); got != 401 {
		t.Errorf("token in the query: %d", got)
	}
}

func TestEitherOfTokenAndAuthorizer(t *testing.T) {
	g := New(Config{BearerToken: "t", Authorizer: func(r *http.Request) bool { return r.Header.Get("X-User") == "anna" }})
	for _, tt := range []struct {
		key, value string
		want       int
	}{{"Authorization", "Bearer t", 200}, {"X-User", "anna", 200}, {"X-User", "bob", 401}} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set(tt.key, tt.value)
		if got := status(g, r); got != tt.want {
			t.Errorf("%s %s: %d", tt.key, tt.value, got)
		}
	}
}

func TestCrossOriginRequestsChangeNothing(t *testing.T) {
	guards := map[string]*Guard{
		"local":      New(Config{LocalChanges: true}),
		"authorizer": New(Config{Authorizer: func(*http.Request) bool { return true }}),
		"token":      New(Config{BearerToken: "t"}),
	}
	tests := []struct {
		method, header, value string
		want                  int
	}{
		{http.MethodPost, "Sec-Fetch-Site", "cross-site", 403},
		{http.MethodPatch, "Sec-Fetch-Site", "same-site", 403},
		{http.MethodDelete, "Sec-Fetch-Site", "cross-site", 403},
		{http.MethodPost, "Origin", "http://evil.com", 403},
		{http.MethodPost, "Origin", "null", 403},
		{http.MethodPost, "Origin", "http://localhost", 200},
		{http.MethodPost, "Sec-Fetch-Site", "same-origin", 200},
		{http.MethodPost, "Accept", "*/*", 200},
	}
	for name, g := range guards {
		for _, tt := range tests {
			r := from("127.0.0.1:1", "127.0.0.1:2", "localhost")
			r.Method = tt.method
			r.Header.Set(tt.header, tt.value)
			r.Header.Set("Authorization", "Bearer t")
			if got := status(g, r); got != tt.want {
				t.Errorf("%s: %s with %s: %s: %d, want %d", name, tt.method, tt.header, tt.value, got, tt.want)
			}
		}
	}
	r := from("127.0.0.1:1", "127.0.0.1:2", "evil.com") // a rebound name is same-origin to the browser
	r.Method = http.MethodPost
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if got := status(guards["local"], r); got != 403 {
		t.Errorf("rebound name: %d", got)
	}
}

func TestGuardConcurrentSafe(t *testing.T) {
	g := New(Config{BearerToken: "t", Authorizer: func(*http.Request) bool { panic("no") }})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				value := g.sessions.start()
				if !g.sessions.valid(value) {
					// another goroutine may have filled the list of ended sessions
					continue
				}
				g.sessions.end(value)
				if g.sessions.valid(value) {
					t.Error("a session goes on after its end")
				}
				_ = status(g, httptest.NewRequest(http.MethodGet, "/x", nil))
			}
		})
	}
	wg.Wait()
	if g.Denied() == 0 || g.Denied() != g.Faults() {
		t.Errorf("%d denied, %d faults", g.Denied(), g.Faults())
	}
}
