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
	if b := in.Parts[1]; b.Endpoint.Route != "/b" || b.Ending != "no longer seen after the restart" || in.Cost.Requests != in.Parts[0].Cost.Requests+b.Cost.Requests || b.Cost.Requests < 1200 {
		t.Errorf("%+v, want the end of /b, and what both have cost", in)
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

// What an incident has cost before a restart is in its cost after it: before it is seen again, once it is, after another restart, and when
// it has come back.
func TestCostGoesOnOverARestart(t *testing.T) {
	for matter, change := range map[Matter]func(l *load, bad bool){
		Latency:  func(l *load, bad bool) { l.factor = map[bool]float64{true: 5, false: 1}[bad] },
		Failures: func(l *load, bad bool) { l.failed = map[bool]float64{true: 1, false: 0}[bad] },
	} {
		t.Run(string(matter), func(t *testing.T) {
			s := newService(t, nil, load{rate: 20, usual: 20 * time.Millisecond})
			change(s.loads[0], true)
			bad := func() uint64 {
				c := s.only(t).Cost
				return max(c.Slow, c.Failed)
			}
			pass := func(d time.Duration) uint64 { s.pass(d); return uint64(d.Seconds() * 20) }
			want := pass(5 * time.Minute)
			check := func(when string, want uint64) {
				t.Helper()
				in := s.only(t)
				if got := bad(); got+60 < want || got > want+60 || in.Cost.Requests < got {
					t.Errorf("%s: %d of %d, want %d of them", when, got, in.Cost.Requests, want)
				}
				if p := in.Parts[0]; matter != Latency && (p.Total.Above != in.Cost.Failed || p.Total.N != in.Cost.Requests || !p.Total.Start.Equal(p.Start)) {
					t.Errorf("%s: the total is %d of %d since %v, the cost %+v since %v", when, p.Total.Above, p.Total.N, p.Total.Start, in.Cost, p.Start)
				}
			}
			check("at first", want)
			at := s.now
			for _, when := range []string{"first", "second"} {
				s.restart(t, asSaved)
				check("after the "+when+" restart", want)
				want += pass(5 * time.Minute)
				check("seen again after the "+when+" restart", want)
			}
			then := s.IncidentsThen(Covered{From: at, To: s.now.Add(-2 * time.Minute).Truncate(time.Minute)})
			if n := max(then[0].Cost.Slow, then[0].Cost.Failed); n+3*1200 < want || n >= want-1200 {
				t.Errorf("two minutes ago it was %d, now it is %d", n, want)
			}
			change(s.loads[0], false)
			s.pass(5 * time.Minute)
			check("at the end", want)
			change(s.loads[0], true)
			want += pass(3 * time.Minute)
			check("when it has come back", want)
		})
	}
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
