// SPDX-License-Identifier: Apache-2.0

package main

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// TestPairsFindWhatTheNoiseHides adds 3 and 10 to a noise of 1000 that all variants of a round share.
func TestPairsFindWhatTheNoiseHides(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	tab := table{names: []string{"base", "three", "ten"}, ns: make([][]float64, 3)}
	for range 101 {
		noise := 5000 + 1000*rng.Float64()
		for i, more := range []float64{0, 3, 10} {
			tab.ns[i] = append(tab.ns[i], noise+more+rng.NormFloat64())
		}
	}
	if e := tab.over("three", "base"); math.Abs(e.mid-3) > 0.5 || e.lo > 3 || e.hi < 3 || e.hi-e.lo > 1.5 {
		t.Errorf("difference %+v, want about 3", e)
	}
	if e := tab.ratio("three", "ten", "base"); math.Abs(e.mid-0.3) > 0.05 || e.lo > 0.3 || e.hi < 0.3 {
		t.Errorf("ratio %+v, want about 0.3", e)
	}
	if e := tab.share("ten", "base"); math.Abs(e.mid-1.0018) > 0.001 {
		t.Errorf("share %+v, want about 1.002", e)
	}
}

func TestMedianInterval(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	inside := 0
	for range 400 {
		v := make([]float64, 41)
		for i := range v {
			v[i] = rng.ExpFloat64()
		}
		if e := median(v); e.lo <= math.Ln2 && math.Ln2 <= e.hi {
			inside++
		}
	}
	if inside < 360 {
		t.Errorf("%d of 400 intervals hold the true median, want about 380", inside)
	}
}

func TestMeasureRunsAllInEachRound(t *testing.T) {
	var runs [2]int
	var subjects []subject
	for i, name := range []string{"a", "b"} {
		subjects = append(subjects, subject{name, func(n int) time.Duration {
			runs[i]++
			return time.Duration(n*(i+1)) * time.Microsecond
		}})
	}
	tab := measure(subjects, plan{5, time.Millisecond})
	if len(tab.ns[0]) != 5 || len(tab.ns[1]) != 5 || tab.of("b")[0] != 2*tab.of("a")[0] {
		t.Errorf("%+v, want five rounds, b twice a", tab)
	}
	if runs[0] < 11 || runs[1] < 11 { // one to warm, two a round
		t.Errorf("they ran %v times, want 11 each and those that settle how much", runs)
	}
}

// TestVariantsCount makes sure that what is compared does its work.
func TestVariantsCount(t *testing.T) {
	for _, v := range variants() {
		p, s := v.make(), spans(3)
		if p == nil {
			continue
		}
		for _, s := range s {
			p.OnStart(t.Context(), s.start)
			p.OnEnd(s.end)
		}
		if c, ok := p.(*classic); ok && (c.total != 3 || len(c.endpoints) != 3) {
			t.Errorf("the classic counted %d in %d endpoints, want 3 in 3", c.total, len(c.endpoints))
		}
		_ = p.Shutdown(t.Context())
	}
}
