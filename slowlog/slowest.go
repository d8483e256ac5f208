// SPDX-License-Identifier: Apache-2.0

package slowlog

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/slowlog/order"
)

// Overflow is the route under which endpoints share one list when all lists are taken.
const Overflow = "(other)"

// sweepEvery is how often, in the time of the entries, a store without a free list looks for one that has aged out.
const sweepEvery = time.Minute

type endpointKey struct{ method, route string }

// slowest is an endpoint's list, the longest duration first; among equal ones the older stays ahead.
type slowest struct{ records []*record }

// rankLocked offers r to the list of its endpoint.
func (s *Store) rankLocked(r *record) {
	e := r.entry
	key := s.listLocked(endpointKey{e.Method, e.Route}, e.End())
	list := s.endpoints[key]
	if list == nil {
		list = &slowest{}
		s.endpoints[key] = list
	}
	s.ageLocked(list, e.End())
	i, _ := slices.BinarySearchFunc(list.records, e.Duration, func(a *record, d time.Duration) int {
		if a.entry.Duration >= d {
			return -1
		}
		return 1
	})
	if i >= s.limits.PerEndpoint {
		return
	}
	if last := len(list.records) - 1; last+1 >= s.limits.PerEndpoint {
		s.releaseLocked(list.records[last])
		list.records = slices.Delete(list.records, last, last+1)
	}
	r.refs++
	list.records = slices.Insert(list.records, i, r)
}

// listLocked is the key of the list for an endpoint: its own, or the shared one when no list is free.
func (s *Store) listLocked(key endpointKey, now time.Time) endpointKey {
	if s.endpoints[key] != nil {
		return key
	}
	if len(s.endpoints) >= s.limits.Endpoints {
		s.sweepLocked(now)
	}
	if len(s.endpoints) >= s.limits.Endpoints {
		s.overflow++
		return endpointKey{route: Overflow}
	}
	return key
}

// sweepLocked frees the lists of endpoints that had no slow request for the age limit, at most once a minute.
func (s *Store) sweepLocked(now time.Time) {
	if since := now.Sub(s.sweptAt); since >= 0 && since < sweepEvery {
		return
	}
	s.sweptAt = now
	for key, list := range s.endpoints {
		s.ageLocked(list, now)
		if len(list.records) == 0 {
			delete(s.endpoints, key)
		}
	}
}

// ageLocked drops what ended longer ago than the age limit. The clock is that of the entries: an endpoint that
// falls silent keeps its list.
func (s *Store) ageLocked(list *slowest, now time.Time) {
	list.records = slices.DeleteFunc(list.records, func(r *record) bool {
		aged := s.agedLocked(r, now)
		if aged {
			s.releaseLocked(r)
		}
		return aged
	})
}

func (s *Store) agedLocked(r *record, now time.Time) bool {
	return now.Sub(r.entry.End()) > s.limits.Age
}

// unrankLocked takes r out of the list that holds it, if one does.
func (s *Store) unrankLocked(r *record) {
	for _, key := range []endpointKey{{r.entry.Method, r.entry.Route}, {route: Overflow}} {
		list := s.endpoints[key]
		if list == nil {
			continue
		}
		i := slices.Index(list.records, r)
		if i < 0 {
			continue
		}
		list.records = slices.Delete(list.records, i, i+1)
		s.releaseLocked(r)
		if len(list.records) == 0 {
			delete(s.endpoints, key)
		}
		return
	}
}

// Admits reports whether a request of this endpoint that ended at that time with that duration would enter the list
// of its slowest. It lets a caller skip building an entry that Add would turn away; by the time of Add the answer
// may have changed.
func (s *Store) Admits(method, route string, end time.Time, d time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.endpoints[endpointKey{method, route}]
	if list == nil && len(s.endpoints) >= s.limits.Endpoints {
		list = s.endpoints[endpointKey{route: Overflow}]
	}
	if list == nil || len(list.records) < s.limits.PerEndpoint {
		return true
	}
	return d > list.records[len(list.records)-1].entry.Duration ||
		slices.ContainsFunc(list.records, func(r *record) bool { return s.agedLocked(r, end) })
}

// Slowest yields the n slowest kept entries of an endpoint, slowest first; all of its list if n is 0 or less. They
// ended within the age limit (an hour by default) before the endpoint's last slow request. The entries of an
// endpoint without a list of its own come from the shared one, which is itself the endpoint with an empty method
// and the route [Overflow].
func (s *Store) Slowest(method, route string, n int) iter.Seq[*Entry] {
	return func(yield func(*Entry) bool) {
		for i, e := range s.slowestOf(endpointKey{method, route}) {
			if n > 0 && i >= n || !yield(e) {
				return
			}
		}
	}
}

func (s *Store) slowestOf(key endpointKey) []*Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	if list := s.endpoints[key]; list != nil {
		return entriesOf(list.records)
	}
	shared := s.endpoints[endpointKey{route: Overflow}]
	if shared == nil {
		return nil
	}
	return slices.DeleteFunc(entriesOf(shared.records), func(e *Entry) bool {
		return e.Method != key.method || e.Route != key.route
	})
}

// Stats are what a [Store] holds and what its bounds cost, since it was made or reset.
type Stats struct {
	Entries    int    `json:"entries"`     // stored now, each once
	Endpoints  int    `json:"endpoints"`   // lists of slowest requests, the shared one included
	Bytes      int64  `json:"bytes"`       // estimate of what they hold
	Slow       uint64 `json:"slow"`        // slow requests added, stored or not
	Failed     uint64 `json:"failed"`      // failed requests added, stored or not
	Evicted    uint64 `json:"evicted"`     // entries dropped early for the byte limit
	Overflowed uint64 `json:"overflowed"`  // additions to the shared list because no list was free
	Stripped   uint64 `json:"stripped"`    // entries too big to keep their anatomy
	HookPanics uint64 `json:"hook_panics"` // panics of OnAdd hooks
}

// Stats returns a snapshot that agrees with itself.
func (s *Store) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Stats{
		Entries: len(s.records), Endpoints: len(s.endpoints), Bytes: s.bytes,
		Slow: s.slowSeen, Failed: s.failSeen, Evicted: s.evicted, Overflowed: s.overflow,
		Stripped: s.stripped.Load(), HookPanics: s.hookPanics.Load(),
	}
}

// Endpoints yields method and route of every endpoint with a list, sorted by route and method.
func (s *Store) Endpoints() iter.Seq2[string, string] {
	return func(yield func(method, route string) bool) {
		for _, k := range s.endpointKeys() {
			if !yield(k.method, k.route) {
				return
			}
		}
	}
}

func (s *Store) endpointKeys() []endpointKey {
	s.mu.Lock()
	defer s.mu.Unlock()
	keys := make([]endpointKey, 0, len(s.endpoints))
	for k := range s.endpoints {
		keys = append(keys, k)
	}
	order.By(keys, func(a, b *endpointKey) int {
		return cmp.Or(cmp.Compare(a.route, b.route), cmp.Compare(a.method, b.method))
	})
	return keys
}
