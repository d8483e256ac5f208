// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// restart replaces the engine by one that has what the one before has saved.
func (s *service) restart(t *testing.T, change func(*Baseline)) {
	t.Helper()
	saved := s.Baselines(s.now)
	for i := range saved {
		change(&saved[i])
	}
	s.watched = &watched{published: s.published, now: s.now.Add(5 * time.Second)}
	e, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.Engine = e
	s.Advance(s.now, deltas())
	s.Offer(saved, "1.0")
}

func asSaved(*Baseline) {}

// Without an id, as earlier versions have saved it, a spike that goes on is reported as one that was open.
func TestSpikeOfAStateWithoutIDs(t *testing.T) {
	s := newService(t, nil, load{rate: 20, usual: 20 * time.Millisecond})
	s.slow(5, 0)
	s.pass(time.Minute)
	s.restart(t, func(b *Baseline) { b.Open = nil })
	s.pass(5 * time.Minute)
	s.wantMessages(t, "opened GET /a")
	if in := s.Incidents()[0]; !strings.Contains(in.Reason, "before the restart") || in.Cost.Slow < in.Cost.Requests*9/10 || in.Cost.Requests < 3600 {
		t.Errorf("%+v, want it open since before the restart, with all requests since", in)
	}
}

// What waits for its end to be reported, since it may come back, is reported after a restart.
func TestRestartWhileItMayComeBack(t *testing.T) {
	s := newService(t, nil, load{rate: 20, usual: 20 * time.Millisecond})
	for range 2 {
		s.slow(5, 0)
		s.pass(time.Minute)
		s.slow(1, 0)
		s.pass(4 * time.Minute)
	}
	s.wantMessages(t, "opened GET /a", "closed GET /a", "reopened GET /a")
	before := s.Incidents()[0]
	s.restart(t, asSaved)
	s.pass(5 * time.Minute)
	s.wantMessages(t)
	s.pass(5 * time.Minute)
	s.wantMessages(t, "closed GET /a")
	if in := s.Incidents()[0]; in.ID != before.ID || !in.End.Equal(before.End) {
		t.Errorf("%+v, want the end of %+v", in, before)
	}
}

// An endpoint that has no request after the restart ends like the others, and is not saved once more. When it is still slow later, its
// spike has come back.
func TestEndpointThatDoesNotAppearAfterARestart(t *testing.T) {
	s := newService(t, nil, load{rate: 20, usual: 20 * time.Millisecond}, load{rate: 20, usual: 20 * time.Millisecond})
	s.slow(5, 0, 1)
	s.pass(time.Minute)
	before := s.Incidents()[0]
	s.restart(t, asSaved)
	gone := s.loads[1]
	delete(s.loads, 1)
	s.pass(5 * time.Minute)
	s.slow(1, 0)
	s.pass(4 * time.Minute)
	if in, ok := s.Incident(before.ID); !ok || in.State != Open || in.Parts[0].Endpoint.Route != "/b" || !in.Parts[0].Unseen {
		t.Errorf("%+v, want it to wait for /b", in)
	}
	s.pass(2 * time.Minute)
	s.wantMessages(t, "closed GET /a")
	in := s.Incidents()[0]
	if b := in.Parts[1]; b.Endpoint.Route != "/b" || b.Ending != "no longer seen after the restart" || in.Cost != in.Parts[0].Cost {
		t.Errorf("%+v, want the end of /b, and what /a has cost", in)
	}
	for _, b := range s.Baselines(s.now) {
		if b.Open != nil || !b.SpikingSince.IsZero() {
			t.Errorf("of %s %+v since %v is saved, after its end", b.Endpoint, b.Open, b.SpikingSince)
		}
	}
	s.loads[1] = gone
	s.pass(10 * time.Minute)
	s.wantMessages(t, "closed GET /a", "reopened GET /b")
}

// A reset of the baselines ends what was open before the restart, too.
func TestResetAfterARestart(t *testing.T) {
	s := newService(t, nil, load{rate: 20, usual: 20 * time.Millisecond})
	s.slow(5, 0)
	s.pass(time.Minute)
	s.restart(t, asSaved)
	s.pass(time.Minute)
	s.events = append(s.events, s.Reset(true)...)
	s.wantMessages(t, "closed GET /a")
	if reason := s.Incidents()[0].Reason; !strings.HasSuffix(reason, "; ended by a reset of the baselines") || strings.Contains(reason, "no longer seen") {
		t.Errorf("the reason is %q", reason)
	}
}

// What cannot be is not taken over, and of the rest the last incidents.
func TestIncidentsTakenOver(t *testing.T) {
	e := newEngine(t)
	e.Advance(midnight, deltas())
	good := OpenPart{State: Open, Start: midnight.Add(-3 * time.Minute), At: midnight.Add(-2 * time.Minute)}
	var saved []Baseline
	add := func(id string, change func(*OpenPart)) {
		o := good
		o.Incident = id
		change(&o)
		b := Baseline{At: midnight, Open: &o}
		b.Endpoint.Route = fmt.Sprint(len(saved))
		saved = append(saved, b)
	}
	for i := range MaxIncidents + 10 {
		add(fmt.Sprint("good ", i), func(o *OpenPart) { o.At = o.At.Add(time.Duration(i) * time.Second) })
	}
	add("", func(*OpenPart) {})
	add(strings.Repeat("x", maxID+1), func(*OpenPart) {})
	add("of no state", func(o *OpenPart) { o.State = "?" })
	add("without an end", func(o *OpenPart) { o.State = Ended })
	add("later", func(o *OpenPart) { o.At = midnight.Add(time.Minute) })
	add("too old", func(o *OpenPart) { o.Start = midnight.Add(-maxBaselineAge) })
	e.Offer(saved, "1.0")
	all := e.Incidents()
	if len(all) != MaxIncidents || all[0].ID != fmt.Sprint("good ", MaxIncidents+9) || slices.ContainsFunc(all, func(in Incident) bool { return !strings.HasPrefix(in.ID, "good ") }) {
		t.Errorf("%d incidents were taken over, the last is %s", len(all), all[0].ID)
	}
}

// An endpoint whose requests stop is not reported as one that has recovered.
func TestSpikeWhoseRequestsStop(t *testing.T) {
	s := newService(t, nil, load{rate: 20, usual: 20 * time.Millisecond})
	s.slow(5, 0)
	s.pass(2 * time.Minute)
	last := s.now
	delete(s.loads, 0)
	s.pass(11 * time.Minute)
	s.wantMessages(t, "opened GET /a", "closed GET /a")
	if in := s.Incidents()[0]; !in.End.Equal(last) || !strings.Contains(in.Reason, "; no request since 00:17 UTC; in all ") {
		t.Errorf("ended at %v: %q; want the time of the last request, %v", in.End, in.Reason, last)
	}
}
