// SPDX-License-Identifier: Apache-2.0

package otelperf

import "time"

// ErrorGroup is the failures of one endpoint that are of one type.
type ErrorGroup struct {
	Method      string    `json:"method"`
	Route       string    `json:"route"`
	Kind        string    `json:"kind"`
	Type        string    `json:"type"`    // of the exception or error; the outcome where there was none
	Message     string    `json:"message"` // of the last one
	Count       uint64    `json:"count"`
	Panics      uint64    `json:"panics"` // how many of them were
	First       time.Time `json:"first"`
	Last        time.Time `json:"last"`
	LastTraceID string    `json:"last_trace_id"`
	Stack       string    `json:"stack,omitzero"` // of the last panic
}

// errorGroups returns the failures since the start or the last reset, the latest first.
func (m *Monitor) errorGroups() []ErrorGroup {
	list := []ErrorGroup{}
	for _, g := range m.link.ErrorGroups() {
		list = append(list, ErrorGroup{
			Method: g.Method, Route: g.Route, Kind: g.Kind.String(), Type: g.Type, Message: g.Message, Count: g.Count, Panics: g.Panics,
			First: g.First.UTC(), Last: g.Last.UTC(), LastTraceID: g.LastTraceID.String(), Stack: g.Stack,
		})
	}
	return list
}
