// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/otelperf/otelperf-go/otelperf/internal/problem"
)

// Handler returns the companion endpoint: the in-memory summary as JSON for dashboards that do not speak
// OpenTelemetry. It is meant to be mounted below a prefix:
//
//	admin.Handle("/debug/otelperf/", http.StripPrefix("/debug/otelperf", mon.Handler()))
//
// GET summary (also metrics and performance), slow and health; POST reset. Unless WithAuthorizer or WithBearerToken says
// otherwise it answers this machine only; see the README, "Who may look". Errors are application/problem+json.
func (m *Monitor) Handler() http.Handler {
	mux := http.NewServeMux()
	for pattern, h := range m.routes() {
		mux.HandleFunc(pattern, h)
	}
	guarded := m.guard.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.mounts.learn(r)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		h, pattern := mux.Handler(r)
		if pattern == "" {
			refuse(w, r, h)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { guarded.ServeHTTP(w, relative(r)) })
}

// routes are the paths of the endpoint, below wherever it is mounted.
func (m *Monitor) routes() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"GET /{$}":         m.serveIndex,
		"GET /summary":     m.serveSummary,
		"GET /metrics":     m.serveSummary,
		"GET /performance": m.serveSummary,
		"GET /slow":        m.serveSlow,
		"GET /health":      m.serveHealth,
		"POST /reset":      m.serveReset,
	}
}

// relative gives the path a leading slash, whichever way the prefix was stripped, and strips the usual prefix if nobody did.
func relative(r *http.Request) *http.Request {
	path := strings.TrimPrefix(r.URL.Path, strings.TrimSuffix(defaultMount, "/"))
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

// refuse turns the mux's own 404 and 405 into problems.
func refuse(w http.ResponseWriter, r *http.Request, h http.Handler) {
	probe := statusProbe{header: http.Header{}}
	h.ServeHTTP(&probe, r)
	if probe.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", probe.header.Get("Allow"))
		problem.Write(w, problem.Problem{Status: probe.status, Detail: r.Method + " is not for this path; allowed: " + probe.header.Get("Allow")})
		return
	}
	problem.Write(w, problem.Problem{Status: http.StatusNotFound, Detail: "There is nothing at this path. GET summary has the numbers."})
}

// statusProbe learns what a handler would answer.
type statusProbe struct {
	header http.Header
	status int
}

func (p *statusProbe) Header() http.Header         { return p.header }
func (p *statusProbe) Write(b []byte) (int, error) { return len(b), nil }
func (p *statusProbe) WriteHeader(status int)      { p.status = status }

// writeJSON answers with v, which is never to be cached.
func writeJSON(w http.ResponseWriter, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		problem.Write(w, problem.Problem{Status: http.StatusInternalServerError, Detail: err.Error()})
		return
	}
	writeBody(w, append(body, '\n'))
}

func writeBody(w http.ResponseWriter, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(body) // a client that left is no concern
}
