// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"strings"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/spikeprocessor"
)

// steady is an engine of endpoints that have had a request a second each for so long.
type steady struct {
	*Engine
	now    time.Time
	events []Event
}

func newSteady(t *testing.T, endpoints int, d time.Duration) *steady {
	t.Helper()
	s := &steady{Engine: newEngine(t), now: midnight}
	s.pass(d, endpoints)
	if len(s.events) != 0 {
		t.Fatalf("%d events while all was well: %s", len(s.events), s.events[0].Incident.Reason)
	}
	return s
}

// pass lets time pass in which the first so many endpoints have requests.
func (s *steady) pass(d time.Duration, endpoints int) {
	for range int(d / time.Second) {
		s.now = s.now.Add(time.Second)
		var ds []*spikeprocessor.Delta
		for id := range endpoints {
			ds = append(ds, requests(id, 1, 20*time.Millisecond))
		}
		s.events = append(s.events, s.Advance(s.now, deltas(ds...))...)
	}
}

// An endpoint that others are not silent with is reported, once, and ends with its requests.
func TestSilenceOfOneEndpoint(t *testing.T) {
	s := newSteady(t, 3, 26*time.Hour)
	s.pass(5*time.Minute, 2)
	all := s.Incidents()
	if len(all) != 1 || len(all[0].Parts) != 1 || all[0].Parts[0].Matter != Silence || all[0].Parts[0].Endpoint == AllEndpoints ||
		!strings.Contains(all[0].Reason, "no request for ") || all[0].Severity() != Critical {
		t.Fatalf("incidents are %+v", all)
	}
	rows, _ := s.Rows(Query{Window: Minute})
	if rows[2].Traffic != silent || rows[0].Traffic != normal {
		t.Errorf("the traffic is %s and %s", rows[2].Traffic, rows[0].Traffic)
	}
	s.pass(5*time.Minute, 3)
	if all = s.Incidents(); len(all) != 1 || all[0].State != Ended || !strings.Contains(all[0].Reason, "were to be expected") {
		t.Errorf("in the end incidents are %+v", all)
	}
}

// The silence of the whole service is one incident, not one for each endpoint; it goes on over a restart until there are requests.
func TestSilenceOfTheService(t *testing.T) {
	s := newSteady(t, 3, 26*time.Hour)
	s.pass(5*time.Minute, 0)
	all := s.Incidents()
	if len(all) != 1 || len(all[0].Parts) != 1 || all[0].Parts[0].Endpoint != AllEndpoints || all[0].Cost.Requests != 0 {
		t.Fatalf("incidents are %+v", all)
	}
	after := &steady{Engine: newEngine(t), now: s.now}
	after.Offer(s.Baselines(s.now), "")
	after.pass(time.Hour, 0)
	if in := after.Incidents(); len(in) != 1 || in[0].State != Open || in[0].ID != all[0].ID {
		t.Fatalf("after an hour of silence incidents are %+v", in)
	}
	after.pass(5*time.Minute, 3)
	if in := after.Incidents(); len(in) != 1 || in[0].State != Ended {
		t.Errorf("with requests incidents are %+v", in)
	}
}

// Where the service may have gone elsewhere, that nothing comes any more is a warning; that less does, or nothing to one endpoint, is not.
func TestSilenceOfAServiceThatMayHaveLeft(t *testing.T) {
	for name, tt := range map[string]struct {
		endpoints int // that have requests still
		every     int // seconds between those
		want      Severity
	}{
		"nothing comes": {0, 1, Warning}, "less comes": {1, 2, Critical}, "one endpoint has none": {2, 1, Critical},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSteady(t, 3, 26*time.Hour)
			s.options.MayLeave = func() bool { return true }
			for i := range 600 {
				n := 0
				if i%tt.every == 0 {
					n = tt.endpoints
				}
				s.pass(time.Second, n)
			}
			all := s.Incidents()
			if len(all) == 0 || all[0].Severity() != tt.want || strings.Contains(all[0].Reason, "elsewhere") != (tt.want == Warning) {
				t.Errorf("incidents are %+v, want one that is %s", all, tt.want)
			}
		})
	}
}
