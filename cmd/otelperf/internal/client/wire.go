// SPDX-License-Identifier: Apache-2.0

package client

import (
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/slowlog"
)

// Origin says whose numbers an answer has, and of when.
type Origin struct {
	Service  string    `json:"service"`
	Instance string    `json:"instance"`
	Time     time.Time `json:"time"`
}

// Row is an endpoint in a window, with what was asked for besides.
type Row struct {
	otelperf.EndpointRow
	Histogram *Histogram `json:"histogram,omitzero"`
	// TrendP99Ms is the p99 of each of the last 30 whole minutes, the oldest first, nil where there was no request.
	TrendP99Ms []*float64 `json:"trend_p99_ms,omitzero"`
	Usual      *Usual     `json:"usual,omitzero"` // nil unless it was asked for
}

// Usual is what a row did at the same time of other days; nil: nothing of that time is stored.
type Usual struct {
	Yesterday *UsualNumbers `json:"yesterday"`
	LastWeek  *UsualNumbers `json:"last_week"`
}

// UsualNumbers are those of one of both.
type UsualNumbers struct {
	Count uint64   `json:"count"`
	Rate  *float64 `json:"rate"`
	P99Ms *float64 `json:"p99_ms"` // nil: no durations
}

// Histogram is durations in base-2 exponential buckets: Counts[i] of them lie in (2^((Offset+i)/2^Scale), 2^((Offset+i+1)/2^Scale)]
// seconds.
type Histogram struct {
	Scale  int      `json:"scale"`
	Offset int32    `json:"offset"`
	Count  uint64   `json:"count"`
	SumMs  float64  `json:"sum_ms"`
	Counts []uint64 `json:"counts"`
}

// EndpointList is the answer of GET endpoints.
type EndpointList struct {
	Origin
	Window        otelperf.Window `json:"window"`
	From          time.Time       `json:"from"` // of a fixed time: what of it is stored; both the same where nothing is
	To            time.Time       `json:"to"`
	WindowSeconds float64         `json:"window_seconds"`
	Count         int             `json:"count"`
	Endpoints     []Row           `json:"endpoints"`
	Stored        *Steps          `json:"stored"` // nil where no history was read
}

// Steps says in which steps numbers were stored.
type Steps struct {
	StepSeconds float64 `json:"step_seconds"` // the longest of them
}

// DependencyList is the answer of GET dependencies.
type DependencyList struct {
	Origin
	Window        otelperf.Window `json:"window"`
	From          time.Time       `json:"from"` // of a fixed time: what of it is stored; both the same where nothing is
	To            time.Time       `json:"to"`
	WindowSeconds float64         `json:"window_seconds"`
	Count         int             `json:"count"`
	Dependencies  []Row           `json:"dependencies"`
}

// SlowList is the answer of GET slow.
type SlowList struct {
	Origin
	Count  uint64                 `json:"count"` // of a fixed time or of days the slow ones of it, else since the start
	Stored int                    `json:"stored"`
	Slow   []otelperf.SlowRequest `json:"slow"`
	Note   string                 `json:"note"` // what of a fixed time or of days could not be read
	// StoredFrom is of a fixed time without a history: of what was before, nothing is stored.
	StoredFrom *time.Time `json:"stored_from"`
}

// SlowTrace is the answer of GET slow/{trace_id}.
type SlowTrace struct {
	Origin
	TraceID  string            `json:"trace_id"`
	Requests []*slowlog.Entry  `json:"requests"`
	Recorded []RecordedRequest `json:"recorded"` // how those of them that are in a recording spent their time
}

// RecordedRequest is how a request spent its time, from a recording of the runtime's execution trace.
type RecordedRequest struct {
	SpanID   string          `json:"span_id"`
	Parts    []RecordedPart  `json:"parts"`    // the largest first
	Timeline []RecordedState `json:"timeline"` // in the order of time
}

// RecordedPart is how much of a request's time has one reason.
type RecordedPart struct {
	State      string  `json:"state"`
	Reason     string  `json:"reason"`
	DurationMs float64 `json:"duration_ms"`
	Share      float64 `json:"share"` // of the request's time, 0 to 1
	Times      float64 `json:"times"` // that it waited so
}

// RecordedState is a stretch of time in one state.
type RecordedState struct {
	State      string  `json:"state"`
	OffsetMs   float64 `json:"offset_ms"`
	DurationMs float64 `json:"duration_ms"`
	Line       string  `json:"line"`
}

// RecordedOf is the recording of the request with a span; nil if there is none.
func (t *SlowTrace) RecordedOf(spanID string) *RecordedRequest {
	for i := range t.Recorded {
		if t.Recorded[i].SpanID == spanID {
			return &t.Recorded[i]
		}
	}
	return nil
}

// SpikeList is the answer of GET spikes.
type SpikeList struct {
	Origin
	Count  int              `json:"count"`
	Open   int              `json:"open"`
	Spikes []otelperf.Spike `json:"spikes"`
	Note   string           `json:"note"` // what of a fixed time could not be read
}
