// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"time"
	"unsafe"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// Stats counts what is worth knowing of an engine's work, since it was made.
type Stats struct {
	// Ticks is the number of calls of Advance.
	Ticks uint64 `json:"ticks"`
	// TickSeconds is the time spent in evaluations, by the clock, in seconds; 0 for an Engine that is driven by hand.
	TickSeconds float64 `json:"tick_seconds"`
	// ClockJumpsBack is how often the time of Advance was before that of the call before.
	ClockJumpsBack uint64 `json:"clock_jumps_back"`
	// FailedCollects is how often there was nothing to be had from the source.
	FailedCollects uint64 `json:"failed_collects"`
	// Faults is the number of panics of ours that a tick survived.
	Faults uint64 `json:"faults"`
	// Anomalies is the number of inputs that a detector found absurd.
	Anomalies uint64 `json:"anomalies"`
	// Restored is the number of baselines taken over from an earlier process, RestoreFailures of those that the detector
	// refused: too old, of too few requests, damaged.
	Restored        int `json:"restored"`
	RestoreFailures int `json:"restore_failures"` // see Restored
	// Bytes is the memory that windows and baselines hold.
	Bytes int `json:"bytes"`
}

// Stats returns what the engine has done since it was made.
func (e *Engine) Stats() Stats {
	e.mu.Lock()
	defer e.mu.Unlock()
	st := e.stats
	for ep := range e.all() {
		st.Bytes += ep.line.Bytes() + int(unsafe.Sizeof(*ep)+unsafe.Sizeof(*ep.detector)) + ep.others.bytes()
		st.Anomalies += ep.detector.Anomalies()
	}
	return st
}

// Age is how long ago the last Advance was, in real time; 0 before the first.
func (e *Engine) Age() time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.last.IsZero() {
		return 0
	}
	return time.Since(e.last)
}

// Counted is the number of requests, calls and jobs since the start or the last reset.
func (e *Engine) Counted() (n uint64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for ep := range e.all() {
		total := ep.line.Total()
		n += total.Total()
	}
	return n
}

// Unmatched is how requests ended that no route matched, since the start or the last reset.
func (e *Engine) Unmatched() (n slowlog.OutcomeCounts) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for ep := range e.all() {
		if ep.name.Kind == conventions.KindHTTP && ep.name.Route == conventions.UnmatchedRoute {
			total := ep.line.Total()
			n.Add(&total)
		}
	}
	return n
}

// CollectFailed counts an evaluation that had nothing to feed the engine with.
func (e *Engine) CollectFailed() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.stats.FailedCollects++
}

// Fault counts a panic that whoever drives the engine has recovered.
func (e *Engine) Fault() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.stats.Faults++
}
