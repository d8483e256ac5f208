// SPDX-License-Identifier: Apache-2.0

package companion

import (
	"net/http"

	"github.com/otelperf/otelperf-go/otelperf/internal/web"
)

// Handler returns the handler of all routes, to be mounted below a prefix. There are those of events if the Service has them by then.
func (c *Companion) Handler() http.Handler {
	routes := map[string]http.Handler{}
	for pattern, f := range c.routes() {
		routes[pattern] = f
	}
	if t := c.service.Events(); t != nil {
		for pattern, f := range c.eventRoutes(t) {
			routes[pattern] = f
		}
	}
	below := web.Routes(routes)
	guarded := c.guard.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mounts.Learn(r)
		below.ServeHTTP(w, r)
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { guarded.ServeHTTP(w, web.Below(Mount, r)) })
}

// routes are the paths of the endpoint, below wherever it is mounted.
func (c *Companion) routes() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"GET /{$}":                    c.serveIndex,
		"GET /page/{file}":            c.servePage,
		"GET /openapi.json":           c.serveOpenAPI,
		"GET /summary":                c.serveSummary,
		"GET /metrics":                c.serveSummary,
		"GET /performance":            c.serveSummary,
		"GET /endpoints":              c.serveEndpoints,
		"GET /endpoints/series":       c.serveSeries,
		"GET /endpoints/distribution": c.serveDistribution,
		"GET /endpoints/heatmap":      c.serveHeatmap,
		"GET /endpoints/detail":       c.serveDetail,
		"GET /endpoints/stacks":       c.serveStacks,
		"GET /dependencies":           c.serveDependencies,
		"GET /runtime":                c.serveRuntime,
		"GET /slow":                   c.serveSlow,
		"GET /slow/{trace_id}":        c.serveSlowTrace,
		"GET /slow/{trace_id}/otlp":   c.serveSlowOTLP,
		"GET /active":                 c.serveActive,
		"GET /errors":                 c.serveErrors,
		"GET /compare":                c.serveCompare,
		"GET /marks":                  c.serveMarks,
		"POST /marks":                 c.serveMark,
		"GET /spikes":                 c.serveSpikes,
		"GET /spikes/{id}":            c.serveSpike,
		"GET /objectives":             c.serveObjectives,
		"GET /spikes/{id}/bundle":     c.serveBundle,
		"GET /spikes/{id}/trace":      c.serveSpikeTrace,
		"POST /spikes/{id}/ack":       c.serveAck,
		"DELETE /spikes/{id}/ack":     c.serveUnack,
		"GET /mutes":                  c.serveMutes,
		"POST /mutes":                 c.serveMute,
		"DELETE /mutes/{id}":          c.serveUnmute,
		"GET /evidence":               c.serveEvidence,
		"GET /evidence/{id}":          c.serveRecording,
		"GET /evidence/{id}/trace":    c.serveRecordingTrace,
		"POST /evidence/record":       c.serveRecord,
		"GET /stream":                 c.serveStream,
		"GET /health":                 c.serveHealth,
		"GET /diagnostics":            c.serveDiagnostics,
		"GET /config":                 c.serveConfig,
		"PATCH /config":               c.serveChange,
		"POST /reset":                 c.serveReset,
	}
}
