// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// ActiveRequest is a request that is running now.
type ActiveRequest struct {
	TraceID string    `json:"trace_id"`
	SpanID  string    `json:"span_id"`
	Method  string    `json:"method"`
	Route   string    `json:"route"`
	Kind    string    `json:"kind"`
	Path    string    `json:"path"` // without the query string
	Start   time.Time `json:"start"`
	AgeMs   float64   `json:"age_ms"`
	In      string    `json:"in,omitzero"` // the child span that is open, if one is known
}

// maxActive bounds the list of running requests.
const maxActive = 100

// methods are those that a span can be named after before its route is known.
var methods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
}

// activeRequests returns the requests in flight, the longest running first. Their route is not known before they end: it
// is the name that the span has by now, and empty while that is the method alone.
func (m *Monitor) activeRequests() []ActiveRequest {
	list := []ActiveRequest{}
	for _, r := range m.link.Active(time.Now(), maxActive) {
		method, route, ok := strings.Cut(r.Name, " ")
		if !ok && !slices.Contains(methods, r.Name) {
			method, route = "", r.Name
		}
		list = append(list, ActiveRequest{
			TraceID: r.TraceID.String(), SpanID: r.SpanID.String(), Method: method, Route: route, Kind: r.Kind.String(), Path: r.Path,
			Start: r.Start.UTC(), AgeMs: milliseconds(r.Age), In: r.In,
		})
	}
	return list
}
