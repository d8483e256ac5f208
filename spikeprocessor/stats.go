// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"sync/atomic"
	"time"
)

const maxFaults = 1000

// stats counts what is worth knowing and rare: no request that is ordinary touches it.
type stats struct {
	negative, afterShutdown, slow, notKept, hookPanics, namedByPath, namedOtherwise, subtrees atomic.Uint64

	anatomiesDropped, anatomiesIncomplete atomic.Uint64
	lastIncomplete                        atomic.Int64 // unix ns
}

// incomplete counts a kept request that ended at a time, and of whose anatomy a bound of the process left out a part, or all.
func (st *stats) incomplete(at time.Time, all bool) {
	if all {
		st.anatomiesDropped.Add(1)
	} else {
		st.anatomiesIncomplete.Add(1)
	}
	st.lastIncomplete.Store(at.UnixNano())
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
	// SubtreeRequests counts requests in a row like GET /api/ that a router below it may know better: what looks like the reading of a file
	// is not among them. It is an estimate.
	SubtreeRequests uint64 `json:"subtree_requests"`
	// NegativeDurations counts spans that ended before they began; they are recorded as 0.
	NegativeDurations uint64 `json:"negative_durations"`
	// AfterShutdown counts requests that ended after the counting, and were handed on uncounted.
	AfterShutdown uint64 `json:"after_shutdown"`
	// Slow counts requests that were slow, stored or not.
	Slow uint64 `json:"slow"`
	// NotKept counts slow or failed requests that the keep rate left out of the slow log. They are in all numbers.
	NotKept uint64 `json:"not_kept"`
	// Faults counts panics of ours that were recovered. After 1000 of them the counting ends.
	Faults uint64 `json:"faults"`
	// HookPanics counts panics of a WithOnKeep function that were recovered.
	HookPanics uint64 `json:"hook_panics"`
	// Held is the number of child spans that are held until their request ends, at most 8192.
	Held int64 `json:"held_spans"`
	// HeldBytes is what they are estimated to take, at most 8 MiB.
	HeldBytes int64 `json:"held_bytes"`
	// Recent is the number of child spans that ended last, of requests that may be over: at most 8192, or 128 for each of the four
	// to each CPU, at most 64, parts of what has them.
	Recent int64 `json:"recent_spans"`
	// RecentBytes is what they are estimated to take, at most 4 KiB each.
	RecentBytes int64 `json:"recent_bytes"`
	// HeldFull counts child spans that no anatomy has for want of room in the process.
	HeldFull uint64 `json:"held_full"`
	// HeldEvicted counts child spans that no anatomy has because their request, the oldest or one that had most, made room for others.
	HeldEvicted uint64 `json:"held_evicted"`
	// HeldLong counts child spans that no anatomy has because their request had 256 already.
	HeldLong uint64 `json:"held_long"`
	// HeldStale counts spans that are in no anatomy and, if internal, in no row, because no request above them ended within a
	// minute of them, and none is known that runs: it is not seen here, or ended before them, or has been running for more than an
	// hour. Where there are more than can be held, those that were left out are not among them.
	HeldStale uint64 `json:"held_stale"`
	// HeldRunning is the number of spans, held or left out, below requests that have been running for more than a minute and are not of
	// kind server (those are streams), where the first of them ended more than a minute ago. They are in no anatomy and, if internal, in
	// no row until the request ends. It is as of the last Link.Digest.
	HeldRunning int64 `json:"held_running"`
	// HeldRunningName is the name of the request that has most of them, at most 256 bytes; "" if there is none.
	HeldRunningName string `json:"held_running_name"`
	// HeldClipped counts child spans heavier than 8 KiB that were held with shorter texts.
	HeldClipped uint64 `json:"held_clipped"`
	// AnatomiesWaiting is the number of slow or failed requests that wait for their anatomy, at most 256.
	AnatomiesWaiting int `json:"anatomies_waiting"`
	// WaitingBytes is what these, the samples of ordinary requests, and requests that wait for late children are estimated to
	// take, at most 16 MiB.
	WaitingBytes int64 `json:"waiting_bytes"`
	// AnatomiesDropped counts requests in the slow log that have no anatomy for want of room.
	AnatomiesDropped uint64 `json:"anatomies_dropped"`
	// AnatomiesIncomplete counts those whose anatomy lacks spans that are in HeldFull or HeldEvicted.
	AnatomiesIncomplete uint64 `json:"anatomies_incomplete"`
	// LastIncomplete is when the last request ended that is in AnatomiesDropped or AnatomiesIncomplete; zero if none is.
	LastIncomplete time.Time `json:"last_incomplete,omitzero"`
	// Rescued counts unsampled requests that were exported, by reason: slow, failed, spike.
	Rescued map[string]uint64 `json:"rescued"`
	// RescueRefused counts those that the budget refused.
	RescueRefused uint64 `json:"rescue_refused"`
	// RescueIncomplete counts rescued requests of which children were missing.
	RescueIncomplete uint64 `json:"rescue_incomplete"`
	// RescuedLate counts spans that ended after their rescued root, and were exported after it.
	RescuedLate uint64 `json:"rescued_late"`
	// InFlightDropped counts running requests that found no room in the list: more than 500 began within a second.
	InFlightDropped uint64 `json:"in_flight_dropped"`
	// InFlightUnfollowed counts running requests of which InFlight.In may have missed a child in their first second or two: more than a
	// thousand began within a second.
	InFlightUnfollowed uint64 `json:"in_flight_unfollowed"`
	// InFlightSkipped counts children that InFlight.In has left out, as another child of their request started, or the request was looked at,
	// in that very moment.
	InFlightSkipped uint64 `json:"in_flight_skipped"`
	// InFlightSwept counts requests that were taken out of the list while they ran, as thousands had begun after them.
	InFlightSwept uint64 `json:"in_flight_swept"`
	// Leaked are requests that may never end, by the names of their spans, the most frequent first, at most 65. It is as of the last
	// Link.Digest.
	Leaked []Leak `json:"leaked"`
	// SamplerUsed tells whether Sampler was called.
	SamplerUsed bool `json:"sampler_used"`
	// Doubled tells whether a provider has two processors of these: the second one only hands spans on.
	Doubled bool `json:"doubled"`
	// Stopped tells whether the counting has ended: by Link.Stop, or since it gave up.
	Stopped bool `json:"stopped"`
	// GaveUp tells whether the counting has ended after too many faults.
	GaveUp bool `json:"gave_up"`
}

// Stats returns the counts since the processor was made.
func (p *Processor) Stats() Stats {
	c := p.core
	st := Stats{
		Endpoints: c.table.size(), MaxEndpoints: c.cfg.maxEndpoints, Overflowed: c.table.overflowed.Load(), Forgotten: c.table.forgotten.Load(),
		NamedByPath: c.stats.namedByPath.Load(), NamedOtherwise: c.stats.namedOtherwise.Load(), SubtreeRequests: c.stats.subtrees.Load(),
		NegativeDurations: c.stats.negative.Load(), AfterShutdown: c.stats.afterShutdown.Load(),
		Slow: c.stats.slow.Load(), NotKept: c.stats.notKept.Load(), Faults: c.faults.Count(), HookPanics: c.stats.hookPanics.Load(),
		HeldFull: c.gather.full.Load(), HeldEvicted: c.gather.evicted.Load(), HeldLong: c.gather.long.Load(),
		HeldStale: c.gather.stale.Load(), HeldClipped: c.gather.clipped.Load(),
		AnatomiesDropped: c.stats.anatomiesDropped.Load(), AnatomiesIncomplete: c.stats.anatomiesIncomplete.Load(),
		Rescued:       map[string]uint64{rescueSlow: c.rescues.slow.Load(), rescueFailed: c.rescues.failed.Load(), rescueSpike: c.rescues.spike.Load()},
		RescueRefused: c.rescues.refused.Load(), RescueIncomplete: c.rescues.incomplete.Load(), RescuedLate: c.rescues.late.Load(),
		SamplerUsed: c.samplerUsed.Load(), Doubled: c.hasSecond(), Stopped: c.stopped.Load(), GaveUp: c.gaveUp.Load(), Leaked: []Leak{},
	}
	st.Held, st.HeldBytes = c.gather.count()
	if c.log != nil {
		st.Recent, st.RecentBytes = c.log.count()
	}
	if below := c.gather.below.Load(); below != nil {
		st.HeldRunning, st.HeldRunningName = below.spans, below.name
	}
	st.AnatomiesWaiting, st.WaitingBytes = c.bench.count()
	if at := c.stats.lastIncomplete.Load(); at != 0 {
		st.LastIncomplete = time.Unix(0, at).UTC()
	}
	if c.running != nil {
		in := c.running.stats()
		st.InFlightDropped, st.InFlightUnfollowed, st.InFlightSkipped, st.InFlightSwept = in.Dropped, in.Unfollowed, in.Skipped, in.Swept
		st.Leaked = c.running.moved.list(time.Now())
	}
	return st
}
