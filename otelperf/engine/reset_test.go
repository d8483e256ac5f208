// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"strings"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// watched is an engine, what it has published, and the events of its incidents.
type watched struct {
	*Engine
	published map[conventions.Endpoint]spikeprocessor.EndpointState
	now       time.Time
	events    []Event
}

func newWatched(t *testing.T) *watched {
	t.Helper()
	w := &watched{published: map[conventions.Endpoint]spikeprocessor.EndpointState{}, now: midnight}
	e, err := New(Options{Publish: func(ep conventions.Endpoint, s spikeprocessor.EndpointState) { w.published[ep] = s }})
	if err != nil {
		t.Fatal(err)
	}
	w.Engine = e
	return w
}

// run has n endpoints at ten requests a second each, of d.
func (w *watched) run(seconds, n int, d time.Duration) {
	for range seconds {
		w.now = w.now.Add(time.Second)
		var ds []*spikeprocessor.Delta
		for id := range n {
			ds = append(ds, requests(id, 10, d))
		}
		w.events = append(w.events, w.Advance(w.now, deltas(ds...))...)
	}
}

// An incident that is open while its baselines are reset ends then: for the list, the rows, the request path and the receivers of
// alerts. The next one of the same endpoints is reported.
func TestResetOfBaselinesEndsOpenIncidents(t *testing.T) {
	w := newWatched(t)
	w.run(900, 2, 20*time.Millisecond)
	w.run(40, 2, 200*time.Millisecond)
	if w.OpenIncidents() != 1 || len(w.Incidents()[0].Parts) != 2 {
		t.Fatalf("%+v, want an open incident of two endpoints", w.Incidents())
	}
	ended := w.Reset(true)
	if len(ended) != 3 || ended[0].Part == nil || ended[1].Part == nil || ended[1].Started || !ended[2].Closed || !ended[2].Time.Equal(w.now) {
		t.Errorf("events of the reset are %+v, want that both parts end now, and a message", ended)
	}
	in := w.Incidents()[0]
	if in.State != Ended || !in.End.Equal(w.now) || in.Parts[0].State != Ended || in.Parts[1].Evidence.Above == 0 || w.OpenIncidents() != 0 {
		t.Errorf("after the reset the incident is %+v, want it ended, with its evidence", in)
	}
	for _, row := range w.Snapshot(Minute).Rows {
		if row.Phase != baseline.Learning || row.BaselineP99 != 0 || w.published[row.Endpoint] != (spikeprocessor.EndpointState{}) {
			t.Errorf("after the reset the row is %+v, the request path knows %+v", row, w.published[row.Endpoint])
		}
	}
	w.events = nil
	w.run(900, 2, 20*time.Millisecond)
	w.run(40, 2, 200*time.Millisecond)
	if len(w.events) == 0 || !w.events[len(w.events)-1].Opened || w.events[0].Incident.ID == in.ID {
		t.Errorf("of the next spike %+v is reported, want a new incident", w.events)
	}
	w.run(300, 2, 20*time.Millisecond)
	w.Reset(true)
	if all := w.Incidents(); !strings.HasSuffix(all[1].Reason, "; ended by a reset of the baselines") || strings.Contains(all[0].Reason, "reset") {
		t.Errorf("reasons are %q and %q, want that a reset has ended only the first incident", all[1].Reason, all[0].Reason)
	}
	s, _ := w.Series("GET", "/a", "", Period{Window: All})
	if len(s.Incidents) != 2 || s.Incidents[0].State != Ended {
		t.Errorf("the series has %+v, want both incidents", s.Incidents)
	}
}

// A reset of the counts alone leaves an incident open, and what it says of failures is of the time since.
func TestResetOfCountsKeepsOpenIncidents(t *testing.T) {
	w := newWatched(t)
	w.run(900, 1, 20*time.Millisecond)
	w.run(20, 1, 200*time.Millisecond)
	if events := w.Reset(false); len(events) != 0 || w.OpenIncidents() != 1 {
		t.Fatalf("%d events of a reset of the counts, %d incidents open, want 0 and 1", len(events), w.OpenIncidents())
	}
	w.run(120, 1, 20*time.Millisecond)
	in := w.Incidents()[0]
	if in.State != Ended || in.Parts[0].Failed != 0 {
		t.Errorf("the incident is %+v, want it ended without failures", in)
	}
}

// What an earlier process has left is a baseline, too.
func TestResetOfBaselinesDropsThoseThatWereOffered(t *testing.T) {
	before := newWatched(t)
	before.run(900, 1, 20*time.Millisecond)
	w := newWatched(t)
	w.Offer(before.Baselines(midnight), "1.0")
	w.Reset(true)
	if n := len(w.Baselines(midnight)); n != 0 {
		t.Errorf("%d baselines are left to be saved", n)
	}
	w.run(1, 1, 20*time.Millisecond)
	if st := w.Stats(); st.Restored+st.RestoreFailures != 0 {
		t.Errorf("after the reset %d baselines were restored", st.Restored)
	}
}

// An incident that is open is remembered, however many come and go meanwhile.
func TestOpenIncidentsAreRememberedLongest(t *testing.T) {
	e := newEngine(t)
	e.Advance(midnight, deltas(requests(0, 1, time.Millisecond), requests(1, 1, time.Millisecond)))
	at := midnight
	change := func(id int, kind baseline.Kind) {
		at = at.Add(10 * time.Minute)
		e.now, e.elapsed = at, at.Sub(midnight)
		e.record(e.endpoints[id], Latency, baseline.Event{Kind: kind, Start: at, At: at, Threshold: time.Second})
	}
	change(0, baseline.Started)
	first := e.endpoints[0].part.in.ID
	for range 2 * MaxIncidents {
		change(1, baseline.Started)
		change(1, baseline.Ended)
	}
	all := e.Incidents()
	if len(all) != MaxIncidents || all[MaxIncidents-1].ID != first || e.OpenIncidents() != 1 {
		t.Errorf("%d incidents, the oldest is %s, %d open; want %d with %s", len(all), all[len(all)-1].ID, e.OpenIncidents(), MaxIncidents, first)
	}
	change(0, baseline.Ended)
	if e.OpenIncidents() != 0 || e.endpoints[0].part != nil {
		t.Errorf("%d incidents are open, the endpoint has the part %+v", e.OpenIncidents(), e.endpoints[0].part)
	}
}
