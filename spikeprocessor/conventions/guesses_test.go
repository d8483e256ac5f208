// SPDX-License-Identifier: Apache-2.0

package conventions

import (
	"fmt"
	"testing"
)

// What the name says and what the client asked for, in all the shapes that they have.
func TestNamesThatArePaths(t *testing.T) {
	for _, tt := range []struct {
		about    string
		name     string
		attrs    []any
		unproven bool
	}{
		{"the path", "GET /cart", []any{"url.path", "/cart"}, true},
		{"the path, old", "GET /cart", []any{"http.target", "/cart?a=b"}, true},
		{"the path, of a URL", "GET /cart", []any{"http.url", "http://shop.example/cart?a=/b"}, true},
		{"the path with a wildcard in it", "GET /{id}", []any{"url.path", "/{id}"}, true},
		{"the escaped path", "GET /a%20b", []any{"url.path", "/a b"}, true},
		{"the path, escaped elsewhere", "GET /a b", []any{"http.target", "/a%20b"}, true},
		{"escaped in another way", "GET /%c3%a4/x", []any{"http.target", "/%C3%A4/%78"}, true},
		{"a percent sign at the end", "GET /a%2", []any{"url.path", "/a%2"}, true},
		{"the path below a prefix", "GET /users/17", []any{"url.path", "/v1/users/17"}, true},
		{"the path without the slash at its end", "GET /users/17", []any{"url.path", "/users/17/"}, true},
		{"the path with one", "GET /users/17/", []any{"url.path", "/users/17"}, true},
		{"the path in small letters", "GET /users/é", []any{"url.path", "/Users/%C3%89"}, true},
		{"the path below a host", "GET /127.0.0.1:80/users/17/", []any{"url.path", "/users/17/"}, true},
		{"the root below a host", "GET /shop.example/", []any{"url.path", "/"}, true},
		{"a template below a prefix", "GET /api/{$}", []any{"url.path", "/"}, false},
		{"a template", "GET /users/{id}", []any{"url.path", "/users/17"}, false},
		{"a subtree", "GET /static/", []any{"url.path", "/a/static/"}, false},
		{"the root", "GET /", []any{"url.path", "/wp-login.php"}, false},
		{"no path", "GET /cart", nil, false},
		{"no route", "GET", []any{"url.path", "/cart"}, false},
		{"a route besides", "GET /cart", []any{"url.path", "/cart", "http.route", "/cart"}, false},
	} {
		s := Span{Kind: server, Name: tt.name, Attributes: attrs(append(tt.attrs, "http.request.method", "GET", "http.response.status_code", 200)...)}
		if r := s.Request(); r.Unproven != tt.unproven {
			t.Errorf("%s: unproven is %v, want %v", tt.about, r.Unproven, tt.unproven)
		}
	}
	for _, code := range []any{12, "UNIMPLEMENTED", "unimplemented", "12"} {
		s := Span{Kind: server, Name: "a.B/C", Attributes: attrs("rpc.system.name", "grpc", "rpc.method", "a.B/C", "rpc.response.status_code", code)}
		if r := s.Request(); !r.Unmatched() {
			t.Errorf("an RPC with status %v is %+v", code, r)
		}
	}
}

// What has more in it than a path is no route: the query would be in rows and in http.route.
func TestNamesWithAQuery(t *testing.T) {
	for _, name := range []string{"/a?t=secret", "/a#t=secret", "/a;t=secret", "/a%3Ft=secret", "/a%3ft=secret"} {
		s := Span{Kind: server, Name: "GET " + name, Attributes: attrs("url.path", "/a", "http.request.method", "GET", "http.response.status_code", 200)}
		if r := s.Request(); r.Route != UnmatchedRoute || r.Unproven || !NamedOtherwise("GET", s.Name) {
			t.Errorf("%s is %+v", name, r)
		}
	}
	for route, want := range map[string]string{
		"/u?t=secret": "/u", "/{id:[0-9]?}/x?t={secret": "/{id:[0-9]?}/x", "/{a}": "/{a}", "?": "", "}?": "}",
	} {
		if got := Template(route); got != want {
			t.Errorf("the template of %s is %s, want %s", route, got, want)
		}
		for _, kind := range []any{"url.path", "http.target"} {
			if got, want := Path(attrs(kind, "/u?t=secret")), "/u"; got != want {
				t.Errorf("the path of %s is %s", kind, got)
			}
		}
	}
	s := Span{Kind: server, Attributes: attrs("http.route", "/u?t=secret", "http.request.method", "GET")}
	if r := s.Request(); r.Route != "/u" {
		t.Errorf("the request is %+v", r)
	}
}

func get(route string, status int) *Request {
	return &Request{Method: "GET", Route: route, Status: status, Unproven: true}
}

func TestGuessesAtSight(t *testing.T) {
	g := NewGuesses()
	if g.Admit(get("/none", 404)) || g.Admit(get("/none", 405)) {
		t.Error("a route is admitted that answers 404 or 405")
	}
	n := 0
	for i := range 600 {
		if g.Admit(get(fmt.Sprint("/scan/", i), 200)) {
			n++
		}
	}
	if n != GuessesAtSight {
		t.Errorf("%d of 600 are admitted at sight, want %d", n, GuessesAtSight)
	}
}

// Where paths are doubted, those that are asked for again and again are admitted, however many others there are.
func TestDoubtedGuesses(t *testing.T) {
	g := NewGuesses()
	g.Doubted = true
	got := map[string]int{}
	for i := range 3000 {
		route := fmt.Sprintf("/v2/shop/blobs/sha256:%064x", i%500)
		switch i % 10 {
		case 0:
			route = "/healthz"
		case 5:
			route = "/v2/"
		case 7:
			route = fmt.Sprintf("/once/%c%c%c", 'a'+i%26, 'a'+i/26%26, 'a'+i/676)
		}
		if got[route] == 0 && g.Admit(get(route, 200)) {
			got[route] = i
		}
	}
	if len(got) != 2 || got["/healthz"] != 40 || got["/v2/"] != 45 {
		t.Errorf("admitted are %v, want /healthz and /v2/ at the fifth request", got)
	}
}

func TestIDsInPaths(t *testing.T) {
	for path, want := range map[string]bool{
		"/users/17": true, "/v1/users": false, "/file-17": true, "/blobs/sha256:0123456789abcdef": true, "/a/0b9aa5e4-4a52-4b5c-a6e4-5c5b5a5d5e5f": true,
		"/cart": false, "/": false, "": false, "/reports/top-ten": false, "/x.php": false, "/img/1.png": true,
	} {
		if got := hasID(path); got != want {
			t.Errorf("%s has an id: %v, want %v", path, got, want)
		}
	}
}

func FuzzSameUnescaped(f *testing.F) {
	f.Add("/a%20b", "/a b")
	f.Add("/%", "/%%")
	f.Fuzz(func(t *testing.T, a, b string) {
		if !sameUnescaped(a, a) || sameUnescaped(a, b) != sameUnescaped(b, a) {
			t.Errorf("%q and %q", a, b)
		}
	})
}
