// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/http"
	"path"
	"strings"

	"github.com/otelperf/otelperf-go/otelperf/internal/problem"
)

// Routes returns a handler for exact patterns, as of an http.ServeMux, whose 404 and 405 are problems.
func Routes(routes map[string]http.Handler) http.Handler {
	mux := http.NewServeMux()
	for pattern, h := range routes {
		mux.Handle(pattern, h)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "same-origin") // package access takes what the page asks for by it
		h, pattern := mux.Handler(r)
		if pattern == "" {
			refuse(w, r, h)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// Below gives the path a leading slash, whichever way the prefix was stripped, and strips the usual prefix if nobody did.
func Below(usual string, r *http.Request) *http.Request {
	path := strings.TrimPrefix(r.URL.Path, strings.TrimSuffix(usual, "/"))
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	if path == r.URL.Path {
		return r
	}
	clone, url := *r, *r.URL
	url.Path, url.RawPath = path, ""
	clone.URL = &url
	return &clone
}

// SlashTarget is where a page is when it was asked for without its trailing slash, relative to what was asked for; "" if
// the slash is there. It begins with "./", so that it never names another host.
func SlashTarget(r *http.Request) string {
	asked, query, _ := strings.Cut(r.RequestURI, "?")
	if asked == "" || strings.HasSuffix(asked, "/") {
		return ""
	}
	to := "./" + path.Base(asked) + "/"
	if query != "" {
		to += "?" + query
	}
	return to
}

// refuse turns the mux's own 404 and 405 into problems.
func refuse(w http.ResponseWriter, r *http.Request, h http.Handler) {
	probe := statusProbe{header: http.Header{}}
	h.ServeHTTP(&probe, r)
	if probe.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", probe.header.Get("Allow"))
		problem.Write(w, problem.Problem{Status: probe.status, Detail: r.Method + " is not for this path; allowed: " + probe.header.Get("Allow")})
		return
	}
	problem.Write(w, problem.Problem{Status: http.StatusNotFound, Detail: "There is nothing at this path. GET openapi.json lists all there is."})
}

// statusProbe learns what a handler would answer.
type statusProbe struct {
	header http.Header
	status int
}

func (p *statusProbe) Header() http.Header         { return p.header }
func (p *statusProbe) Write(b []byte) (int, error) { return len(b), nil }
func (p *statusProbe) WriteHeader(status int)      { p.status = status }
