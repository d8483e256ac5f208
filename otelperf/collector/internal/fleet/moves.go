// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"time"

	"github.com/otelperf/otelperf-go/otelperf/engine"
)

// arrival is how many seconds a service that is new waits for what another collector knows of it, before it is judged as one of which
// nothing is known.
const arrival = 5

// afresh is how old what another collector knew may be for a service to be taken for one that has gone on meanwhile: its caches are warm.
const afresh = 5 * time.Minute

// Moved is a service that another collector has, though something of it has come here since.
type Moved struct {
	Name  Name
	Seen  time.Time // when something came last; the zero time for never
	Spans uint64    // that came and were not looked at
}

// gone is what is kept of it.
type gone struct {
	since, seen int64 // unix seconds
	spans       uint64
}

// Newcomers are the services that are new since it was called last, and wait to be told what is known of them: see [Service.Adopt].
func (f *Fleet) Newcomers() []*Service {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := f.newcomers
	f.newcomers = nil
	return all
}

// Adopt gives a new service what another collector has known of it, nil for nothing, and has it judged from now on. It reports whether
// it came in time; else the service is learned anew.
func (s *Service) Adopt(known []engine.Baseline, at time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waits == 0 || s.gone != nil {
		return false
	}
	s.waits = 0
	if len(known) == 0 {
		return true
	}
	if time.Unix(s.fleet.second.Load(), 0).Sub(at) < afresh {
		warm := s.set.Detector
		warm.Grace = time.Second
		if s.engine.Configure(warm) != nil { // cannot be: it is within its range
			_ = s.engine.Configure(s.set.Detector)
		}
	}
	s.engine.Offer(known, "")
	s.adopted = true
	return true
}

// Adopted tells whether it began with what another collector knew of it.
func (s *Service) Adopted() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.adopted
}

// Waits tells whether it waits to be told what is known of it.
func (s *Service) Waits() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.waits > 0
}

// Judged is the end of the last second that was judged.
func (s *Service) Judged() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.begun {
		return time.Unix(s.fleet.second.Load(), 0)
	}
	return time.Unix(s.next, 0)
}

// Release gives a service to another collector: what is known of it is no more, and what comes of it is counted for [Fleet.Moved] alone.
func (f *Fleet) Release(s *Service) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if (*f.by.Load())[s.name] != s || s.name == Other {
		return
	}
	s.release()
	left := &Service{fleet: f, name: s.name, full: s.full, gone: &gone{since: f.second.Load()}}
	f.replace(func(by map[Name]*Service) { by[s.name] = left })
}

// Return has a service of [Fleet.Moved] be new when something comes of it again.
func (f *Fleet) Return(n Name) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s := (*f.by.Load())[n]; s != nil && s.gone != nil {
		f.replace(func(by map[Name]*Service) { delete(by, n) })
	}
}

// forgetMoved is after how many seconds without a span it is no longer remembered that a service has moved.
const forgetMoved = 300

// Moved are the services that were released in the last minutes, or of which something comes still.
func (f *Fleet) Moved() (all []Moved) {
	now := f.second.Load()
	for n, s := range *f.by.Load() {
		if s.gone == nil {
			continue
		}
		s.mu.Lock()
		g := *s.gone
		s.mu.Unlock()
		if now-max(g.since, g.seen) > forgetMoved {
			f.Return(n)
			continue
		}
		m := Moved{Name: n, Spans: g.spans}
		if g.seen > 0 {
			m.Seen = time.Unix(g.seen, 0)
		}
		all = append(all, m)
	}
	return all
}

// moved counts what came of a service that is another collector's. The lock is held.
func (s *Service) moved(now time.Time, spans int) {
	s.gone.seen = now.Unix()
	s.gone.spans += uint64(spans)
	s.fleet.counts.moved.Add(uint64(spans))
}
