// SPDX-License-Identifier: Apache-2.0

package slowlog

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"go.opentelemetry.io/otel/trace"
)

// entryJSON is Entry as it is written: names in snake_case, the unit in the name, null for what is not known.
type entryJSON struct {
	TraceID       string            `json:"trace_id"`
	SpanID        string            `json:"span_id"`
	ParentSpanID  *string           `json:"parent_span_id"`
	Method        string            `json:"method"`
	Route         string            `json:"route"`
	Kind          string            `json:"kind"`
	Path          string            `json:"path"`
	Status        *int              `json:"status"`
	Outcome       Outcome           `json:"outcome"`
	Start         time.Time         `json:"start"`
	DurationMs    float64           `json:"duration_ms"`
	ThresholdMs   *float64          `json:"threshold_ms"`
	BaselineP99Ms *float64          `json:"baseline_p99_ms"`
	Ratio         *float64          `json:"ratio"`
	Reason        string            `json:"reason"`
	SpikeID       string            `json:"spike_id,omitzero"`
	Error         ErrorInfo         `json:"error,omitzero"`
	Sampled       bool              `json:"sampled"`
	Rescued       bool              `json:"rescued"`
	Dimensions    map[string]string `json:"dimensions,omitempty"`
	Anatomy       *Anatomy          `json:"anatomy,omitempty"`
}

// MarshalJSON writes the entry as one object: ids in hex, durations in milliseconds, start in UTC.
func (e Entry) MarshalJSON() ([]byte, error) {
	out := entryJSON{
		TraceID: e.TraceID.String(), SpanID: e.SpanID.String(),
		Method: e.Method, Route: e.Route, Kind: e.Kind, Path: e.Path, Outcome: e.Outcome,
		Start: e.Start.UTC(), DurationMs: millis(e.Duration), ThresholdMs: orNull(millis(e.Threshold)),
		BaselineP99Ms: orNull(millis(e.BaselineP99)), Ratio: orNull(e.Ratio),
		Reason: e.Reason, SpikeID: e.SpikeID, Error: e.Error, Sampled: e.Sampled, Rescued: e.Rescued,
		Dimensions: e.Dimensions, Anatomy: e.Anatomy,
	}
	if e.ParentSpanID.IsValid() {
		id := e.ParentSpanID.String()
		out.ParentSpanID = &id
	}
	if e.Status != 0 {
		out.Status = &e.Status
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON wrote, to the precision of a float64 of milliseconds. Unknown fields are
// ignored. What it read is as long as its source made it: bound the source.
func (e *Entry) UnmarshalJSON(data []byte) error {
	var in entryJSON
	if err := json.Unmarshal(data, &in); err != nil {
		return fmt.Errorf("slowlog: reading an entry: %w", err)
	}
	*e = Entry{
		Method: in.Method, Route: in.Route, Kind: in.Kind, Path: in.Path, Status: orZero(in.Status), Outcome: in.Outcome,
		Start: in.Start, Duration: fromMillis(in.DurationMs), Threshold: fromMillis(orZero(in.ThresholdMs)),
		BaselineP99: fromMillis(orZero(in.BaselineP99Ms)), Ratio: orZero(in.Ratio),
		Reason: in.Reason, SpikeID: in.SpikeID, Error: in.Error, Sampled: in.Sampled, Rescued: in.Rescued,
		Dimensions: in.Dimensions, Anatomy: in.Anatomy,
	}
	return e.parseIDs(in)
}

// parseIDs accepts ids of zeros and missing ones, which the trace package's parsers refuse.
func (e *Entry) parseIDs(in entryJSON) error {
	var err error
	if s := in.TraceID; s != "" && s != (trace.TraceID{}).String() {
		if e.TraceID, err = trace.TraceIDFromHex(s); err != nil {
			return fmt.Errorf("slowlog: reading an entry: trace_id: %w", err)
		}
	}
	for _, id := range []struct {
		name, hex string
		to        *trace.SpanID
	}{{"span_id", in.SpanID, &e.SpanID}, {"parent_span_id", orZero(in.ParentSpanID), &e.ParentSpanID}} {
		if id.hex == "" || id.hex == (trace.SpanID{}).String() {
			continue
		}
		if *id.to, err = trace.SpanIDFromHex(id.hex); err != nil {
			return fmt.Errorf("slowlog: reading an entry: %s: %w", id.name, err)
		}
	}
	return nil
}

// millis is d in milliseconds, to the nanosecond.
func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// fromMillis is the inverse of millis; what no Duration can hold becomes 0.
func fromMillis(ms float64) time.Duration {
	ns := math.Round(ms * float64(time.Millisecond))
	if math.IsNaN(ns) || math.Abs(ns) >= math.MaxInt64 {
		return 0
	}
	return time.Duration(ns)
}

// orNull is nil for zero and for what JSON cannot say.
func orNull(f float64) *float64 {
	if f == 0 || math.IsNaN(f) || math.IsInf(f, 0) {
		return nil
	}
	return &f
}

func orZero[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
