// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import "sync/atomic"

const maxFaults = 1000

// stats counts what is worth knowing and rare: no request that is ordinary touches it.
type stats struct {
	negative, afterShutdown, faults, slow, notKept, hookPanics, namedByPath, namedOtherwise atomic.Uint64
}

// Stats says what happened to spans that were not counted in the ordinary way.
type Stats struct {
	// Endpoints is the number of rows in use, those of dependencies and of overflow among them.
	Endpoints int `json:"endpoints"`
	// MaxEndpoints is what WithMaxEndpoints says: the most rows of endpoints, and as many of dependencies.
	MaxEndpoints int `json:"max_endpoints"`
	// Overflowed counts requests that went to an overflow endpoint, since the start or Link.Forget.
	Overflowed uint64 `json:"overflowed"`
	// Forgotten counts endpoints that have made room for others.
	Forgotten uint64 `json:"forgotten"`
	// NamedByPath counts requests whose span name is the path that was asked for, which is no route: they count as unmatched.
	NamedByPath uint64 `json:"named_by_path"`
	// NamedOtherwise counts requests without a route whose span name is neither their method nor "METHOD /...": they count as unmatched.
	// It is an estimate.
	NamedOtherwise uint64 `json:"named_otherwise"`
	// NegativeDurations counts spans that ended before they began; they are recorded as 0.
	NegativeDurations uint64 `json:"negative_durations"`
	// AfterShutdown counts spans that ended after Shutdown and were handed on uncounted.
	AfterShutdown uint64 `json:"after_shutdown"`
	// Slow counts requests that were slow, kept or not.
	Slow uint64 `json:"slow"`
	// NotKept counts slow or failed requests that the keep rate left out of the slow log. They are in all numbers.
	NotKept uint64 `json:"not_kept"`
	// Faults counts panics of ours that were recovered. After 1000 of them the processor stops counting.
	Faults uint64 `json:"faults"`
	// HookPanics counts panics of a WithOnKeep function that were recovered.
	HookPanics uint64 `json:"hook_panics"`
	// Held is the number of child spans for which there is room in use, at most 8192.
	Held int64 `json:"held_spans"`
	// HeldFull counts child spans that no anatomy has for want of room in the process.
	HeldFull uint64 `json:"held_full"`
	// HeldLong counts child spans that no anatomy has because their request had 256 already.
	HeldLong uint64 `json:"held_long"`
	// HeldStale counts child spans that no anatomy has because their root did not end within a minute of them.
	HeldStale uint64 `json:"held_stale"`
	// Rescued counts unsampled requests that were exported, by reason: slow, failed, spike.
	Rescued map[string]uint64 `json:"rescued"`
	// RescueRefused counts those that the budget refused.
	RescueRefused uint64 `json:"rescue_refused"`
	// RescueIncomplete counts rescued requests of which children were missing.
	RescueIncomplete uint64 `json:"rescue_incomplete"`
	// RescuedLate counts spans that ended after their rescued root, and were exported after it.
	RescuedLate uint64 `json:"rescued_late"`
	// InFlightDropped counts running requests that found no room in the list.
	InFlightDropped uint64 `json:"in_flight_dropped"`
	// InFlightSwept counts requests that ran for more than an hour and were taken out of the list.
	InFlightSwept uint64 `json:"in_flight_swept"`
	// SamplerUsed tells whether Sampler was called.
	SamplerUsed bool `json:"sampler_used"`
	// Stopped tells whether the counting has ended: by Shutdown, or after too many faults.
	Stopped bool `json:"stopped"`
}

// Stats returns the counts since the processor was made.
func (p *Processor) Stats() Stats {
	c := p.core
	st := Stats{
		Endpoints: c.table.size(), MaxEndpoints: c.cfg.maxEndpoints, Overflowed: c.table.overflowed.Load(), Forgotten: c.table.forgotten.Load(),
		NamedByPath: c.stats.namedByPath.Load(), NamedOtherwise: c.stats.namedOtherwise.Load(),
		NegativeDurations: c.stats.negative.Load(), AfterShutdown: c.stats.afterShutdown.Load(),
		Slow: c.stats.slow.Load(), NotKept: c.stats.notKept.Load(), Faults: c.stats.faults.Load(), HookPanics: c.stats.hookPanics.Load(),
		Held: c.gather.held.Load(), HeldFull: c.gather.full.Load(), HeldLong: c.gather.long.Load(), HeldStale: c.gather.stale.Load(),
		Rescued:       map[string]uint64{rescueSlow: c.rescues.slow.Load(), rescueFailed: c.rescues.failed.Load(), rescueSpike: c.rescues.spike.Load()},
		RescueRefused: c.rescues.refused.Load(), RescueIncomplete: c.rescues.incomplete.Load(), RescuedLate: c.rescues.late.Load(),
		SamplerUsed: c.samplerUsed.Load(), Stopped: c.stopped.Load(),
	}
	if c.running != nil {
		in := c.running.stats()
		st.InFlightDropped, st.InFlightSwept = in.Dropped, in.Swept
	}
	return st
}
