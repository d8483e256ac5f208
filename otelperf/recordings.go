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
	all  []made // the oldest first
	read uint64 // the last of them
}

// made is a recording, and what for: of no purpose is what a person has asked for.
type made struct {
	causes.Recording
	purpose
}

// purpose is what a recording was asked for.
type purpose struct {
	reason   string // as the recorder has it
	spike    string // by id
	endpoint string // that was suspected
}

// last is the id of the last recording that was taken in.
func (r *recordings) last() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.read
}

// take takes new ones in, of a list that begins with the newest, with what the armer has asked for.
func (r *recordings) take(list []causes.Recording, asks []purpose) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, rec := range slices.Backward(list) {
		if rec.ID > r.read {
			r.read = rec.ID
			one := made{Recording: withoutRequests(rec)}
			for _, p := range asks {
				if p.reason == rec.Reason {
					one.purpose = p
				}
			}
			r.all = append(r.all, one)
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
	for _, rec := range r.during(start, end) {
		all = append(all, rec.Recording)
	}
	return all
}

// during is of, with what they were made for.
func (r *recordings) during(start, end time.Time) (all []made) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, rec := range r.all {
		if rec.End.After(start) && (end.IsZero() || rec.Start.Before(end)) {
			all = append(all, rec)
		}
	}
	return all
}

// madeFor returns those that were made for a spike: since it was open, or on suspicion of an endpoint of it before; the oldest first, at
// most perSpike, of which those on suspicion are left out first.
func (a *armer) madeFor(sp Spike) []made {
	var end time.Time
	if sp.End != nil {
		end = *sp.End
	}
	all := slices.DeleteFunc(a.made.during(sp.Start, end), func(m made) bool {
		if m.spike != "" {
			return m.spike != sp.ID && a.nowIn(m.spike) != sp.ID
		}
		return !slices.ContainsFunc(sp.Endpoints, func(e SpikeEndpoint) bool { return endpointName(e.Method, e.Route) == m.endpoint })
	})
	for i := len(all) - 1; i >= 0 && len(all) > perSpike; i-- {
		if all[i].spike == "" {
			all = slices.Delete(all, i, i+1)
		}
	}
	return all[:min(len(all), perSpike)]
}

// nowIn is the id of the spike that one has become part of.
func (a *armer) nowIn(id string) string {
	in, _ := a.engine.Incident(id)
	return in.ID
}

// ofSpike returns the ids of those that were made for a spike and show slow requests of it, or could not be read.
func (a *armer) ofSpike(sp *Spike) []uint64 {
	ids := []uint64{}
	if a == nil {
		return ids
	}
	for _, rec := range a.madeFor(*sp) {
		if rec.Error != "" || slowOf(&rec.Recording, sp) > 0 {
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
