// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// slowness is what an armer sees: one suspect, and the recorder.
type slowness struct {
	EvidenceRecorder
	t      *testing.T
	arming *armer
	now    time.Time

	suspect  *engine.Suspect
	incident engine.Incident

	status    causes.RecorderStatus
	asked     []string
	cancelled int
	finds     func(id uint64) []causes.Endpoint // in each recording; nil: there is none
	made      []causes.Recording                // the newest first
}

var cart = conventions.Endpoint{Method: "GET", Route: "/cart"}

func newSlowness(t *testing.T) *slowness {
	s := &slowness{t: t, now: time.Unix(1e9, 0), status: causes.RecorderStatus{State: causes.RecorderIdle}}
	s.arming = newArmer(s, nil)
	s.arming.engine = s
	return s
}

func (s *slowness) Suspects() []engine.Suspect {
	if s.suspect == nil {
		return nil
	}
	return []engine.Suspect{*s.suspect}
}

func (s *slowness) Incident(id string) (engine.Incident, bool) {
	if id != s.incident.ID {
		return engine.Incident{}, false
	}
	return s.incident, true
}

func (s *slowness) Status() causes.RecorderStatus  { return s.status }
func (s *slowness) Recordings() []causes.Recording { return s.made }
func (s *slowness) Cancel()                        { s.cancelled++ }

func (s *slowness) Arm(reason string, _ time.Duration) error {
	s.asked = append(s.asked, reason)
	s.status.State, s.status.Reason = causes.RecorderRecording, reason
	return nil
}

// pass lets time go by, in which recordings take five seconds and show nothing.
func (s *slowness) pass(d time.Duration) {
	for range int(d / time.Second) {
		s.now = s.now.Add(time.Second)
		s.arming.tick(s.now)
		if s.now.Unix()%5 == 0 {
			if s.finds != nil && s.status.State == causes.RecorderRecording {
				s.record(s.status.Reason)
			}
			s.status.State, s.status.Reason = causes.RecorderIdle, ""
		}
	}
}

// record has a recording made.
func (s *slowness) record(reason string) {
	s.status.Recordings++
	s.made = append([]causes.Recording{{
		ID: s.status.Recordings, Reason: reason, Start: s.now.Add(-4 * time.Second), End: s.now, Endpoints: s.finds(s.status.Recordings),
	}}, s.made...)
}

func (s *slowness) expect(asked int) {
	s.t.Helper()
	if len(s.asked) != asked {
		s.t.Errorf("asked %d times, want %d: %q", len(s.asked), asked, s.asked)
	}
}

// Suspicion that never becomes a spike has ever fewer recordings; a spike is not kept waiting by it.
func TestSuspicionWithoutASpike(t *testing.T) {
	s := newSlowness(t)
	s.pass(time.Minute)
	s.expect(0)
	s.suspect = &engine.Suspect{Endpoint: cart, Evidence: 0.6, Slow: time.Second}
	s.pass(59 * time.Second)
	s.expect(1)
	s.pass(2 * time.Second)
	s.expect(2)
	s.pass(time.Minute)
	s.expect(2)
	s.pass(time.Hour)
	s.expect(11) // after 2, 3, ... 10 minutes
	s.suspect.Incident, s.incident = "x", engine.Incident{ID: "x", Start: s.now, Parts: []engine.Part{{Endpoint: cart, State: engine.Open}}}
	s.arming.note(&engine.Event{Incident: s.incident, Started: true})
	s.pass(10 * time.Second)
	if last := s.asked[len(s.asked)-1]; !strings.HasPrefix(last, "spike x") {
		t.Errorf("asked for %q", last)
	}
}

// A spike in whose recordings nothing slow is seen is not recorded without end.
func TestASpikeWithNothingInItsRecordings(t *testing.T) {
	s := newSlowness(t)
	s.incident = engine.Incident{ID: "x", Start: s.now, Parts: []engine.Part{{Endpoint: cart, State: engine.Open}}}
	s.suspect = &engine.Suspect{Endpoint: cart, Evidence: 1, Slow: time.Second, Incident: "x"}
	s.pass(10 * time.Minute)
	s.expect(2 * perSpike)
}

// A recording is ended when nothing has been slow for a while: one that was asked for because something was, not a person's.
func TestWhoseRecordingIsCancelled(t *testing.T) {
	for _, whose := range []string{"a person", ""} {
		s := newSlowness(t)
		s.suspect = &engine.Suspect{Endpoint: cart, Evidence: 0.6, Slow: time.Second}
		s.arming.tick(s.now)
		if whose != "" {
			s.status.Reason = whose
		}
		s.suspect = nil
		s.arming.tick(s.now.Add(time.Second))
		if s.cancelled > 0 {
			t.Error("cancelled after a second")
		}
		s.arming.tick(s.now.Add(calm))
		s.arming.tick(s.now.Add(2 * calm))
		if want := 1 - min(len(whose), 1); s.cancelled != want {
			t.Errorf("of %q: cancelled %d times, want %d", whose, s.cancelled, want)
		}
	}
}

func TestOnlyTheLastRecordingsAreRemembered(t *testing.T) {
	var r recordings
	begin := time.Now()
	var all []causes.Recording // newest first
	for id := range uint64(70) {
		at := begin.Add(time.Duration(id) * time.Minute)
		all = append([]causes.Recording{{ID: id + 1, Start: at, End: at.Add(time.Second)}}, all...)
		r.take(all[:min(len(all), 6)], nil)
	}
	if got := r.of(begin, time.Time{}); len(got) != engine.MaxIncidents || got[0].ID != 21 || r.last() != 70 {
		t.Errorf("%d are remembered, the first %d, the last %d", len(got), got[0].ID, r.last())
	}
	if got := r.of(begin.Add(30*time.Minute), begin.Add(40*time.Minute)); len(got) != 10 || got[0].ID != 31 {
		t.Errorf("%d in ten minutes", len(got))
	}
}

// When slow requests have come to take twice as much longer as in the recording, there is another one, at most three of a spike.
func TestASpikeThatOutgrowsItsRecordings(t *testing.T) {
	s := newSlowness(t)
	s.incident = engine.Incident{ID: "x", Start: s.now, Parts: []engine.Part{{Endpoint: cart, State: engine.Open}}}
	s.suspect = &engine.Suspect{Endpoint: cart, Evidence: 1, Slow: time.Second, Incident: "x"}
	extra := &s.incident.Parts[0].Why.ExtraMs
	s.finds = func(uint64) []causes.Endpoint {
		return []causes.Endpoint{{Name: "GET /cart", Slow: 9, SlowNanos: int64(*extra+20) * 1e6, NormalNanos: 20e6, Causes: []causes.Cause{{Share: .5}}}}
	}
	for _, step := range []struct {
		extra float64
		asked int
	}{{100, 1}, {190, 1}, {210, 2}, {390, 2}, {430, 3}, {5000, 3}} {
		*extra = step.extra
		s.pass(2 * time.Minute)
		s.expect(step.asked)
	}
}

// A spike lists the recordings that were made for it, at most three, however many others were made meanwhile.
func TestRecordingsMadeForASpike(t *testing.T) {
	s := newSlowness(t)
	names := []string{"/cart", "/a", "/b", "/c", "/d", "/e", "/f"}
	s.incident = engine.Incident{ID: "x", Start: s.now}
	s.finds = func(uint64) (all []causes.Endpoint) {
		for _, route := range names {
			all = append(all, causes.Endpoint{Name: "GET " + route, Slow: 9})
		}
		return all
	}
	s.suspect = &engine.Suspect{Slow: time.Second}
	for _, route := range names { // one after another is suspected, and joins
		ep := conventions.Endpoint{Method: "GET", Route: route}
		s.suspect.Endpoint, s.suspect.Evidence, s.suspect.Incident = ep, 0.6, ""
		s.pass(10 * time.Second)
		s.incident.Parts = append(s.incident.Parts, engine.Part{Endpoint: ep, State: engine.Open})
		s.suspect.Evidence, s.suspect.Incident = 1, "x"
		s.arming.note(&engine.Event{Incident: s.incident, Started: true})
		s.pass(10 * time.Second)
	}
	s.record("a person")
	s.pass(time.Second)
	if n := len(s.asked); n > perSpike+2 {
		t.Errorf("%d recordings were asked for in two minutes: %q", n, s.asked)
	}
	sp := spikeOf(&s.incident)
	ids := s.arming.ofSpike(&sp)
	if len(ids) == 0 || len(ids) > perSpike || slices.Contains(ids, s.status.Recordings) {
		t.Errorf("the spike has the recordings %v of %d", ids, s.status.Recordings)
	}
}
