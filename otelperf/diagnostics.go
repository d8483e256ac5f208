// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
)

// Diagnostics answers "is it wired right, and was anything lost?".
type Diagnostics struct {
	Disabled string `json:"disabled,omitzero"` // the variable that switched us off
	Source   string `json:"source"`            // spans or metrics
	// ReaderRegistered tells whether the Reader stands in a MeterProvider. The span source does not need it.
	ReaderRegistered bool `json:"reader_registered"`
	// CoarseMetrics: a View gives a duration metric explicit buckets, or wider ones than ours.
	CoarseMetrics bool                 `json:"coarse_metrics,omitzero"`
	Processor     spikeprocessor.Stats `json:"processor"`
	Engine        EngineStats          `json:"engine"`
	SlowLog       slowlog.Stats        `json:"slow_log"`
	// Log lines that were left out, by reason.
	SlowLinesSuppressed uint64      `json:"slow_lines_suppressed"` // more than 10 a second at one endpoint
	LogLinesDropped     uint64      `json:"log_lines_dropped"`     // the logger was too slow
	LogFaults           uint64      `json:"log_faults"`            // the log handler panicked
	AlertsDropped       uint64      `json:"alerts_dropped"`        // a receiver was too slow
	AlertFaults         uint64      `json:"alert_faults"`          // a receiver panicked
	AccessDenied        uint64      `json:"access_denied"`
	StateFileFailures   uint64      `json:"state_file_failures"`
	StateFileConflict   bool        `json:"state_file_conflict,omitzero"` // another process writes it
	Panics              uint64      `json:"panics"`                       // that Middleware saw
	MiddlewareFaults    uint64      `json:"middleware_faults"`
	Mounts              []string    `json:"mounts"` // prefixes below which Handler was reached
	Streams             StreamStats `json:"streams"`
	Own                 OwnCost     `json:"own"` // what otelperf itself takes
	Versions            Versions    `json:"versions"`
	Hints               []string    `json:"hints"` // what looks wrong and how to mend it
}
