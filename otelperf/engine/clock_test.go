// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/spikeprocessor"
)

// setClock moves the wall clock; a second passes.
func (s *service) setClock(by time.Duration) {
	s.now = s.now.Add(by + time.Second)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = s.now
	s.advance(s.now, time.Second, deltas([]*spikeprocessor.Delta{}...))
	s.events = append(s.events, s.incidents.take()...)
}

// What was long over stays over, whatever the clock is set to; what has just ended goes on.
func TestClockIsSetAfterASpike(t *testing.T) {
	for _, by := range []time.Duration{-8 * time.Hour, -20 * time.Minute, 8 * time.Hour} {
		for quiet, want := range map[time.Duration]int{time.Minute: 1, 20 * time.Minute: 2} {
			s := newService(t, nil, load{rate: 20, usual: 20 * time.Millisecond})
			s.slow(5, 0)
			s.pass(time.Minute)
			s.slow(1, 0)
			for s.OpenIncidents() > 0 {
				s.pass(time.Second)
			}
			s.pass(quiet)
			s.setClock(by)
			s.slow(5, 0)
			for range 300 { // the detector takes what is hours ahead for a silence
				if s.pass(time.Second); s.OpenIncidents() > 0 {
					break
				}
			}
			all := s.Incidents()
			if len(all) != want || all[0].State != Open {
				t.Errorf("clock set by %v, %v after the end: %d incidents, the last is %s; want %d%s", by, quiet, len(all), all[0].State, want, s.story())
			}
			for i := range all {
				if in := &all[i]; in.At.Before(in.Start) || !in.End.IsZero() && in.End.Before(in.At) || by < 0 && in.At.After(s.now) {
					t.Errorf("clock set by %v: an incident is from %v by %v to %v, and it is %v", by, in.Start, in.At, in.End, s.now)
				}
			}
		}
	}
}

// A clock that is set back during a spike, or a minute before one, changes neither what is reported nor how long it took.
func TestClockIsSetBackDuringASpike(t *testing.T) {
	for _, before := range []time.Duration{-time.Minute, 30 * time.Second, 3 * time.Minute} {
		s := newService(t, nil, load{rate: 20, usual: 20 * time.Millisecond}, load{rate: 20, usual: 20 * time.Millisecond})
		if before < 0 {
			s.setClock(-5 * time.Hour)
			s.pass(-before)
		}
		s.slow(5, 0)
		if before > 0 {
			s.pass(before)
			s.setClock(-5 * time.Hour)
			if at := s.published[s.endpoints[0].name].SpikeStart; at.After(s.now) {
				t.Errorf("requests are told that the spike begins at %v, it is %v", at, s.now)
			}
		}
		s.pass(4 * time.Minute)
		s.slow(4, 1) // something else
		s.pass(time.Minute)
		s.slow(1, 0, 1)
		s.pass(8 * time.Minute)
		s.wantMessages(t, "opened GET /a", "opened GET /b", "closed GET /b", "closed GET /a")
		all := s.Incidents()
		if len(all) != 2 {
			t.Fatalf("%d incidents, want 2", len(all))
		}
		in := all[1]
		if took, want := in.End.Sub(in.Start), 5*time.Minute+max(0, before); took < want || took > want+2*time.Minute || in.Cost.Slow < uint64(20*want.Seconds())*97/100 {
			t.Errorf("set back %v after its begin, the spike took %v and cost %d slow requests; want %v and 20 a second", before, took, in.Cost.Slow, want)
		}
	}
}

// What has been covered since the start is time that has passed, not what the clock says.
func TestClockIsSetForward(t *testing.T) {
	s := newService(t, nil, load{rate: 20, usual: 20 * time.Millisecond})
	s.setClock(8 * time.Hour)
	s.pass(time.Minute)
	if got := s.Snapshot(All).Totals.Seconds; got < 950 || got > 970 {
		t.Errorf("since the start are %v s, want 960", got)
	}
	if len(s.events) > 0 {
		t.Errorf("nothing was wrong, and there are events%s", s.story())
	}
}
