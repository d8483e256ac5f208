// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/marks"
	"github.com/otelperf/otelperf-go/otelperf/internal/mutes"
	"github.com/otelperf/otelperf-go/otelperf/internal/past"
	"github.com/otelperf/otelperf-go/otelperf/internal/peers"
	"github.com/otelperf/otelperf-go/otelperf/internal/runtimesignals"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// Summary is what the service does, as one value: what Go code, JSON, the stream, the page and the CLI show. Durations
// are milliseconds; a pointer that is nil (null in JSON) means that there are no data. At most max endpoints rows,
// 20 slow requests, 50 spikes, 100 budgets, 100 mutes and 100 marks are in it.
type Summary struct {
	Service  string `json:"service"`          // service.name of the resource
	Instance string `json:"instance"`         // service.instance.id, else host and process id
	Version  string `json:"version,omitzero"` // of the service

	Verdict Verdict `json:"verdict"` // whether anything is wrong now

	Time          time.Time `json:"time"`            // of the answer
	UptimeSeconds float64   `json:"uptime_seconds"`  // since New
	Window        Window    `json:"window,omitzero"` // that the numbers cover; missing for a fixed time
	// With ?from= and ?to=: the time that was counted, which is what is stored of the whole minutes that hold what was asked for, or of the
	// steps of ten seconds where it lies within the last minute. Incidents, states, slow requests and the verdict are of it, too, and what
	// is usual is of now. Where nothing of it is stored it is
	// what was asked for, in whole minutes, and WindowSeconds is 0.
	From          time.Time `json:"from,omitzero"`
	To            time.Time `json:"to,omitzero"`          // its end, excluded
	StoredFrom    time.Time `json:"stored_from,omitzero"` // with ?from= and ?to=: of what was before, nothing is stored
	WindowSeconds float64   `json:"window_seconds"`       // what is counted of it, without gaps; 0: nothing of it is stored

	// Fleet says of whom the numbers are, with ?scope=fleet; else it is nil. With it, counts, durations, states, spikes (those that are open) and
	// the verdict are those of all instances, and all else is of the one that answers.
	Fleet *peers.Fleet `json:"fleet,omitzero"`

	// Stored says what of the window is there, of Window24h, Window7d and a fixed time that began before what is in memory; else it is nil.
	Stored *past.Stored `json:"stored,omitzero"`

	TotalRequests uint64 `json:"total_requests"` // since the start or the last reset
	Totals
	// The classic names of avg_ms, p50_ms, p95_ms and p99_ms.
	AvgResponseTime *float64 `json:"avg_response_time"`
	P50             *float64 `json:"p50"` // p50_ms
	P95             *float64 `json:"p95"` // p95_ms
	P99             *float64 `json:"p99"` // p99_ms

	// SlowQueriesCount is since the start or the last reset; of a fixed time, Window24h and Window7d it is of that time: the requests whose
	// duration was above the threshold of now, by the histograms, so within their error. Those that failed fast
	// may be listed, and are not counted.
	SlowQueriesCount  uint64               `json:"slow_queries_count"`
	SlowQueries       []SlowRequest        `json:"slow_queries"`       // newest first
	EndpointBreakdown map[string]Breakdown `json:"endpoint_breakdown"` // by "METHOD ROUTE"

	Endpoints    []EndpointRow `json:"endpoints"`    // requests, by method and route
	Dependencies []EndpointRow `json:"dependencies"` // client and db spans; not in the totals
	Jobs         []EndpointRow `json:"jobs"`         // parentless internal spans; not in the totals
	Spikes       []Spike       `json:"spikes"`       // newest first
	Mutes        []mutes.Mute  `json:"mutes"`        // those in force, in the order in which they were set; at most 100
	Objectives   []ErrorBudget `json:"objectives"`   // the budgets of WithObjective, in the order of the options

	Marks []marks.Mark `json:"marks"` // what was changed and when, newest first, of a fixed time, Window24h and Window7d in that time; at most 100

	// Runtime is what the Go runtime, the operating system and the pools of WithDB tell, beside what is usual; nil in the
	// answer of an older version. Of a fixed time it has the means of the signals that are stored of it as what is now, and nothing usual; its
	// notes say what is missing.
	Runtime *runtimesignals.Report `json:"runtime"`

	Diagnostics Diagnostics `json:"diagnostics"` // whether it is wired right, and what was lost
}

// Totals are the numbers of a window, of one endpoint or of all.
type Totals struct {
	Count       uint64                `json:"count"`                   // requests of any outcome
	ErrorCount  uint64                `json:"error_count"`             // server errors and panics
	Rate        *float64              `json:"rate"`                    // requests a second
	ErrorRate   *float64              `json:"error_rate"`              // 0 to 1
	Outcomes    slowlog.OutcomeCounts `json:"-"`                       // all of them by number
	ByOutcome   map[string]uint64     `json:"outcomes"`                // those that occurred, by name
	AvgMs       *float64              `json:"avg_ms"`                  // mean duration
	MinMs       *float64              `json:"min_ms"`                  // shortest duration
	MaxMs       *float64              `json:"max_ms"`                  // longest duration
	P50Ms       *float64              `json:"p50_ms"`                  // median duration
	P90Ms       *float64              `json:"p90_ms"`                  // 90th percentile
	P95Ms       *float64              `json:"p95_ms"`                  // 95th percentile
	P99Ms       *float64              `json:"p99_ms"`                  // 99th percentile
	P999Ms      *float64              `json:"p999_ms"`                 // 99.9th percentile; nil with fewer than 1000 durations
	ErrorBound  *float64              `json:"quantile_error"`          // the most that a quantile is off, as a share of it; null with coarse buckets
	StreamCount uint64                `json:"stream_count"`            // in Count, but not in the durations
	Coarse      bool                  `json:"coarse_buckets,omitzero"` // durations came from explicit buckets
	// OutcomesUnknown marks requests beyond the cardinality limit of the SDK: how they ended is not known, and counts as ok.
	OutcomesUnknown bool `json:"outcomes_unknown,omitzero"`
}

// Breakdown is the classic row of an endpoint, in milliseconds.
type Breakdown struct {
	Avg   *float64 `json:"avg"`   // mean duration
	Count uint64   `json:"count"` // requests of any outcome
	Min   *float64 `json:"min"`   // shortest duration
	Max   *float64 `json:"max"`   // longest duration
}

// EndpointRow is one endpoint in a window.
type EndpointRow struct {
	Method string `json:"method"` // HTTP method; for what is not HTTP its RPC system, kind or category
	Route  string `json:"route"`  // route template, RPC method, or what was called; never a raw path
	Kind   string `json:"kind"`   // http, rpc, server, consumer, job, dependency
	Totals
	BaselineP99Ms *float64 `json:"baseline_p99_ms"` // what p99 normally is
	// Ratio is p99_ms / baseline_p99_ms, and of the window; while a spike is open it is of the quantile that fired, in the worst minute
	// of the spike. State is of the same: learning, normal, spiking, or elevated: p99 is above the ratio of an alert in the window,
	// but no spike is open: it has ended, or it was too short or of too few requests for one.
	Ratio         *float64 `json:"ratio"`
	RatioQuantile *float64 `json:"ratio_quantile"`  // which quantile Ratio is of: 0.99 unless a spike is open
	State         string   `json:"state"`           // see Ratio
	Needed        uint64   `json:"needed,omitzero"` // requests missing for a baseline p99, while learning
	// ReadySeconds is in about how long requests will be judged: while learning when the baseline will be known, at the rate of the
	// window; else what is left of the grace after a restart or a silence. nil if they are judged, or if nobody knows.
	ReadySeconds *float64 `json:"ready_seconds,omitzero"`
	ThresholdMs  float64  `json:"threshold_ms"` // above it a request is slow
	// Impact is what the endpoint costs those who call it, in milliseconds a second over the window: the time that requests took beyond the
	// usual p99 (beyond ThresholdMs while that is not known), ThresholdMs for each that failed, and 1 % of all their time, so that of the
	// endpoints that are well the busiest come first. The worst are those with an open incident, and among each the ones with the most impact.
	Impact float64 `json:"impact"`
	// ErrorState is about failed requests: learning, normal, elevated (a share of them fails always: usual here, but not well) or failing.
	ErrorState     string   `json:"error_state"`
	UsualErrorRate *float64 `json:"usual_error_rate"` // 0 to 1; nil while it is not known
	// ErrorNeeded is how many requests are missing for the usual share of failures, while ErrorState is learning.
	ErrorNeeded uint64 `json:"error_needed,omitzero"`
	// ErrorReadySeconds is in about how long that share will be known, at the rate of the window: at the end of a minute. nil if it is
	// known, or if nobody knows.
	ErrorReadySeconds *float64 `json:"error_ready_seconds,omitzero"`
	TrafficState      string   `json:"traffic_state"` // learning, normal or silent: far fewer requests than usual at this hour
	// RepeatedCalls is nil if most requests do not make many equal calls, if too few were looked at, and in dependencies.
	RepeatedCalls *RepeatedCalls `json:"repeated_calls"`
	// Fleet is of the instances that have the endpoint, with ?scope=fleet; else it is nil. Where more than one has it, there is no baseline and no
	// ratio, State and the like are the worst of any, and Needed and the like the most of any.
	Fleet *peers.Shared `json:"fleet,omitzero"`
}

// Name returns "METHOD ROUTE".
func (r *EndpointRow) Name() string { return endpointName(r.Method, r.Route) }

// endpointName is the key of an endpoint in JSON.
func endpointName(method, route string) string {
	return conventions.Endpoint{Method: method, Route: route}.String()
}

// SlowRequest is one entry of the slow log without its anatomy.
type SlowRequest struct {
	TraceID       string    `json:"trace_id"`               // 32 hex digits
	SpanID        string    `json:"span_id"`                // of the local root, 16 hex digits
	Instance      string    `json:"instance,omitzero"`      // that had it, where that is another one with the same history
	Method        string    `json:"method"`                 // of its row
	Route         string    `json:"route"`                  // of its row
	Kind          string    `json:"kind"`                   // of its row
	Path          string    `json:"path"`                   // as asked for, without the query string; at most 512 bytes
	Status        *int      `json:"status"`                 // HTTP status or RPC code
	Outcome       string    `json:"outcome"`                // name of a slowlog.Outcome
	Time          time.Time `json:"time"`                   // of its start
	DurationMs    float64   `json:"duration_ms"`            // of the local root
	ThresholdMs   *float64  `json:"threshold_ms"`           // what counted as slow at that time
	BaselineP99Ms *float64  `json:"baseline_p99_ms"`        // the endpoint's usual p99 at that time
	Ratio         *float64  `json:"ratio"`                  // duration_ms / baseline_p99_ms
	Reason        string    `json:"reason"`                 // why it is stored: threshold, baseline, failed, spike
	SpikeID       string    `json:"spike_id,omitzero"`      // that was open for the endpoint
	ErrorType     string    `json:"error_type,omitzero"`    // type of the exception, or error.type
	ErrorMessage  string    `json:"error_message,omitzero"` // at most 1 KiB
	Sampled       bool      `json:"sampled"`                // the trace was sampled at its head
	Rescued       bool      `json:"rescued"`                // it was not, and was exported all the same
	HasAnatomy    bool      `json:"has_anatomy"`            // GET slow/{trace_id} shows where its time went
}
