// SPDX-License-Identifier: Apache-2.0

package causes

import "time"

// Recording is what was found in a few seconds of the runtime's execution trace.
type Recording struct {
	ID     uint64    `json:"id"` // from 1
	Reason string    `json:"reason"`
	Start  time.Time `json:"start"`
	End    time.Time `json:"end"`
	// Bytes and Events are those of the trace that was looked at.
	Bytes  int `json:"bytes"`
	Events int `json:"events"`
	// Requests that ended in the recording, and Slow ones among them.
	Requests int `json:"requests"`
	Slow     int `json:"slow"`
	// Cut says in words what was left out to stay within bounds.
	Cut []string `json:"cut"`
	// Error says why there is nothing to see, or not all of it.
	Error string `json:"error,omitempty"`
	// WorkNanos are the nanoseconds that the analysis worked.
	WorkNanos int64 `json:"work_ns"`
	// Endpoints with slow requests, the one with most of them first; at most 20.
	Endpoints []Endpoint `json:"endpoints"`
}

// Endpoint is what was found about the slow requests of an endpoint.
type Endpoint struct {
	Name string `json:"endpoint"`
	// Slow and Normal requests that were looked at: at most 100 of each, evenly taken from all.
	Slow   int `json:"slow"`
	Normal int `json:"normal"`
	// SlowNanos and NormalNanos are the mean durations of these.
	SlowNanos   int64 `json:"slow_ns"`
	NormalNanos int64 `json:"normal_ns"`
	// Explained is the share of the time of the slow ones of which it is known what it was spent on and due to whom, 0 to 1.
	Explained float64 `json:"explained"`
	// Causes have at least 30 % of the extra time each, the largest first. There are none where fewer than 5 slow requests were seen.
	Causes []Cause `json:"causes"`
	// Requests are the slow ones, in the order of their ends; at most 300 in a recording. Lists of recordings leave them out.
	Requests []Request `json:"requests,omitempty"`
}

// Request is how one request spent its time.
type Request struct {
	SpanID   string `json:"span_id"`
	Nanos    int64  `json:"duration_ns"`
	Parts    []Part `json:"parts"`    // the largest first, at most 12
	Timeline []Span `json:"timeline"` // its own states in the order of time; at most 64
	// RestNanos are the nanoseconds of the parts beyond.
	RestNanos int64 `json:"rest_ns"`
	// Cut is set if it was not followed to its end, because there was too much to follow.
	Cut bool `json:"cut,omitempty"`
}

// Part is how much of a request's time has one reason.
type Part struct {
	Reason
	Nanos int64   `json:"duration_ns"`
	Times float64 `json:"times"` // that it waited so, as in Cause
}

// Span is a stretch of a request's time in one state.
type Span struct {
	OffsetNanos int64 `json:"offset_ns"`
	Nanos       int64 `json:"duration_ns"`
	State       State `json:"state"`
	Line        Place `json:"line,omitzero"`
}
