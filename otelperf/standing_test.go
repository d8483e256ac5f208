// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// TestStandingWindowsAgree runs two engines side by side: one is asked every second, so that its windows are standing, the other
// is asked only when the two are compared.
func TestStandingWindowsAgree(t *testing.T) {
	asked, alone := newEngine(t), newEngine(t)
	rng := rand.New(rand.NewPCG(3, 4))
	now := midnight
	for s := range 400 {
		now = now.Add(time.Second)
		if s == 200 {
			now = now.Add(-2 * time.Minute)
		}
		d := requests(0, 0, 0)
		for range 5 {
			d.All.Record(secondsToDuration(0.05 * math.Exp(rng.NormFloat64())))
		}
		d.Outcomes[slowlog.OutcomeOK] = 5
		asked.Advance(now, deltas(d))
		alone.Advance(now, deltas(d))
		if s == 300 {
			asked.Reset(false)
			alone.Reset(false)
		}
		w := Windows[s/10%len(Windows)] // the standing one changes hands now and then
		got := asked.Summarize(w).Totals
		if s%7 != 0 {
			continue
		}
		for _, sr := range alone.series {
			sr.standing = standing{}
		}
		want := alone.Summarize(w).Totals
		if got.Count != want.Count || got.Outcomes != want.Outcomes || !near(got.P99Ms, want.P99Ms) || !near(got.P50Ms, want.P50Ms) || !near(got.AvgMs, want.AvgMs) {
			t.Fatalf("second %d, window %s: %+v, want %+v", s, w, got, want)
		}
	}
}

// near compares within what a step at scale 5 may be off.
func near(a, b *float64) bool {
	if a == nil || b == nil {
		return a == b
	}
	return math.Abs(*a-*b) <= 0.022**b
}

func TestStandingWindowIsGivenUp(t *testing.T) {
	e := newEngine(t)
	now := midnight
	tick := func(n int) {
		for range n {
			now = now.Add(time.Second)
			e.Advance(now, deltas(requests(0, 10, 20*time.Millisecond)))
		}
	}
	tick(30)
	before := e.series[0].bytes()
	e.Summarize(Window5m)
	if got := e.series[0].bytes(); got <= before {
		t.Fatalf("%d bytes with a standing window, %d without: nothing is standing", got, before)
	}
	tick(120)
	if w, n := e.series[0].standing.window, e.series[0].standing.bytes(); w != "" || n != new(latency.Histogram).Bytes() {
		t.Errorf("two minutes later window %q stands in %d bytes", w, n)
	}
}

// manyEndpoints is an engine with n endpoints and ten minutes behind it.
func manyEndpoints(t testing.TB, n int) *Engine {
	e := newEngine(t)
	rng := rand.New(rand.NewPCG(1, 2))
	var some [7]*spikeprocessor.Delta
	for i := range some {
		some[i] = requests(0, 0, 0)
		for range 20 {
			some[i].All.Record(secondsToDuration(0.05 * math.Exp(rng.NormFloat64())))
		}
		some[i].Outcomes[slowlog.OutcomeOK] = 20
	}
	for second := 0; second < 600; second += 5 {
		e.Advance(midnight.Add(time.Duration(second)*time.Second), func(yield func(*spikeprocessor.Delta) bool) {
			for id := range n {
				d := some[(id+second)%len(some)]
				d.ID = id
				if !yield(d) {
					return
				}
			}
		})
	}
	return e
}

// numbers are the totals and quantiles of all endpoints in one window, as Summarize takes them.
func (e *Engine) numbers(w Window, dst []time.Duration) (total uint64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, s := range e.series {
		t := s.in(w, e.step, &e.scratch.tally)
		t.durations.Quantiles(dst, summaryQuantiles)
		total += t.outcomes.Total() + uint64(t.durations.Mean()&1)
	}
	return total
}

// BenchmarkNumbers1000 is what a query of all endpoints costs before it is put into rows.
func BenchmarkNumbers1000(b *testing.B) {
	e, dst := manyEndpoints(b, 1000), make([]time.Duration, 3)
	b.ReportAllocs()
	for b.Loop() {
		e.numbers(Window5m, dst)
	}
}
