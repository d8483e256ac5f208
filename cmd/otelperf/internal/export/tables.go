// SPDX-License-Identifier: Apache-2.0

package export

import (
	"time"
)

// The rows of the tables. Their columns are as the tags name them, in Parquet and in CSV, with units in the names; times are in UTC.

// endpointRow is what an endpoint, a job or a dependency did in a step of time.
type endpointRow struct {
	Time        time.Time `parquet:"time,timestamp(millisecond)"` // of the step's beginning
	StepSeconds float64   `parquet:"step_seconds"`                // how long it is
	Kind        string    `parquet:"kind,dict"`
	Method      string    `parquet:"method,dict"`
	Route       string    `parquet:"route,dict"`

	Requests    int64 `parquet:"requests"` // of any outcome
	OK          int64 `parquet:"ok"`
	ClientError int64 `parquet:"client_error"`
	ServerError int64 `parquet:"server_error"`
	Panic       int64 `parquet:"panic"`
	Aborted     int64 `parquet:"aborted"`
	Canceled    int64 `parquet:"canceled"`
	Stream      int64 `parquet:"stream"` // not timed

	// Of the durations; missing where there was none.
	P50Ms  *float64 `parquet:"p50_ms"`
	P75Ms  *float64 `parquet:"p75_ms"`
	P90Ms  *float64 `parquet:"p90_ms"`
	P95Ms  *float64 `parquet:"p95_ms"`
	P99Ms  *float64 `parquet:"p99_ms"`
	P999Ms *float64 `parquet:"p999_ms"` // missing with fewer than 1000 durations
	SumMs  *float64 `parquet:"sum_ms"`
	MinMs  *float64 `parquet:"min_ms"`
	MaxMs  *float64 `parquet:"max_ms"`
	// QuantileError is the most that a quantile is off, as a share of it; missing where durations came in buckets that bound nothing.
	QuantileError *float64 `parquet:"quantile_error"`

	// The histogram: counts[i] durations are in (2^((offset+i)/2^scale), 2^((offset+i+1)/2^scale)] seconds.
	Scale  *int64  `parquet:"histogram_scale"`
	Offset *int64  `parquet:"histogram_offset"`
	Counts []int64 `parquet:"histogram_counts,list"`
}

// incidentRow is an incident as it was stored last.
type incidentRow struct {
	Start         time.Time  `parquet:"start,timestamp(millisecond)"`
	End           *time.Time `parquet:"end,timestamp(millisecond)"` // missing while it is open
	ID            string     `parquet:"id"`
	Instance      string     `parquet:"instance,dict"` // of a store that several share; from a service "" where it is its own
	State         string     `parquet:"state,dict"`
	Matter        string     `parquet:"matter,dict"`
	Severity      string     `parquet:"severity,dict"`
	Kind          string     `parquet:"kind,dict"` // of the first endpoint, as method and route
	Method        string     `parquet:"method,dict"`
	Route         string     `parquet:"route,dict"`
	Endpoints     int64      `parquet:"endpoints"` // how many are involved
	BaselineP99Ms *float64   `parquet:"baseline_p99_ms"`
	WorstP99Ms    *float64   `parquet:"worst_p99_ms"`
	CostRequests  int64      `parquet:"cost_requests"`
	CostSlow      int64      `parquet:"cost_slow"`
	CostFailed    int64      `parquet:"cost_failed"`
	Reason        string     `parquet:"reason"`
	Cause         string     `parquet:"cause"`
	Detail        string     `parquet:"detail_json"` // what GET spikes/{id} answers
}

// requestRow is a slow or failed request.
type requestRow struct {
	Start         time.Time `parquet:"start,timestamp(microsecond)"`
	DurationMs    float64   `parquet:"duration_ms"`
	Kind          string    `parquet:"kind,dict"`
	Method        string    `parquet:"method,dict"`
	Route         string    `parquet:"route,dict"`
	Path          string    `parquet:"path"`
	Status        *int64    `parquet:"status"`
	Outcome       string    `parquet:"outcome,dict"`
	Reason        string    `parquet:"reason,dict"` // why it is stored
	ThresholdMs   *float64  `parquet:"threshold_ms"`
	BaselineP99Ms *float64  `parquet:"baseline_p99_ms"`
	TraceID       string    `parquet:"trace_id"`
	SpanID        string    `parquet:"span_id"`
	SpikeID       string    `parquet:"spike_id,dict"`
	ErrorType     string    `parquet:"error_type,dict"`
	ErrorMessage  string    `parquet:"error_message"`
	Sampled       bool      `parquet:"sampled"`
	Dimensions    string    `parquet:"dimensions_json"` // "" without; from a service the instance alone, where that is another
	Anatomy       string    `parquet:"anatomy_json"`    // where its time went; "" if that is not known, and from a service
}

// signalRow is a signal of the runtime in a step of time.
type signalRow struct {
	Time        time.Time `parquet:"time,timestamp(millisecond)"`
	StepSeconds float64   `parquet:"step_seconds"`
	Name        string    `parquet:"name,dict"` // with its unit
	Mean        float64   `parquet:"mean"`
	Max         float64   `parquet:"max"` // of its seconds
}

// markRow is a moment at which something of the service was changed.
type markRow struct {
	Time time.Time `parquet:"time,timestamp(millisecond)"`
	ID   string    `parquet:"id"`
	Kind string    `parquet:"kind,dict"`
	Text string    `parquet:"text"`
	By   string    `parquet:"set_by"`
}
