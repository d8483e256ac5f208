// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"strings"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/failures"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
)

// only is the one incident that there is.
func (s *service) only(t *testing.T) Incident {
	t.Helper()
	all := s.Incidents()
	if len(all) != 1 {
		t.Fatalf("%d incidents, want one%s", len(all), s.story())
	}
	return all[0]
}

// An endpoint of which all requests fail fast is reported within seconds, which its latency never was, and has what it has cost in the end.
func TestAllFail(t *testing.T) {
	s := newService(t, nil, load{rate: 10, usual: 20 * time.Millisecond}, load{rate: 10, usual: 20 * time.Millisecond})
	s.loads[0].failed, s.loads[0].factor = 1, 0.1
	s.pass(15 * time.Second)
	in := s.only(t)
	p := &in.Parts[0]
	if len(in.Parts) != 1 || p.Matter != Failures || in.Severity() != Critical || !strings.Contains(in.Reason, "failed, usually none") {
		t.Errorf("the incident is %+v", in)
	}
	if share, usual := p.Share(); share < 0.9 || usual > 0.01 {
		t.Errorf("the share is %v, usually %v", share, usual)
	}
	rows, _ := s.Rows(Query{Window: Minute})
	if rows[0].Errors != failing || rows[1].Errors == failing {
		t.Errorf("states are %s and %s", rows[0].Errors, rows[1].Errors)
	}
	s.pass(45 * time.Second)
	s.loads[0].failed, s.loads[0].factor = 0, 1
	s.pass(5 * time.Minute)
	s.wantMessages(t, "opened GET /a", "closed GET /a")
	if in = s.only(t); in.State != Ended || in.Cost.Failed < 550 || in.Cost.Failed > 610 || !strings.Contains(in.Reason, "in all ") {
		t.Errorf("in the end the incident is %+v", in)
	}
}

// What always fails a share is usual, and says so.
func TestShareThatAlwaysFails(t *testing.T) {
	s := newService(t, nil, load{rate: 10, usual: 20 * time.Millisecond, failed: 0.05})
	s.pass(time.Hour)
	if len(s.events) != 0 {
		t.Errorf("reported was%s", s.story())
	}
	rows, _ := s.Rows(Query{Window: Minute})
	if r := &rows[0]; r.Errors != elevated || r.UsualErrors < 0.03 || r.UsualErrors > 0.07 {
		t.Errorf("failures are %s, usually %v; want them elevated at 5 %%", r.Errors, r.UsualErrors)
	}
}

// Latency and failures of one endpoint, and of what it calls, are one incident, about the failures first.
func TestFailuresAndLatencyAreOneIncident(t *testing.T) {
	s := newService(t, nil, load{rate: 20, usual: 20 * time.Millisecond}, load{rate: 20, usual: 20 * time.Millisecond})
	for _, l := range s.loads {
		l.failed = 0.7
	}
	s.slow(8, 0)
	s.pass(time.Minute)
	in := s.only(t)
	if len(in.Parts) != 3 || in.Parts[0].Matter != Failures || in.Parts[1].Matter != Failures || in.Parts[2].Matter != Latency {
		t.Errorf("parts are %+v%s", in.Parts, s.story())
	}
	if c := &in.Cost; c.Requests > 2*60*20+100 {
		t.Errorf("the cost is %+v: some requests count twice", c)
	}
}

// A handler that panics is an incident at once, and client errors are a warning, in an incident of their own.
func TestPanicsAndClientErrors(t *testing.T) {
	s := newService(t, nil, load{rate: 10, usual: 20 * time.Millisecond}, load{rate: 10, usual: 20 * time.Millisecond})
	s.outcome = map[int]slowlog.Outcome{0: slowlog.OutcomePanic}
	s.loads[0].failed = 1
	s.pass(time.Second)
	s.loads[0].failed = 0
	s.pass(5 * time.Second)
	in := s.only(t)
	if in.Parts[0].Matter != Panics || !strings.Contains(in.Reason, "panicked, which is new") {
		t.Fatalf("the incident is %+v", in)
	}
	s.outcome[1] = slowlog.OutcomeClientError
	s.loads[1].failed = 0.8
	s.pass(2 * time.Minute)
	all := s.Incidents()
	if len(all) != 2 || all[0].Parts[0].Matter != ClientErrors || all[0].Severity() != Warning {
		t.Errorf("incidents are %+v", all)
	}
}

// What fails over a restart goes on under its id, and a state that is damaged is counted.
func TestFailuresOverARestart(t *testing.T) {
	s := newService(t, nil, load{rate: 20, usual: 20 * time.Millisecond})
	s.loads[0].failed = 0.5
	s.pass(time.Minute)
	id, saved := s.only(t).ID, s.Baselines(s.now)
	after := newEngine(t)
	after.Offer(saved, "")
	next := *s
	next.watched = &watched{Engine: after, now: s.now}
	next.pass(2 * time.Minute)
	in := next.only(t)
	if in.ID != id || in.State != Open || !in.Parts[0].Before || in.Parts[0].Unseen || in.Parts[0].Matter != Failures {
		t.Errorf("after the restart the incident is %+v", in)
	}
	next.loads[0].failed = 0
	next.pass(15 * time.Minute)
	if in = next.only(t); in.State != Ended {
		t.Errorf("in the end the incident is %+v", in)
	}
	saved[0].Failures = []byte("x")
	last := newEngine(t)
	last.Offer(saved, "")
	last.Advance(s.now.Add(time.Minute), deltas(requests(0, 1, time.Millisecond)))
	if st := last.Stats(); st.RestoreFailures == 0 {
		t.Errorf("stats are %+v", st)
	}
}

// Outcomes that are not known say nothing of failures.
func TestUnknownOutcomesAreNoSuccesses(t *testing.T) {
	e := newEngine(t)
	for i := range 900 {
		d := requests(0, 10, time.Millisecond)
		d.OutcomesUnknown = true
		e.Advance(midnight.Add(time.Duration(i)*time.Second), deltas([]*spikeprocessor.Delta{d}...))
	}
	if s := e.endpoints[0].failing.State(failures.Failed); !s.Learning {
		t.Errorf("the state is %+v", s)
	}
}
