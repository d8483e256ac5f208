// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/internal/units"
	"github.com/otelperf/otelperf-go/slowlog"
)

// recordedRequest is how a request spent its time, from a recording of the runtime's execution trace.
type recordedRequest struct {
	SpanID     string          `json:"span_id"`
	Recording  uint64          `json:"recording"` // its id
	DurationMs float64         `json:"duration_ms"`
	Parts      []recordedPart  `json:"parts"`    // the largest first, at most 12
	RestMs     float64         `json:"rest_ms"`  // of the parts beyond
	Cut        bool            `json:"cut"`      // it was not followed to its end
	Timeline   []recordedState `json:"timeline"` // of its own goroutine, in the order of time; at most 64
}

// recordedPart is how much of a request's time has one reason.
type recordedPart struct {
	State      string  `json:"state"`
	Reason     string  `json:"reason"` // in words, such as "waiting for the lock at cart.go:88, held by GET /report (report.go:40)"
	DurationMs float64 `json:"duration_ms"`
	Share      float64 `json:"share"` // of the request's time, 0 to 1
	Times      float64 `json:"times"` // that it waited so; 0 where nothing is waited for
}

// recordedState is a stretch of time in one state.
type recordedState struct {
	State      string  `json:"state"`
	OffsetMs   float64 `json:"offset_ms"`
	DurationMs float64 `json:"duration_ms"`
	Line       string  `json:"line"` // of the program's own code, as in cart.go:88; empty if it is not known
}

// recordedOf finds requests in the last recordings. Each is returned at most once.
func (m *Monitor) recordedOf(requests []*slowlog.Entry) []recordedRequest {
	out := []recordedRequest{}
	if m.cfg.evidence == nil {
		return out
	}
	recordings := m.cfg.evidence.Recordings()
	for _, e := range requests {
		if id, r := findRecorded(recordings, e.SpanID.String()); r != nil {
			out = append(out, recordedRequestOf(id, r))
		}
	}
	return out
}

func findRecorded(recordings []causes.Recording, spanID string) (id uint64, r *causes.Request) {
	for i := range recordings {
		for j := range recordings[i].Endpoints {
			all := recordings[i].Endpoints[j].Requests
			if k := slices.IndexFunc(all, func(r causes.Request) bool { return r.SpanID == spanID }); k >= 0 {
				return recordings[i].ID, &all[k]
			}
		}
	}
	return 0, nil
}

func recordedRequestOf(recording uint64, r *causes.Request) recordedRequest {
	ms := func(nanos int64) float64 { return units.Milliseconds(time.Duration(nanos)) }
	out := recordedRequest{
		SpanID: r.SpanID, Recording: recording, DurationMs: ms(r.Nanos), RestMs: ms(r.RestNanos), Cut: r.Cut,
		Parts: []recordedPart{}, Timeline: []recordedState{},
	}
	for _, p := range r.Parts {
		out.Parts = append(out.Parts, recordedPart{
			State: string(p.State), Reason: p.Reason.String(), DurationMs: ms(p.Nanos), Share: min(1, float64(p.Nanos)/float64(max(1, r.Nanos))),
			Times: *units.Number(p.Times),
		})
	}
	for _, s := range r.Timeline {
		out.Timeline = append(out.Timeline, recordedState{State: string(s.State), OffsetMs: ms(s.OffsetNanos), DurationMs: ms(s.Nanos), Line: s.Line.String()})
	}
	return out
}
