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
	return &Point{Began: began, Outcome: o, Durations: h}
}

// An alarm passes by points that began after its evidence, in enough seconds, that show it.
func TestWhatConfirmsAnAlarm(t *testing.T) {
	slow := baseline.Event{Kind: baseline.Started, Start: noon, Threshold: 100 * time.Millisecond, Above: 40, N: 100, Expected: 1}
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
		{"it goes on", engine.Latency, slow, 11 * time.Second, of(noon, slowlog.OutcomeOK, 10, 4), 7, true},
		{"too few seconds", engine.Latency, slow, 11 * time.Second, of(noon, slowlog.OutcomeOK, 10, 4), 6, false},
		{"the points are of then", engine.Latency, slow, 9 * time.Second, of(noon, slowlog.OutcomeOK, 10, 4), 30, false},
		{"it is gone", engine.Latency, slow, 11 * time.Second, of(noon, slowlog.OutcomeOK, 10, 1), 30, false},
		{"another endpoint", engine.Latency, slow, 11 * time.Second, nil, 30, false},
		{"failures", engine.Failures, failing, 11 * time.Second, of(noon, slowlog.OutcomeServerError, 10, 0), 7, true},
		{"no failures", engine.Failures, failing, 11 * time.Second, of(noon, slowlog.OutcomeOK, 10, 10), 30, false},
		{"client errors", engine.ClientErrors, failing, 11 * time.Second, of(noon, slowlog.OutcomeClientError, 10, 0), 7, true},
		{"few, as by chance", engine.Latency, baseline.Event{Kind: baseline.Started, Start: noon, Threshold: 100 * time.Millisecond, Above: 4, N: 100, Expected: 1}, 11 * time.Second, of(noon, slowlog.OutcomeOK, 10, 0), 7, false},
		{"a panic", engine.Panics, failing, 0, nil, 0, true},
	} {
		var g Gate
		now := noon.Add(30 * time.Second)
		g.Confirm(now, endpoint, tt.matter, &tt.ev)
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
		if got := g.Confirm(now, endpoint, tt.matter, &tt.ev); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// What nobody asks about any more is forgotten.
func TestAlarmsAreForgotten(t *testing.T) {
	var g Gate
	ev := baseline.Event{Kind: baseline.Started, Start: noon, Above: 1, N: 2}
	g.Confirm(noon, endpoint, engine.Latency, &ev)
	other := conventions.Endpoint{Method: "GET", Route: "/b"}
	g.Confirm(noon.Add(2*time.Minute), other, engine.Latency, &ev)
	if len(g.waits) != 1 {
		t.Errorf("%d wait, want 1", len(g.waits))
	}
}
