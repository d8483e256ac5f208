// SPDX-License-Identifier: Apache-2.0

package sampling

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/otelperf/otelperf-go/slowlog"
)

// id is a trace id with this random value.
func id(random uint64) (id [16]byte) {
	for i := range 8 {
		id[15-i] = byte(random >> (8 * i))
	}
	return id
}

func TestWeight(t *testing.T) {
	high := id(0xffffffffffffff)
	for _, tt := range []struct {
		tracestate string
		id         [16]byte
		weight     float64
		known      bool
	}{
		{"ot=th:0", id(0), 1, true},
		{"ot=th:8", high, 2, true},
		{"ot=th:c", high, 4, true},
		{"ot=th:e66666666666", high, 10, true},
		{"ot=th:fd70a3d70a3d71", high, 100, true},
		{"other=x, ot=p:8;th:8;x:1 ,more=y", high, 2, true},
		{"ot=th:c;rv:d0000000000000", id(0), 4, true}, // the random value is given
		{"ot=rv:b0000000000000;th:c", high, 1, false}, // it would not have been sampled
		{"ot=th:c", id(0xbfffffffffffff), 1, false},
		{"ot=th:c", id(0xc0000000000000), 4, true},
		{"ot=th:ffffffffffffff", high, 1, false}, // one in 2⁵⁶
		{"ot=th:fffffffffff", high, 1, false},
		{"", high, 1, false},
		{"ot=", high, 1, false},
		{"ot=th:", high, 1, false},
		{"ot=th:C", high, 1, false},
		{"ot=th:123456789012345", high, 1, false},
		{"ot=th:8;rv:8", high, 1, false},
		{"not=th:8", high, 1, false},
		{"th:8", high, 1, false},
	} {
		w, known := Weight(tt.tracestate, tt.id)
		if known != tt.known || math.Abs(w-tt.weight) > 1e-9*tt.weight {
			t.Errorf("%q: %v, %v; want %v, %v", tt.tracestate, w, known, tt.weight, tt.known)
		}
	}
}

// What samplers of any probability let pass stands for what there was.
func TestWhatIsSampledStandsForAll(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, th := range []string{"8", "c", "e66666666666", "fd70a3d70a3d71", "f"} {
		threshold, _ := parse(th, true)
		var all Counts
		var seen Seen
		total, got := 200_000, slowlog.OutcomeCounts{}
		for i := range total {
			random := r.Uint64() & (whole - 1)
			if random < threshold {
				continue
			}
			w, known := Weight("ot=th:"+th, id(random))
			seen.Add(w, known)
			all.Add(slowlog.OutcomeOK, w)
			if i%1000 == 0 {
				n := all.Take()
				got.Add(&n)
			}
		}
		n := all.Take()
		got.Add(&n)
		w, known := seen.Weight()
		if sd := math.Sqrt(w * float64(total)); math.Abs(float64(got.Total())-float64(total)) > 5*sd || !known {
			t.Errorf("th:%s: %d of %d requests, weight %v, %v", th, got.Total(), total, w, known)
		}
		if !strings.Contains(seen.Text(), "sample") {
			t.Errorf("th:%s: %q", th, seen.Text())
		}
	}
}

// No request is lost or made by rounding.
func TestCountsKeepWhatIsLeft(t *testing.T) {
	var c Counts
	var sum slowlog.OutcomeCounts
	for range 3000 {
		c.Add(slowlog.OutcomeServerError, 1.0/3)
		n := c.Take()
		sum.Add(&n)
	}
	if sum.Failed() != 1000 || sum.Total() != 1000 {
		t.Errorf("%v, want 1000 failed", sum)
	}
	c.Add(slowlog.NumOutcomes, 1)
}

func TestWhatIsSaidOfSampling(t *testing.T) {
	for _, tt := range []struct {
		seen Seen
		want string
	}{
		{Seen{}, ""},
		{Seen{Weighted: 100, StandFor: 100}, ""},
		{Seen{Weighted: 100, StandFor: 1000}, "estimates"},
		{Seen{Weighted: 100, StandFor: 1000, Unknown: 50}, "lower bounds"},
		{Seen{Unknown: 50}, "share"},
	} {
		if got := tt.seen.Text(); !strings.Contains(got, tt.want) || tt.want == "" && got != "" {
			t.Errorf("%+v: %q, want %q", tt.seen, got, tt.want)
		}
	}
}

func TestWeightAllocatesNothing(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() {
		if w, _ := Weight("vendor=x,ot=th:c;rv:d0000000000000", id(0)); w != 4 {
			t.Error(w)
		}
	}); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

// FuzzWeight: whatever a caller sends, a weight is between 1 and MostWeight, and 1 where it is not known.
func FuzzWeight(f *testing.F) {
	for _, s := range []string{"ot=th:0", "ot=th:c;rv:d0000000000000", "a=b,ot=th:fffffff,", ",,ot=;;th:1", "ot=th:\xff"} {
		f.Add(s, uint64(0xffffffffffffff))
	}
	f.Fuzz(func(t *testing.T, s string, random uint64) {
		w, known := Weight(s, id(random))
		if !(w >= 1 && w <= MostWeight*1.0001) || !known && w != 1 {
			t.Errorf("%q: %v, %v", s, w, known)
		}
	})
}
