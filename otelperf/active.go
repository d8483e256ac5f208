// SPDX-License-Identifier: Apache-2.0

package otelperf

import "time"

// ActiveRequest is a request that is running now.
type ActiveRequest struct {
	TraceID string    `json:"trace_id"`
	SpanID  string    `json:"span_id"`
	Method  string    `json:"method"`
	Route   string    `json:"route"`
	Kind    string    `json:"kind"`
	Start   time.Time `json:"start"`
	AgeMs   float64   `json:"age_ms"`
	In      string    `json:"in,omitzero"` // the child span that is open, if one is known
}

// activeRequests returns the requests in flight, the longest running first.
func (m *Monitor) activeRequests() []ActiveRequest {
	return nil
}
