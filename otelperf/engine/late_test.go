// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"testing"
	"time"
)

// A stall while the end of an incident is not reported yet, too soon after the last alarm for another one, belongs to its cost, and ends
// it. The ten minutes until the report are counted from there.
func TestStallBeforeTheEndIsReported(t *testing.T) {
	s := newService(t, nil, load{rate: 20, usual: 20 * time.Millisecond})
	s.slow(5, 0)
	s.pass(time.Minute)
	s.slow(1, 0)
	s.pass(4 * time.Minute)
	s.slow(5, 0)
	s.pass(30 * time.Second)
	s.slow(1, 0)
	s.pass(3 * time.Minute)
	before := s.Incidents()[0]
	s.slow(5, 0)
	s.pass(20 * time.Second)
	stalled := s.now
	s.slow(1, 0)
	s.pass(2 * time.Minute)
	in := s.Incidents()[0]
	if before.State != Ended || in.State != Ended || in.Parts[0].Returns != 1 {
		t.Fatalf("the incident is %+v, want it ended, and no further alarm%s", in, s.story())
	}
	if !in.End.Equal(stalled) || !in.Parts[0].End.Equal(stalled) || in.Cost.Slow < before.Cost.Slow+400 || in.Cost.Requests < in.Cost.Slow {
		t.Errorf("ended at %v with %+v, want the stall until %v in it after %+v", in.End, in.Cost, stalled, before.Cost)
	}
	s.pass(15 * time.Minute)
	s.wantMessages(t, "opened GET /a", "closed GET /a", "reopened GET /a", "closed GET /a")
	if last := s.events[len(s.events)-1]; !last.Incident.End.Equal(stalled) || last.Time.Sub(stalled) != comeBack || last.Incident.Cost != in.Cost {
		t.Errorf("the end is reported at %v: %+v, want %v and %+v", last.Time, last.Incident, stalled, in.Cost)
	}
}
