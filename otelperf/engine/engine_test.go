// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/timeline"
	"github.com/otelperf/otelperf-go/otelperf/internal/units"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

var midnight = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

func newEngine(t testing.TB) *Engine {
	t.Helper()
	e, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// requests is a delta of n requests of d at endpoint id.
func requests(id, n int, d time.Duration) *spikeprocessor.Delta {
	delta := &spikeprocessor.Delta{ID: id, Endpoint: conventions.Endpoint{Method: "GET", Route: "/" + string(rune('a'+id))}, All: new(latency.Histogram)}
	for range n {
		delta.All.Record(d)
	}
	delta.Outcomes[slowlog.OutcomeOK] = uint64(n)
	return delta
}

func deltas(ds ...*spikeprocessor.Delta) iter.Seq[*spikeprocessor.Delta] {
	return func(yield func(*spikeprocessor.Delta) bool) {
		for _, d := range ds {
			if !yield(d) {
				return
			}
		}
	}
}

// windows are all of them, shortest first.
var windows = []Window{Minute, FiveMinutes, Hour, All}

// counts are the requests in each window.
func counts(e *Engine) (c [4]uint64) {
	for i, w := range windows {
		c[i] = e.Snapshot(w).Totals.Outcomes.Total()
	}
	return c
}

func TestWindowsSlide(t *testing.T) {
	e := newEngine(t)
	at := func(s int) time.Time { return midnight.Add(time.Duration(s) * time.Second) }
	e.Advance(at(0), deltas())
	e.Advance(at(5), deltas(requests(0, 1, time.Millisecond))) // in the first step, the first minute
	tests := []struct {
		second int
		want   [4]uint64 // 1m, 5m, 1h, all
	}{
		{6, [4]uint64{1, 1, 1, 1}},
		{60, [4]uint64{1, 1, 1, 1}},
		{70, [4]uint64{1, 1, 1, 1}}, // a boundary still belongs to what ends there
		{71, [4]uint64{0, 1, 1, 1}},
		{360, [4]uint64{0, 1, 1, 1}},
		{361, [4]uint64{0, 0, 1, 1}},
		{3660, [4]uint64{0, 0, 1, 1}},
		{3661, [4]uint64{0, 0, 0, 1}},
		{90_000, [4]uint64{0, 0, 0, 1}},
	}
	for _, tt := range tests {
		e.Advance(at(tt.second), deltas())
		if got := counts(e); got != tt.want {
			t.Errorf("after %d s: windows have %v, want %v", tt.second, got, tt.want)
		}
	}
}

func TestWindowsAgreeAtAnyTime(t *testing.T) {
	// One request each second for two hours: a window has as many as it says it covers, give or take the second of the tick.
	e := newEngine(t)
	for s := 0; s <= 7200; s++ {
		e.Advance(midnight.Add(time.Duration(s)*time.Second), deltas(requests(0, 1, time.Millisecond)))
		if s%97 != 0 {
			continue
		}
		for _, w := range windows {
			if n := e.Snapshot(w).Totals; math.Abs(float64(n.Outcomes.Total())-n.Seconds) > 1 {
				t.Fatalf("after %d s: window %d has %d requests in %v s", s, w, n.Outcomes.Total(), n.Seconds)
			}
		}
	}
	for w, atLeast := range map[Window]float64{Minute: 60, FiveMinutes: 300, Hour: 3600, All: 7200} {
		if got := e.Snapshot(w).Totals.Seconds; got < atLeast {
			t.Errorf("window %d covers %v s, want at least %v", w, got, atLeast)
		}
	}
}

func TestTotalsAreOfAllRequestsTogether(t *testing.T) {
	e := newEngine(t)
	e.Advance(midnight, deltas())
	e.Advance(midnight.Add(time.Second), deltas(requests(0, 98, 10*time.Millisecond), requests(1, 2, time.Second)))
	s := e.Snapshot(FiveMinutes)
	if got := s.Totals.P50.Seconds(); math.Abs(got-0.010) > 0.00006 {
		t.Errorf("p50 = %v s, want 0.010", got)
	}
	if got := s.Totals.P99.Seconds(); math.Abs(got-1) > 0.006 {
		t.Errorf("p99 = %v s, want 1: the 99th of 100 requests", got)
	}
	if got := s.Totals.TotalSeconds / float64(s.Totals.Timed); math.Abs(got-0.0298) > 1e-9 {
		t.Errorf("average = %v s, want 0.0298", got)
	}
	if len(s.Rows) != 2 || s.Rows[1].Endpoint.String() != "GET /b" || s.Rows[1].Timed != 2 {
		t.Errorf("rows %v", s.Rows)
	}
}

func TestClockThatGoesBack(t *testing.T) {
	e := newEngine(t)
	now := midnight
	for range 600 {
		now = now.Add(time.Second)
		e.Advance(now, deltas(requests(0, 1, time.Millisecond)))
	}
	before := counts(e)
	now = now.Add(-time.Hour)
	e.Advance(now, deltas())
	if got := counts(e); got != before {
		t.Errorf("after the clock was set back an hour: %v, want %v as before", got, before)
	}
	for range 600 {
		now = now.Add(time.Second)
		e.Advance(now, deltas(requests(0, 1, time.Millisecond)))
	}
	if n := e.Snapshot(FiveMinutes).Totals; math.Abs(float64(n.Outcomes.Total())-n.Seconds) > 1 {
		t.Errorf("ten minutes later: %d requests in %v s", n.Outcomes.Total(), n.Seconds)
	}
	if n := e.Stats().ClockJumpsBack; n != 1 {
		t.Errorf("ClockJumpsBack = %d, want 1", n)
	}
}

func TestResetKeepsBaselines(t *testing.T) {
	e := newEngine(t)
	now := midnight
	for range 900 {
		now = now.Add(time.Second)
		e.Advance(now, deltas(requests(0, 10, 20*time.Millisecond)))
	}
	e.Reset(false)
	s := e.Snapshot(All)
	if n := s.Totals.Outcomes.Total(); n != 0 || s.Requests != 0 || s.Totals.Seconds != 0 {
		t.Errorf("after a reset: %d requests, %d in all, over %v s; want none", n, s.Requests, s.Totals.Seconds)
	}
	if b := s.Rows[0].BaselineP99; math.Abs(b.Seconds()-0.020) > 0.002 {
		t.Errorf("baseline %v, want about 20 ms as before", b)
	}
	e.Reset(true)
	if b := e.Snapshot(All).Rows[0].BaselineP99; b != 0 {
		t.Errorf("baseline %v after a reset of baselines, want none", b)
	}
}

// TestMemoryOfOneEndpoint feeds an endpoint two hours of the distributions that are hardest to keep, while somebody looks on.
func TestMemoryOfOneEndpoint(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for name, draw := range map[string]func() float64{
		"lognormal, sigma 1": func() float64 { return 0.05 * math.Exp(rng.NormFloat64()) },
		"lognormal, sigma 2": func() float64 { return 0.05 * math.Exp(2*rng.NormFloat64()) },
		"log-uniform":        func() float64 { return math.Pow(10, -6+9*rng.Float64()) },
	} {
		e, got := newEngine(t), 0
		for s := range 7200 {
			d := requests(0, 0, 0)
			for range 50 {
				d.All.Record(units.Duration(draw()))
			}
			d.Outcomes[slowlog.OutcomeOK] = 50
			e.Advance(midnight.Add(time.Duration(s)*time.Second), deltas(d))
			if s%20 == 0 {
				e.Snapshot(FiveMinutes)
			}
			got = max(got, e.endpoints[0].line.Bytes())
		}
		t.Logf("%s: %.1f KiB", name, float64(got)/1024)
		if got > timeline.MaxBytes {
			t.Errorf("%s takes %d bytes, want at most %d", name, got, timeline.MaxBytes)
		}
	}
}

func BenchmarkEngineTick500(b *testing.B) {
	e := newEngine(b)
	var ds []*spikeprocessor.Delta
	rng := rand.New(rand.NewPCG(1, 2))
	for id := range 500 {
		d := requests(id, 0, 0)
		for range 20 {
			d.All.Record(units.Duration(0.05 * math.Exp(rng.NormFloat64())))
		}
		d.Outcomes[slowlog.OutcomeOK] = 20
		ds = append(ds, d)
	}
	now := midnight
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(time.Second)
		e.Advance(now, deltas(ds...))
	}
}

func BenchmarkSnapshot500(b *testing.B) {
	for _, w := range windows {
		b.Run(fmt.Sprint(w), func(b *testing.B) {
			e := manyEndpoints(b, 500)
			for b.Loop() {
				e.Snapshot(w)
			}
		})
	}
}
