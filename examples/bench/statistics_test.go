// SPDX-License-Identifier: Apache-2.0

package main

import (
	"math"
	"slices"
	"testing"
	"time"
)

func TestVerdicts(t *testing.T) {
	atMost, atLeast := budget{goal: 0.2, gate: 0.4}, budget{goal: 1.9, gate: 1.7, least: true}
	for _, tt := range []struct {
		b          budget
		lo, mid, h float64
		want       verdict
	}{
		{atMost, 0.1, 0.15, 0.2, reached},
		{atMost, 0.1, 0.3, 0.39, within},
		{atMost, 0.3, 0.35, 0.45, unsure},
		{atMost, 0.41, 0.5, 0.6, broken},
		{atMost, math.NaN(), math.NaN(), math.NaN(), skipped},
		{atLeast, 1.8, 1.95, 2.1, reached},
		{atLeast, 1.72, 1.8, 2, within},
		{atLeast, 1.6, 1.8, 2, unsure},
		{atLeast, 1.2, 1.3, 1.69, broken},
		{budget{}, 0, 0, 0, reached},
		{budget{}, 1, 1, 1, broken},
	} {
		if got := tt.b.verdict(estimate{tt.mid, tt.lo, tt.h}); got != tt.want {
			t.Errorf("%+v of [%v, %v]: %q, want %q", tt.b, tt.lo, tt.h, got, tt.want)
		}
	}
}

// TestSettleMeasuresOnceMore shows that a budget that is kept is measured once, and another one twice, the second time with more effort.
func TestSettleMeasuresOnceMore(t *testing.T) {
	for _, tt := range []struct {
		first, second float64
		tries         int
		want          verdict
	}{{0.1, 9, 1, reached}, {0.9, 0.3, 2, within}, {0.9, 0.9, 2, broken}} {
		b := budget{goal: 0.2, gate: 0.4, measure: func(effort int) estimate { return exactly([]float64{tt.first, tt.second}[effort-1]) }}
		if r := b.settle(); r.tries != tt.tries || r.verdict != tt.want {
			t.Errorf("%+v: %d tries, %q", tt, r.tries, r.verdict)
		}
	}
}

func TestAcross(t *testing.T) {
	v := []float64{0.5, 0.1, 0.3, 0.2, 0.9}
	if e := across(v); e != (estimate{0.3, 0.1, 0.9}) || v[0] != 0.5 {
		t.Errorf("%+v of %v, want 0.3 in 0.1 to 0.9, and the values left as they are", e, v)
	}
}

// TestQuantilesOfExports asks every recorder that can be asked for the quantiles of 1 to 1000 ms.
func TestQuantilesOfExports(t *testing.T) {
	off := map[string]float64{"VictoriaMetrics Histogram": 0.05, "VictoriaMetrics Summary": 0.25, "valyala/histogram Fast": 0.01,
		"Prometheus classic, default buckets": 0.06, "OTel explicit, otelhttp's bounds": 0.06, "Prometheus native, factor 1.1": 0.05, rOTel: 0.05}
	for _, r := range recorders() {
		f := r.family(2)
		if f.query == nil {
			continue
		}
		first, second := f.adder(0), f.adder(1)
		for i := range 1000 {
			first(time.Duration(i+1) * time.Millisecond)
			second(time.Millisecond)
		}
		var got [2][3]time.Duration
		f.query(func(i int, q [3]time.Duration) { got[i] = q })
		for i, want := range []float64{0.5, 0.95, 0.99} {
			if is := got[0][i].Seconds(); math.Abs(is-want)/want > max(off[r.name], 0.011) {
				t.Errorf("%s: quantile %v is %v s", r.name, want, is)
			}
		}
		if got[1][2] > 6*time.Millisecond {
			t.Errorf("%s: the other endpoint has %v, want a millisecond", r.name, got[1])
		}
	}
}

func TestQuantilesOfBuckets(t *testing.T) {
	buckets := []bucket{{0, 1, 10}, {1, 2, 0}, {2, 4, 80}, {4, math.Inf(1), 10}}
	if got := quantilesOf(buckets, linear); got != [3]time.Duration{3 * time.Second, 4 * time.Second, 4 * time.Second} {
		t.Errorf("linear: %v, want 3 s, and the last bound where there is none above", got)
	}
	if got := quantilesOf([]bucket{{1, 4, 100}}, exponential)[0]; got != 2*time.Second {
		t.Errorf("exponential: %v, want 2 s", got)
	}
}

// TestModel looks at what must hold whatever the numbers are.
func TestModel(t *testing.T) {
	m := machine{transfer: 50, perSocket: 32, far: 3}
	ours := design{alone: 50, lines: 2, held: 8, shards: recorderShards, drained: 5}
	locked := design{alone: 200, serial: 40, lines: 4}
	if m.line(1) != 0 || m.line(2) != 25 || m.line(64) <= m.line(32) {
		t.Errorf("lines take %v, %v, %v, %v ns from 1, 2, 32, 64 cores", m.line(1), m.line(2), m.line(32), m.line(64))
	}
	if got := []int{recorderShards(1), recorderShards(2), recorderShards(3), recorderShards(16), recorderShards(64)}; !slices.Equal(got, []int{4, 8, 16, 64, 64}) {
		t.Errorf("shards are %v, want powers of two of at least four a core, 64 at most", got)
	}
	for _, d := range []design{ours, locked} {
		for _, tr := range []traffic{endsOnly, requests} {
			if s := d.speedup(m, 1, tr); s != 1 {
				t.Errorf("one core is %v times one core", s)
			}
			for cores := 2; cores <= 64; cores *= 2 {
				if s := d.speedup(m, cores, tr); s <= 0 || s > float64(cores) {
					t.Errorf("%d cores are %v times one", cores, s)
				}
			}
		}
	}
	if limit := 1e9 / (40 + 4*m.line(64)); locked.perSecond(m, 64, requests) > limit {
		t.Errorf("64 cores do more than the mutex allows, %v", limit)
	}
}

// TestInstructionsRepeat counts those of a processor that does nothing, twice.
func TestInstructionsRepeat(t *testing.T) {
	first, err := stepCount(vNoop)
	if err != nil {
		t.Skipf("cannot be counted here: %v", err)
	}
	second, err := stepCount(vNoop)
	if err != nil || first != second || first < 10 || first > 1000 {
		t.Errorf("%v and then %v instructions, %v; want the same, a few dozen", first, second, err)
	}
}

func TestAllocationsOf(t *testing.T) {
	var keep []byte
	a := allocationsOf(func(n int) {
		for range n {
			keep = make([]byte, 64)
		}
	})
	if a.objects != 1 || a.bytes != 64 || len(keep) != 64 {
		t.Errorf("%+v, want one object of 64 bytes", a)
	}
}
