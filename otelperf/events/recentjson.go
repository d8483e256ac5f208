// SPDX-License-Identifier: Apache-2.0

package events

import (
	"encoding/json"
	"math"
	"time"

	"go.opentelemetry.io/otel/attribute"
)

// recentJSON is RecentEvent as JSON.
type recentJSON struct {
	Name       string         `json:"name"`
	ID         string         `json:"id,omitzero"`
	Time       time.Time      `json:"time"`
	Observed   time.Time      `json:"observed_time"`
	Source     string         `json:"source"`
	SessionID  string         `json:"session_id,omitzero"`
	UserID     string         `json:"user_id,omitzero"`
	UserHash   string         `json:"user_hash,omitzero"`
	Page       string         `json:"page,omitzero"`
	TraceID    string         `json:"trace_id,omitzero"`
	SpanID     string         `json:"span_id,omitzero"`
	Attributes map[string]any `json:"attributes"`
}

// MarshalJSON writes the attributes as an object and leaves out empty fields.
func (r RecentEvent) MarshalJSON() ([]byte, error) { return json.Marshal(r.json()) }

func (r *RecentEvent) json() recentJSON {
	j := recentJSON{
		Name: r.Name, ID: r.ID, Time: r.Time.UTC(), Observed: r.Observed.UTC(), Source: r.Source,
		SessionID: r.SessionID, UserID: r.UserID, UserHash: r.UserHash, Page: r.Page,
		TraceID: r.TraceID, SpanID: r.SpanID,
		Attributes: make(map[string]any, len(r.Attributes)),
	}
	for _, kv := range r.Attributes {
		j.Attributes[string(kv.Key)] = jsonValue(kv.Value)
	}
	return j
}

// jsonValue returns what encoding/json writes as the plain value: numbers as numbers, maps as objects.
func jsonValue(v attribute.Value) any {
	switch v.Type() {
	case attribute.EMPTY:
		return nil
	case attribute.FLOAT64:
		if f := v.AsFloat64(); math.IsNaN(f) || math.IsInf(f, 0) {
			return nil
		}
		return v.AsFloat64()
	case attribute.SLICE, attribute.MAP:
		return json.RawMessage(v.String()) // its form within slices and maps is JSON
	default:
		return v.AsInterface()
	}
}
