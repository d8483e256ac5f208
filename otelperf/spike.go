// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"time"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// Spike is one incident: latency that left its baseline, at one endpoint or at several together.
type Spike struct {
	ID    string     `json:"id"`
	State string     `json:"state"` // open, ended, new_normal
	Start time.Time  `json:"start"` // when the evidence began
	At    time.Time  `json:"at"`    // when there was enough of it
	End   *time.Time `json:"end"`
	// Endpoints are those involved, the first one first; at most max endpoints.
	Endpoints []SpikeEndpoint `json:"endpoints"`
	// Reason says in a sentence what was seen.
	Reason string `json:"reason"`
	// TraceIDs are slow requests of that time, at most 10, the slowest first.
	TraceIDs []string `json:"trace_ids"`
	// SinceRestart marks a spike that began within 30 minutes of the start of the process; SinceVersion names the
	// version that came with it, if it is another than before.
	SinceRestart bool   `json:"since_restart,omitzero"`
	SinceVersion string `json:"since_version,omitzero"`
}

// SpikeEndpoint is one endpoint's part in a spike.
type SpikeEndpoint struct {
	Method string     `json:"method"`
	Route  string     `json:"route"`
	Kind   string     `json:"kind"`
	State  string     `json:"state"` // open, ended, new_normal
	Start  time.Time  `json:"start"`
	At     time.Time  `json:"at"`
	End    *time.Time `json:"end"`

	Level       string  `json:"level"`        // p99, p90, p50, tail or shape: what fired
	ThresholdMs float64 `json:"threshold_ms"` // of that level
	Requests    uint64  `json:"requests"`     // since Start
	Above       uint64  `json:"above"`        // of them above the threshold
	Expected    float64 `json:"expected"`     // how many were to be expected there

	P50Ms         float64  `json:"p50_ms"`
	P90Ms         float64  `json:"p90_ms"`
	P99Ms         float64  `json:"p99_ms"`
	BaselineP50Ms float64  `json:"baseline_p50_ms"`
	BaselineP90Ms float64  `json:"baseline_p90_ms"`
	BaselineP99Ms float64  `json:"baseline_p99_ms"`
	Ratio         *float64 `json:"ratio"` // p99_ms / baseline_p99_ms

	ErrorRateBefore *float64 `json:"error_rate_before"` // 0 to 1
	ErrorRate       *float64 `json:"error_rate"`        // 0 to 1, since Start

	endpoint conventions.Endpoint
}
