// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"net/http"
	"slices"
)

// SpikeList is the answer of GET spikes.
type SpikeList struct {
	Origin
	Open   int     `json:"open"`   // how many are open
	Spikes []Spike `json:"spikes"` // newest first; the last 50 are kept
}

// ActiveList is the answer of GET active: what is running now.
type ActiveList struct {
	Origin
	Count  int             `json:"count"`  // of all that are known; at most ?limit= are in the list
	Active []ActiveRequest `json:"active"` // longest first
}

// ErrorList is the answer of GET errors: failures, grouped by endpoint and type.
type ErrorList struct {
	Origin
	Count  int          `json:"count"`  // of all groups; at most ?limit= are in the list
	Errors []ErrorGroup `json:"errors"` // the latest first
}

func (m *Monitor) serveSpikes(w http.ResponseWriter, r *http.Request) {
	q := queryOf(r)
	n := q.limit(keptSpikes)
	if q.refused(w) {
		return
	}
	all := m.engine.Spikes()
	list := SpikeList{Origin: m.origin(), Spikes: all[:min(n, len(all))]}
	for i := range all {
		if all[i].State == SpikeOpen {
			list.Open++
		}
	}
	writeJSON(w, r, list)
}

func (m *Monitor) serveSpike(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	all := m.engine.Spikes()
	i := slices.IndexFunc(all, func(s Spike) bool { return s.ID == id })
	if i < 0 {
		notFound(w, "id", "There is no spike %.40q, or no longer. GET spikes lists those that are kept.", id)
		return
	}
	writeJSON(w, r, all[i])
}

func (m *Monitor) serveActive(w http.ResponseWriter, r *http.Request) {
	q := queryOf(r)
	n := q.limit(100)
	if q.refused(w) {
		return
	}
	all := m.activeRequests()
	list := ActiveList{Origin: m.origin(), Count: len(all), Active: append([]ActiveRequest{}, all[:min(n, len(all))]...)}
	writeJSON(w, r, list)
}

func (m *Monitor) serveErrors(w http.ResponseWriter, r *http.Request) {
	q := queryOf(r)
	n := q.limit(100)
	if q.refused(w) {
		return
	}
	all := m.errorGroups()
	list := ErrorList{Origin: m.origin(), Count: len(all), Errors: append([]ErrorGroup{}, all[:min(n, len(all))]...)}
	writeJSON(w, r, list)
}

func (m *Monitor) serveDiagnostics(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, r, struct {
		Origin
		Diagnostics
	}{m.origin(), m.Diagnostics()})
}
