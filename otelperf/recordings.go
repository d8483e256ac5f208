// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"slices"
	"sync"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/engine"
)

// recordings remembers what was found in the last engine.MaxIncidents recordings, without single requests: at most 20 endpoints with
// three causes each, 20 KiB.
type recordings struct {
	mu   sync.Mutex
	all  []causes.Recording // the oldest first
	read uint64             // the last of them
}

// last is the id of the last recording that was taken in.
func (r *recordings) last() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.read
}

// take takes new ones in, of a list that begins with the newest.
func (r *recordings) take(list []causes.Recording) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, rec := range slices.Backward(list) {
		if rec.ID > r.read {
			r.read = rec.ID
			r.all = append(r.all, withoutRequests(rec))
		}
	}
	if more := len(r.all) - engine.MaxIncidents; more > 0 {
		r.all = slices.Delete(r.all, 0, more)
	}
}

// withoutRequests is a recording as a list shows it.
func withoutRequests(rec causes.Recording) causes.Recording {
	rec.Endpoints = slices.Clone(rec.Endpoints)
	for i := range rec.Endpoints {
		rec.Endpoints[i].Requests = nil
	}
	return rec
}

// of returns those that overlap a time, the oldest first; end may be zero for one that is not over.
func (r *recordings) of(start, end time.Time) (all []causes.Recording) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, rec := range r.all {
		if rec.End.After(start) && (end.IsZero() || rec.Start.Before(end)) {
			all = append(all, rec)
		}
	}
	return all
}

// ofSpike returns the ids of those that were made of a spike.
func (a *armer) ofSpike(sp *Spike) []uint64 {
	ids := []uint64{}
	if a == nil {
		return ids
	}
	var end time.Time
	if sp.End != nil {
		end = *sp.End
	}
	for _, rec := range a.made.of(sp.Start, end) {
		if rec.Error != "" || slowOf(&rec, sp) > 0 {
			ids = append(ids, rec.ID)
		}
	}
	return ids
}

// slowOf is how many slow requests of a spike's endpoints were seen in a recording.
func slowOf(rec *causes.Recording, sp *Spike) (slow int) {
	for i := range rec.Endpoints {
		if slices.ContainsFunc(sp.Endpoints, func(e SpikeEndpoint) bool { return endpointName(e.Method, e.Route) == rec.Endpoints[i].Name }) {
			slow += rec.Endpoints[i].Slow
		}
	}
	return slow
}
