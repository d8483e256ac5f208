// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"math"
	"slices"
	"testing"
)

// collect returns all durations of a stream between two seconds.
func collect(s Stream, number int, from, to int) (all []float64) {
	for at, requests := range s.Seconds(Random(1, number)) {
		if at > from && at <= to {
			for _, q := range requests {
				all = append(all, q.Seconds)
			}
		}
	}
	return all
}

func TestStreamIsSeeded(t *testing.T) {
	s := Stream{Profile: NewProfile(Random(1, 0)), Rate: 5, Length: 1000, Pauses: true, Jobs: true}
	a, b, c := collect(s, 3, 0, 1000), collect(s, 3, 0, 1000), collect(s, 4, 0, 1000)
	if !slices.Equal(a, b) {
		t.Error("the same seed gives other traffic")
	}
	if slices.Equal(a, c) {
		t.Error("another number gives the same traffic")
	}
	if rate := float64(len(a)) / 1000; math.Abs(rate-5) > .5 {
		t.Errorf("rate %.2f, want 5", rate)
	}
}

func TestFaults(t *testing.T) {
	p := kinds[0]
	p.wander = 0
	median := func(f Fault) (before, during float64, n int) {
		f.Start, f.End = 1000, 2000
		s := Stream{Profile: p, Rate: 20, Length: 2000, Faults: []Fault{f}}
		in := collect(s, 1, 1000, 2000)
		return Quantile(collect(s, 1, 400, 1000), .5), Quantile(in, .5), len(in)
	}
	near := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got/want-1) > .1 {
			t.Errorf("%s: %.3g, want %.3g", what, got, want)
		}
	}
	before, during, n := median(Fault{Factor: 3})
	near("factor", during/before, 3)
	near("rate", float64(n), 20000)
	_, _, n = median(Fault{Rate: .1})
	near("less traffic", float64(n), 2000)
	if _, _, n = median(Fault{Gap: true}); n != 0 {
		t.Errorf("%d requests in a gap", n)
	}
	before, during, _ = median(Fault{Factor: 4, Ramp: 1000})
	near("half of a ramp", during/before, 2)
	before, during, _ = median(Fault{Hang: 5, Share: .02})
	near("hang leaves the median", during, before)
	_, during, _ = median(Fault{FastErrors: .9})
	near("fast errors", during, .0007)
}

// The classic forgets a lasting step within a few evaluations and never reports an end.
func TestClassic(t *testing.T) {
	c := NewClassic(10)
	requests := make([]Request, 100)
	second := func(at int, duration float64) Verdict {
		for i := range requests {
			requests[i].Seconds = duration * (1 + float64(i)/200)
		}
		return c.Second(at, requests)
	}
	alerts := 0
	for at := 1; at <= 3600; at++ {
		d := .01
		if at > 600 {
			d = .03
		}
		switch second(at, d) {
		case Started:
			alerts++
		case Ended:
			t.Fatal("the classic knows no end")
		}
	}
	if alerts != 1 {
		t.Errorf("%d alerts, want 1", alerts)
	}
	if p99 := c.p99(); math.Abs(p99/.0447-1) > .02 {
		t.Errorf("p99 %.4f, want .0447", p99)
	}
}

func TestBound(t *testing.T) {
	for _, c := range []struct {
		events int
		want   float64
	}{{0, 2.996}, {1, 4.744}, {10, 16.962}} {
		if got := Bound(c.events, 1); math.Abs(got-c.want) > .01 {
			t.Errorf("Bound(%d) = %.3f, want %.3f", c.events, got, c.want)
		}
	}
}
