// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/causes"
)

// oracle answers why endpoints are slow, and counts how often it was asked.
type oracle struct {
	cause   map[string]string // by endpoint; "": it is unknown
	nothing bool              // too little was seen
	asked   int
}

func (o *oracle) why(in *Incident, p *Part) causes.Why {
	if o.asked++; o.nothing || len(in.Parts) == 0 {
		return causes.Why{}
	}
	about := o.cause[p.Endpoint.String()]
	c := causes.Ranked{About: about, Unknown: about == "", Share: 0.9, Sentence: "90 % " + about}
	return causes.Why{Sentence: fmt.Sprintf("%s: %s", p.Endpoint, about), Causes: []causes.Ranked{c}}
}

// newExplained is a service of two endpoints, with an oracle.
func newExplained(t *testing.T, causes map[string]string) (*service, *oracle) {
	t.Helper()
	s := newService(t, &told{examples: some}, load{rate: 10, usual: 20 * time.Millisecond}, load{rate: 10, usual: 20 * time.Millisecond})
	o := &oracle{cause: causes}
	s.options.Why = o.why
	return s, o
}

// explanations are the messages of causes, with what they say.
func (s *service) explanations() (all []string) {
	for i := range s.events {
		if ev := &s.events[i]; ev.Explained {
			w := ev.Incident.Why()
			all = append(all, w.About())
		}
	}
	return all
}

func TestCauseThatIsKnownAtOnce(t *testing.T) {
	s, _ := newExplained(t, map[string]string{"GET /a": "lock"})
	s.slow(4, 0)
	s.pass(3 * time.Minute)
	s.wantMessages(t, "opened GET /a")
	if got := s.explanations(); len(got) != 0 {
		t.Errorf("messages of causes %q, want none: the first one said it", got)
	}
	for i := range s.events {
		if ev := &s.events[i]; ev.Opened && ev.Incident.Parts[0].Why.About() != "lock" {
			t.Errorf("the first message has %+v", ev.Incident.Parts[0].Why)
		}
	}
}

func TestCauseThatBecomesKnown(t *testing.T) {
	for _, nothing := range []bool{false, true} {
		s, o := newExplained(t, map[string]string{})
		o.nothing = nothing
		s.slow(4, 0)
		s.pass(20 * time.Second)
		s.wantMessages(t, "opened GET /a")
		o.nothing, o.cause = false, map[string]string{"GET /a": "lock"}
		s.pass(time.Second)
		if got := s.explanations(); !slices.Equal(got, []string{"lock"}) {
			t.Fatalf("messages of causes %q, want one at once", got)
		}
		o.cause = map[string]string{} // the recording is gone: what was known stays
		s.pass(2 * time.Minute)
		if w := s.Incidents()[0].Why(); w.About() != "lock" || len(s.explanations()) != 1 {
			t.Errorf("later it is about %q, after messages %q", w.About(), s.explanations())
		}
	}
}

func TestCauseThatChanges(t *testing.T) {
	s, o := newExplained(t, map[string]string{"GET /a": "lock"})
	s.slow(4, 0)
	s.pass(30 * time.Second)
	o.cause["GET /a"] = "pool"
	s.pass(40 * time.Second)
	o.cause["GET /a"] = "lock"
	s.pass(2 * time.Minute)
	if got := s.explanations(); len(got) != 0 {
		t.Errorf("messages of causes %q, want none: it was another for 40 s", got)
	}
	for n := range 10 {
		o.cause["GET /a"] = fmt.Sprint("cause ", n)
		s.pass(90 * time.Second)
	}
	if got := s.explanations(); !slices.Equal(got, []string{"cause 0", "cause 1", "cause 2"}) {
		t.Errorf("messages of causes %q, want three, each after a minute", got)
	}
}

func TestCauseStaysAsItWas(t *testing.T) {
	s, o := newExplained(t, map[string]string{"GET /a": "lock"})
	s.slow(4, 0)
	s.pass(2 * time.Minute)
	s.slow(1, 0)
	s.pass(10 * time.Minute)
	o.cause["GET /a"], o.asked = "pool", 0
	s.pass(5 * time.Minute)
	in := s.Incidents()[0]
	if w := in.Why(); in.State != Ended || w.About() != "lock" || o.asked != 0 {
		t.Errorf("%s, about %q, asked %d times since the end, want the lock and none", in.State, w.About(), o.asked)
	}
	s.slow(4, 1)
	s.pass(time.Minute)
	if got := s.Incidents(); len(got) != 2 || got[1].Parts[0].Why.About() != "lock" {
		t.Errorf("%d incidents after another one began%s", len(got), s.story())
	}
}

// The cause of the worst endpoint stands above, unless only that of another is known.
func TestCauseOfAnIncident(t *testing.T) {
	s, o := newExplained(t, map[string]string{"GET /a": "lock"})
	s.slow(4, 0)
	s.slow(8, 1)
	s.pass(time.Minute)
	in := s.Incidents()[0]
	if w := in.Why(); len(in.Parts) != 2 || in.Parts[0].Endpoint.Route != "/b" || w.About() != "lock" {
		t.Errorf("%d parts, about %q%s", len(in.Parts), w.About(), s.story())
	}
	o.cause["GET /b"] = "pool"
	s.pass(30 * time.Second)
	in = s.Incidents()[0]
	if w := in.Why(); w.About() != "pool" {
		t.Errorf("it is about %q, want the worst endpoint's", w.About())
	}
}
