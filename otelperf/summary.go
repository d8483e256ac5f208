// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"time"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// Summary is what the service does, as one value: what Go code, JSON, the stream, the page and the CLI show. Durations
// are milliseconds; a pointer that is nil (null in JSON) means that there are no data. At most max endpoints rows,
// 20 slow requests and 50 spikes are in it.
type Summary struct {
	Service  string `json:"service"`
	Instance string `json:"instance"`
	Version  string `json:"version,omitzero"` // of the service

	Time          time.Time `json:"time"`
	UptimeSeconds float64   `json:"uptime_seconds"`
	Window        Window    `json:"window"`
	WindowSeconds float64   `json:"window_seconds"` // what the window really covers

	TotalRequests uint64 `json:"total_requests"` // since the start or the last reset
	Totals
	// The classic names of avg_ms, p50_ms, p95_ms and p99_ms.
	AvgResponseTime *float64 `json:"avg_response_time"`
	P50             *float64 `json:"p50"`
	P95             *float64 `json:"p95"`
	P99             *float64 `json:"p99"`

	SlowQueriesCount  uint64               `json:"slow_queries_count"` // since the start or the last reset
	SlowQueries       []SlowRequest        `json:"slow_queries"`       // newest first
	EndpointBreakdown map[string]Breakdown `json:"endpoint_breakdown"` // by "METHOD ROUTE"

	Endpoints    []EndpointRow `json:"endpoints"`    // requests, by method and route
	Dependencies []EndpointRow `json:"dependencies"` // client and db spans; not in the totals
	Jobs         []EndpointRow `json:"jobs"`         // parentless internal spans; not in the totals
	Spikes       []Spike       `json:"spikes"`       // newest first

	Diagnostics Diagnostics `json:"diagnostics"`
}

// Totals are the numbers of a window, of one endpoint or of all.
type Totals struct {
	Count       uint64                `json:"count"`
	ErrorCount  uint64                `json:"error_count"`             // server errors and panics
	Rate        *float64              `json:"rate"`                    // requests a second
	ErrorRate   *float64              `json:"error_rate"`              // 0 to 1
	Outcomes    slowlog.OutcomeCounts `json:"-"`                       // all of them by number
	ByOutcome   map[string]uint64     `json:"outcomes"`                // those that occurred, by name
	AvgMs       *float64              `json:"avg_ms"`                  //
	MinMs       *float64              `json:"min_ms"`                  //
	MaxMs       *float64              `json:"max_ms"`                  //
	P50Ms       *float64              `json:"p50_ms"`                  //
	P95Ms       *float64              `json:"p95_ms"`                  //
	P99Ms       *float64              `json:"p99_ms"`                  //
	ErrorBound  float64               `json:"quantile_error"`          // the most that a quantile is off, as a share of it
	StreamCount uint64                `json:"stream_count"`            // in Count, but not in the durations
	Coarse      bool                  `json:"coarse_buckets,omitzero"` // durations came from explicit buckets
}

// Breakdown is the classic row of an endpoint, in milliseconds.
type Breakdown struct {
	Avg   *float64 `json:"avg"`
	Count uint64   `json:"count"`
	Min   *float64 `json:"min"`
	Max   *float64 `json:"max"`
}

// EndpointRow is one endpoint in a window.
type EndpointRow struct {
	Method string `json:"method"`
	Route  string `json:"route"`
	Kind   string `json:"kind"`
	Totals
	BaselineP99Ms *float64 `json:"baseline_p99_ms"` // what p99 normally is
	Ratio         *float64 `json:"ratio"`           // p99_ms / baseline_p99_ms
	State         string   `json:"state"`           // learning, normal, spiking
	Needed        uint64   `json:"needed,omitzero"` // requests missing for a baseline p99, while learning
	ThresholdMs   float64  `json:"threshold_ms"`    // above it a request is slow
}

// Name returns "METHOD ROUTE".
func (r *EndpointRow) Name() string { return endpointName(r.Method, r.Route) }

// endpointName is the key of an endpoint in JSON.
func endpointName(method, route string) string {
	return conventions.Endpoint{Method: method, Route: route}.String()
}

// SlowRequest is one entry of the slow log without its anatomy.
type SlowRequest struct {
	TraceID       string    `json:"trace_id"`
	SpanID        string    `json:"span_id"`
	Method        string    `json:"method"`
	Route         string    `json:"route"`
	Kind          string    `json:"kind"`
	Path          string    `json:"path"`
	Status        *int      `json:"status"`
	Outcome       string    `json:"outcome"`
	Time          time.Time `json:"time"` // of its start
	DurationMs    float64   `json:"duration_ms"`
	ThresholdMs   *float64  `json:"threshold_ms"`
	BaselineP99Ms *float64  `json:"baseline_p99_ms"`
	Ratio         *float64  `json:"ratio"`
	Reason        string    `json:"reason"`
	SpikeID       string    `json:"spike_id,omitzero"`
	ErrorType     string    `json:"error_type,omitzero"`
	ErrorMessage  string    `json:"error_message,omitzero"`
	Sampled       bool      `json:"sampled"`
	Rescued       bool      `json:"rescued"`
	HasAnatomy    bool      `json:"has_anatomy"`
}
