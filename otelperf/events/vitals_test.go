// SPDX-License-Identifier: Apache-2.0

package events

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestP75WithinBound(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for kind := range vitalKinds {
		k := &vitalKinds[kind]
		v := newVitals()
		values := make([]float64, 5000)
		for i := range values {
			values[i] = k.good * math.Exp(r.NormFloat64())
			v.observe("/", "s", fmt.Sprint(i), kind, values[i])
		}
		slices.Sort(values)
		want := values[3750-1]
		row := v.rows()[0]
		if off := math.Abs(row.P75/want - 1); off > 0.0251 || row.Count != 5000 || row.Name != k.name {
			t.Errorf("%s: p75 %v of %d, want %v: %.2f %% off", k.name, row.P75, row.Count, want, 100*off)
		}
	}
}

func TestVitalThatGrowsCountsOnce(t *testing.T) {
	v := newVitals()
	cls := vitalIndex("cls")
	for _, value := range []float64{0, 0.05, 0.3} {
		v.observe("/a", "s", "id1", cls, value)
	}
	v.observe("/a", "other session", "id1", cls, 0)
	row := v.rows()[0]
	if row.Count != 2 || row.GoodCount != 1 || row.PoorCount != 1 || math.Abs(row.P75-0.3) > 0.01 || row.Rating != "poor" {
		t.Errorf("row %+v, want the values 0 and 0.3", row)
	}
}

func TestVitalRatings(t *testing.T) {
	for _, tt := range []struct {
		name string
		v    float64
		want rating
	}{
		{"lcp", 2500, ratingGood}, {"lcp", 2500.1, ratingMiddling}, {"lcp", 4000.1, ratingPoor},
		{"inp", 200, ratingGood}, {"inp", 501, ratingPoor}, {"cls", 0.1, ratingGood}, {"cls", 0.26, ratingPoor},
		{"fcp", 1800, ratingGood}, {"ttfb", 1801, ratingPoor},
	} {
		if got := vitalKinds[vitalIndex(tt.name)].rate(tt.v); got != tt.want {
			t.Errorf("%s %v is %v, want %v", tt.name, tt.v, got, tt.want)
		}
	}
}

func TestVitalPagesAreBounded(t *testing.T) {
	v := newVitals()
	for i := range 500 {
		v.observe(fmt.Sprintf("/%d", i), "s", fmt.Sprint(i), 0, 0.1)
	}
	rows := v.rows()
	i, found := slices.BinarySearchFunc(rows, otherName, func(r WebVital, p string) int { return cmp.Compare(r.Page, p) })
	if len(rows) != maxPages+1 || !found || rows[i].Count != 400 {
		t.Errorf("%d rows, (other) %v", len(rows), found)
	}
}

func TestLastSeenIsBounded(t *testing.T) {
	l := newLastSeen[int](100)
	for i := range 10_000 {
		k := l.key("", fmt.Sprint(i))
		if !l.claim(k, i) || l.claim(k, i) {
			t.Fatalf("key %d: claimed not once", i)
		}
		if n := len(l.young) + len(l.old); n > 200 {
			t.Fatalf("%d keys are remembered, want at most 200", n)
		}
		if i >= 100 && l.claim(l.key("", fmt.Sprint(i-99)), 0) {
			t.Fatalf("the key before the last 99 was forgotten at %d", i)
		}
	}
	if l.key("ab", "c") == l.key("a", "bc") {
		t.Error("keys of different parts are equal")
	}
}

func FuzzVitalBucket(f *testing.F) {
	for _, v := range []float64{0, 0.001, 1, 1.05, 2500, 3.6e6, 1e300} {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, v float64) {
		if math.IsNaN(v) || v < 0 {
			return
		}
		for i := range vitalKinds {
			k := &vitalKinds[i]
			b := k.bucket(v)
			if v < k.least || v > k.limit {
				continue
			}
			if m := k.middle(int(b)); math.Abs(m/v-1) > 0.0251 {
				t.Errorf("%s: %v is in bucket %d, whose middle is %v", k.name, v, b, m)
			}
		}
	})
}
