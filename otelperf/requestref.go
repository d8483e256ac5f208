// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"slices"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/involved"
	"github.com/otelperf/otelperf-go/otelperf/internal/units"
	"github.com/otelperf/otelperf-go/slowlog"
)

// RequestRef names a slow or failed request by when it was and how long it took.
type RequestRef struct {
	TraceID    string    `json:"trace_id"`    // 32 hex digits
	SpanID     string    `json:"span_id"`     // of the local root, 16 hex digits
	Start      time.Time `json:"start"`       // of the local root
	DurationMs float64   `json:"duration_ms"` // of the local root
	// Stored: GET slow/{trace_id} shows it. The slow log forgets what others have taken the place of; with a history, what a spike names is
	// found there, too.
	Stored bool `json:"stored"`
}

func refOf(r engine.Request) RequestRef {
	return RequestRef{TraceID: r.TraceID.String(), SpanID: r.SpanID.String(), Start: r.Start.UTC(), DurationMs: units.Milliseconds(r.Duration)}
}

// look finds out whether the request is stored.
func (r *RequestRef) look(slow *slowlog.Store) {
	id, err := trace.TraceIDFromHex(r.TraceID)
	span, err2 := trace.SpanIDFromHex(r.SpanID)
	r.Stored = err == nil && err2 == nil && slow.Has(id, span)
}

// replace takes the last stored request that fits in its place, if there is one.
func (r *RequestRef) replace(slow *slowlog.Store, fits func(*slowlog.Entry) bool) {
	for e := range slow.All() {
		if e.TraceID.IsValid() && fits(e) {
			*r = refOf(involved.RequestOf(e))
			r.Stored = true
			return
		}
	}
}

// look finds out which requests of a spike are stored. The last one of an error that is not gives way to the last one that is.
func (s *Spike) look(slow *slowlog.Store, in *engine.Incident) {
	for i := range s.SlowRequests {
		s.SlowRequests[i].look(slow)
	}
	of := slices.IndexFunc(in.Parts, func(p engine.Part) bool { return len(p.Errors) > 0 })
	for i := range s.Errors {
		one := &s.Errors[i]
		if one.LastRequest == nil {
			continue
		}
		if one.LastRequest.look(slow); !one.LastRequest.Stored && of >= 0 {
			one.LastRequest.replace(slow, func(e *slowlog.Entry) bool {
				kind, ok := involved.Error(&in.Parts[of], e)
				return ok && kind == one.Type
			})
		}
	}
}

// traceIDs are those of its slow requests, for logs and OpenTelemetry events.
func (s *Spike) traceIDs() []string {
	ids := []string{}
	for i := range s.SlowRequests {
		ids = append(ids, s.SlowRequests[i].TraceID)
	}
	return ids
}
