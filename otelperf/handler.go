// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"maps"
	"net/http"
	"path"
	"strings"

	"github.com/otelperf/otelperf-go/otelperf/internal/problem"
)

// Handler returns the companion endpoint: the in-memory summary as a live page and as JSON for dashboards that do not
// speak OpenTelemetry. It is meant to be mounted below a prefix:
//
//	admin.Handle("/debug/otelperf/", http.StripPrefix("/debug/otelperf", mon.Handler()))
//
// GET openapi.json describes all its paths. Unless WithAuthorizer or WithBearerToken says otherwise it answers this machine
// only; see the README, "Who may look". Errors are application/problem+json that names the field at fault. Bodies above 1 KiB
// are compressed for clients that accept gzip.
func (m *Monitor) Handler() http.Handler {
	mux := http.NewServeMux()
	routes := m.routes()
	maps.Copy(routes, m.eventRoutes())
	for pattern, h := range routes {
		mux.HandleFunc(pattern, h)
	}
	guarded := m.guard.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.mounts.learn(r)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "no-referrer")
		h, pattern := mux.Handler(r)
		if pattern == "" {
			refuse(w, r, h)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { guarded.ServeHTTP(w, relative(r)) })
}

// routes are the paths of the endpoint, below wherever it is mounted. Those of analytics events come on top.
func (m *Monitor) routes() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"GET /{$}":                  m.serveIndex,
		"GET /page/{file}":          m.servePage,
		"GET /openapi.json":         m.serveOpenAPI,
		"GET /summary":              m.serveSummary,
		"GET /metrics":              m.serveSummary,
		"GET /performance":          m.serveSummary,
		"GET /endpoints":            m.serveEndpoints,
		"GET /endpoints/series":     m.serveSeries,
		"GET /endpoints/detail":     m.serveEndpointDetail,
		"GET /dependencies":         m.serveDependencies,
		"GET /slow":                 m.serveSlow,
		"GET /slow/{trace_id}":      m.serveSlowTrace,
		"GET /slow/{trace_id}/otlp": m.serveSlowOTLP,
		"GET /active":               m.serveActive,
		"GET /errors":               m.serveErrors,
		"GET /spikes":               m.serveSpikes,
		"GET /spikes/{id}":          m.serveSpike,
		"GET /stream":               m.serveStream,
		"GET /health":               m.serveHealth,
		"GET /diagnostics":          m.serveDiagnostics,
		"GET /config":               m.serveConfig,
		"PATCH /config":             m.serveConfigure,
		"POST /reset":               m.serveReset,
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

// withSlash is where the page is when it was asked for without its trailing slash, relative to what was asked for; "" if
// the slash is there. It begins with "./", so that it never names another host.
func withSlash(r *http.Request) string {
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
