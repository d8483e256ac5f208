// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/units"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
)

// TestCachedWindowsAgree runs two engines side by side: one is asked every second, so that its windows are cached, the other is asked
// for windows that are put together from the history.
func TestCachedWindowsAgree(t *testing.T) {
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
			d.All.Record(units.Duration(0.05 * math.Exp(rng.NormFloat64())))
		}
		d.Outcomes[slowlog.OutcomeOK] = 5
		asked.Advance(now, deltas(d))
		alone.Advance(now, deltas(d))
		if s == 300 {
			asked.Reset(false)
			alone.Reset(false)
		}
		w := windows[s/10%len(windows)] // the cached one changes hands now and then
		got := asked.Snapshot(w).Rows[0].Numbers
		if s%7 != 0 {
			continue
		}
		rows, _ := alone.Rows(Query{Window: w, Once: true})
		want := rows[0].Numbers
		if got.Timed != want.Timed || got.Outcomes != want.Outcomes || !near(got.P99, want.P99) || !near(got.P50, want.P50) || math.Abs(got.TotalSeconds-want.TotalSeconds) > 0.022*want.TotalSeconds {
			t.Fatalf("second %d, window %d: %+v, want %+v", s, w, got, want)
		}
	}
}

// near compares within what a step at scale 5 may be off.
func near(a, b time.Duration) bool { return math.Abs(float64(a-b)) <= 0.022*float64(b) }

func TestCachedWindowIsGivenUp(t *testing.T) {
	e := newEngine(t)
	now := midnight
	tick := func(n int) {
		for range n {
			now = now.Add(time.Second)
			e.Advance(now, deltas(requests(0, 10, 20*time.Millisecond)))
		}
	}
	tick(30)
	before := e.endpoints[0].line.Bytes()
	e.Snapshot(FiveMinutes)
	if got := e.endpoints[0].line.Bytes(); got <= before {
		t.Fatalf("%d bytes with a cached window, %d without: nothing is cached", got, before)
	}
	tick(120)
	if got := e.endpoints[0].line.Bytes(); got > before+2<<10 { // its history has grown meanwhile
		t.Errorf("two minutes later %d bytes, %d before: the window is still cached", got, before)
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
			some[i].All.Record(units.Duration(0.05 * math.Exp(rng.NormFloat64())))
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

// numbers are the totals and quantiles of all endpoints in one window, as Snapshot takes them.
func (e *Engine) numbers(w Window, dst []time.Duration) (total uint64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for ep := range e.all() {
		t := ep.line.Window(w.span(), e.step, &e.scratch.Aggregate)
		t.Durations.Quantiles(dst, quantiles)
		total += t.Outcomes.Total() + uint64(t.Durations.Mean()&1)
	}
	return total
}

// BenchmarkNumbers1000 is what a query of all endpoints costs before it is put into rows.
func BenchmarkNumbers1000(b *testing.B) {
	e, dst := manyEndpoints(b, 1000), make([]time.Duration, len(quantiles))
	b.ReportAllocs()
	for b.Loop() {
		e.numbers(FiveMinutes, dst)
	}
}
