// SPDX-License-Identifier: Apache-2.0

package gate

import (
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

var (
	noon     = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	endpoint = conventions.Endpoint{Method: "GET", Route: "/a"}
)

// of is a point of requests, of which some took a second.
func of(began time.Time, o slowlog.Outcome, n, slow int) *Point {
	h := new(latency.Histogram)
	for i := range n {
		d := 10 * time.Millisecond
		if i < slow {
			d = time.Second
		}
		h.Record(d)
	}
	return &Point{Began: began, Length: 20 * time.Second, Outcome: o, Durations: h}
}

// An alarm passes by points that began when it had been raised, in enough seconds, that show it.
func TestWhatConfirmsAnAlarm(t *testing.T) {
	slow := baseline.Event{Kind: baseline.Started, Start: noon, Threshold: 100 * time.Millisecond, Above: 40, N: 100, Expected: 1}
	const raised = 30 * time.Second // after the evidence
	failing := baseline.Event{Kind: baseline.Started, Start: noon, Above: 50, N: 100, Expected: 1}
	for _, tt := range []struct {
		name   string
		matter engine.Matter
		ev     baseline.Event
		began  time.Duration // after the evidence
		point  *Point
		points int // in as many seconds
		want   bool
	}{
		{"it goes on", engine.Latency, slow, raised, of(noon, slowlog.OutcomeOK, 10, 4), 5, true},
		{"too few seconds", engine.Latency, slow, raised, of(noon, slowlog.OutcomeOK, 10, 4), 4, false},
		{"the points are of then", engine.Latency, slow, raised - 1, of(noon, slowlog.OutcomeOK, 10, 10), 30, false},
		{"it is gone", engine.Latency, slow, raised, of(noon, slowlog.OutcomeOK, 10, 1), 30, false},
		{"another endpoint", engine.Latency, slow, raised, nil, 30, false},
		{"failures", engine.Failures, failing, raised, of(noon, slowlog.OutcomeServerError, 10, 0), 5, true},
		{"no failures", engine.Failures, failing, raised, of(noon, slowlog.OutcomeOK, 10, 10), 30, false},
		{"client errors", engine.ClientErrors, failing, raised, of(noon, slowlog.OutcomeClientError, 10, 0), 5, true},
		{"few, as by chance", engine.Latency, baseline.Event{Kind: baseline.Started, Start: noon, Threshold: 100 * time.Millisecond, Above: 4, N: 100, Expected: 1}, raised, of(noon, slowlog.OutcomeOK, 10, 0), 5, false},
		{"a panic", engine.Panics, failing, 0, nil, 0, true},
	} {
		var g Gate
		now := noon.Add(raised)
		g.Confirm(now, endpoint, tt.matter, &tt.ev, AtOnce)
		for i := range tt.points {
			now = now.Add(time.Second)
			p, to := tt.point, endpoint
			if p == nil {
				p, to = of(noon, slowlog.OutcomeOK, 10, 10), conventions.Endpoint{Method: "GET", Route: "/b"}
			}
			p.Began = noon.Add(tt.began)
			g.Add(now, to, p)
			if i == 0 {
				g.Add(now, to, of(noon.Add(-time.Minute), slowlog.OutcomeServerError, 500, 500)) // of before
			}
		}
		if got := g.Confirm(now, endpoint, tt.matter, &tt.ev, AtOnce); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// What nobody asks about any more is forgotten.
func TestAlarmsAreForgotten(t *testing.T) {
	var g Gate
	ev := baseline.Event{Kind: baseline.Started, Start: noon, Above: 1, N: 2}
	g.Confirm(noon, endpoint, engine.Latency, &ev, AtOnce)
	other := conventions.Endpoint{Method: "GET", Route: "/b"}
	g.Confirm(noon.Add(2*time.Minute), other, engine.Latency, &ev, AtOnce)
	if len(g.waits) != 1 {
		t.Errorf("%d wait, want 1", len(g.waits))
	}
}

// Intervals count from when half of the evidence was there, where that is known: not those of before, in which a stall may be.
func TestIntervalsCountFromHalfOfTheEvidence(t *testing.T) {
	ev := baseline.Event{Kind: baseline.Started, Start: noon, Threshold: 100 * time.Millisecond, Above: 40, N: 100, Expected: 1}
	suspect := []engine.Suspect{{Endpoint: endpoint}}
	half, raised := noon.Add(20*time.Second), noon.Add(30*time.Second)
	for _, tt := range []struct {
		name  string
		began time.Time
		again bool // it was suspected before, and then it was not
		want  bool
	}{
		{"after half of it", half, false, true}, {"before", half.Add(-1), false, false}, {"after it was suspected before", half.Add(-1), true, false},
	} {
		var g Gate
		if tt.again {
			g.Suspect(noon, suspect)
			g.Suspect(noon.Add(time.Second), nil)
		}
		g.Suspect(half, suspect)
		g.Suspect(half.Add(time.Second), suspect)
		g.Confirm(raised, endpoint, engine.Latency, &ev, AtOnce)
		for i := range seconds {
			g.Add(raised.Add(time.Duration(i)*time.Second), endpoint, of(tt.began, slowlog.OutcomeOK, 10, 9))
		}
		if got := g.Confirm(raised.Add(time.Minute), endpoint, engine.Latency, &ev, AtOnce); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// Two intervals in a row that show an alarm confirm it, of however few points they are, and by the other rule nothing else does.
func TestThreeIntervals(t *testing.T) {
	ev := baseline.Event{Kind: baseline.Started, Start: noon, Threshold: 100 * time.Millisecond, Above: 40, N: 100, Expected: 1}
	for _, tt := range []struct {
		slow   []int // of ten requests of an instance in each interval of 20 s, from the alarm on
		points int   // in each, in as many seconds
		rule   Rule
		want   bool
	}{
		{[]int{10, 10}, 1, AtOnce, true},
		{[]int{10, 10}, 1, ThreeIntervals, true},
		{[]int{10}, 1, AtOnce, false},
		{[]int{10}, 9, AtOnce, true},
		{[]int{10}, 9, ThreeIntervals, false},
		{[]int{10, 0, 10, 0, 10}, 1, ThreeIntervals, false},
		{[]int{0, 0, 10, 10}, 1, ThreeIntervals, true},
	} {
		var g Gate
		g.Confirm(noon, endpoint, engine.Latency, &ev, tt.rule)
		got := false
		for i, slow := range tt.slow {
			for j := range tt.points {
				began := noon.Add(time.Duration(i)*20*time.Second + time.Duration(j)*time.Second)
				now := began.Add(20 * time.Second)
				g.Add(now, endpoint, of(began, slowlog.OutcomeOK, 10, slow))
				got = got || g.Confirm(now, endpoint, engine.Latency, &ev, tt.rule)
			}
		}
		if got != tt.want {
			t.Errorf("%+v: %v", tt, got)
		}
	}
}
