// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// gone is what a source says of an endpoint that has made room.
func gone(id, other int) *spikeprocessor.Delta {
	d := requests(id, 0, 0)
	d.Forgotten, d.Other = true, other
	return d
}

var other = conventions.Endpoint{Route: conventions.OverflowRoute}

// What an endpoint that is forgotten did counts as the overflow endpoint's in every window, and its id is another's afterwards.
func TestForgottenEndpointsStayInEveryWindow(t *testing.T) {
	e := newEngine(t)
	now := midnight
	advance := func(by time.Duration, ds ...*spikeprocessor.Delta) {
		now = now.Add(by)
		e.Advance(now, deltas(ds...))
	}
	advance(0)
	advance(time.Second, requests(0, 7, 10*time.Millisecond), requests(1, 1, time.Millisecond))
	advance(30*time.Minute, requests(0, 5, 20*time.Millisecond))
	advance(3*time.Minute, requests(0, 3, 30*time.Millisecond), requests(1, 1, time.Millisecond))
	advance(20*time.Second, requests(0, 2, 40*time.Millisecond))
	before := counts(e)
	if before != [4]uint64{6, 11, 19, 19} {
		t.Fatalf("requests by window are %v", before)
	}
	sum := e.Snapshot(All).Totals.TotalSeconds
	advance(0, gone(0, 2))
	if after := counts(e); after != before {
		t.Errorf("requests by window were %v and are %v", before, after)
	}
	if after := e.Snapshot(All).Totals.TotalSeconds; after != sum {
		t.Errorf("durations were %v and are %v", sum, after)
	}
	rows := e.Snapshot(All).Rows
	if len(rows) != 2 || rows[0].Endpoint != other || rows[0].Outcomes.Total() != 17 || rows[1].Outcomes.Total() != 2 {
		t.Errorf("rows are %+v", rows)
	}
	new := requests(0, 4, time.Millisecond)
	new.Endpoint.Route = "/new"
	advance(time.Second, new, gone(7, 2), gone(3, 2)) // the last two were never here
	for range 70 {
		advance(time.Minute)
	}
	if got := counts(e); got != [4]uint64{0, 0, 0, 23} {
		t.Errorf("an hour later requests by window are %v", got)
	}
	if rows := e.Snapshot(All).Rows; len(rows) != 3 || rows[1].Endpoint.Route != "/b" || rows[2].Endpoint.Route != "/new" || rows[2].Outcomes.Total() != 4 {
		t.Errorf("rows are %+v", rows)
	}
}

// An incident of an endpoint that is forgotten ends, and no other endpoint gets into it by having the same id.
func TestForgottenEndpointsLeaveIncidents(t *testing.T) {
	w := newWatched(t)
	w.run(900, 1, 20*time.Millisecond)
	w.run(30, 1, 300*time.Millisecond)
	if w.OpenIncidents() != 1 {
		t.Fatalf("%d incidents are open", w.OpenIncidents())
	}
	events := w.Advance(w.now, deltas(gone(0, 1)))
	if w.OpenIncidents() != 0 || len(events) != 2 || !events[1].Closed {
		t.Errorf("%d incidents are open, events are %+v", w.OpenIncidents(), events)
	}
	d := requests(0, 1, time.Millisecond)
	d.Endpoint.Route = "/another"
	w.Advance(w.now, deltas(d))
	at := w.now.Add(time.Minute)
	w.record(w.endpoints[0], Latency, baseline.Event{Kind: baseline.Started, Start: at, At: at})
	if in := w.Incidents(); len(in) != 2 || len(in[0].Parts) != 1 || in[0].Parts[0].Endpoint.Route != "/another" || len(in[1].Parts) != 1 {
		t.Errorf("incidents are %+v", in)
	}
}

// What is normal is remembered for an endpoint that comes back, of so many at most.
func TestForgottenBaselinesComeBack(t *testing.T) {
	w := newWatched(t)
	w.run(900, 1, 20*time.Millisecond)
	w.Advance(w.now, deltas(gone(0, 1)))
	if n := len(w.Baselines(w.now)); n != 2 {
		t.Errorf("%d baselines are to be saved, want that of the endpoint and that of the whole service", n)
	}
	back := requests(2, 1, 20*time.Millisecond)
	back.Endpoint.Route = "/a"
	w.Advance(w.now.Add(time.Second), deltas(back))
	if st := w.Stats(); st.Restored != 1 {
		t.Errorf("%d were restored, want 1", st.Restored)
	}
	for i := range maxLaidBy {
		w.saved[conventions.Endpoint{Route: string(rune(i))}] = Baseline{}
	}
	w.Advance(w.now.Add(time.Second), deltas(gone(2, 1)))
	if len(w.saved) != maxLaidBy {
		t.Errorf("%d baselines are laid by, want %d", len(w.saved), maxLaidBy)
	}
}

func TestUnmatchedRequests(t *testing.T) {
	e := newEngine(t)
	d := &spikeprocessor.Delta{Endpoint: conventions.Endpoint{Method: "GET", Route: conventions.UnmatchedRoute}, All: new(latency.Histogram)}
	d.Outcomes[0], d.Outcomes[1] = 3, 4
	rpc := &spikeprocessor.Delta{ID: 1, Endpoint: conventions.Endpoint{Kind: conventions.KindRPC, Method: "grpc", Route: conventions.UnmatchedRoute}, All: new(latency.Histogram)}
	rpc.Outcomes[0] = 5
	e.Advance(midnight, deltas(d, rpc, requests(2, 6, time.Millisecond)))
	if got := e.Unmatched(); got != d.Outcomes {
		t.Errorf("unmatched are %v, want %v", got, d.Outcomes)
	}
}
