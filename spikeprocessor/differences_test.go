// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// exactFisher is the definition, in whole numbers.
func exactFisher(a, n, b, m uint64) float64 {
	choose := func(n, k uint64) *big.Int { return new(big.Int).Binomial(int64(n), int64(k)) }
	sum := new(big.Int)
	for x := a; x <= min(n, a+b); x++ {
		sum.Add(sum, new(big.Int).Mul(choose(n, x), choose(m, a+b-x)))
	}
	p, _ := new(big.Rat).SetFrac(sum, choose(n+m, a+b)).Float64()
	return p
}

func TestFisher(t *testing.T) {
	// Fisher's lady who tastes tea: three of four cups right.
	if got, want := fisher(3, 4, 1, 4), 17.0/70; math.Abs(got-want) > 1e-12 {
		t.Errorf("fisher(3, 4, 1, 4) = %v, want %v", got, want)
	}
	for n := range uint64(12) {
		for m := range uint64(12) {
			for a := range n + 1 {
				for b := range m + 1 {
					checkFisher(t, a, n, b, m)
				}
			}
		}
	}
	checkFisher(t, 150, 200, 100, 1000)
	checkFisher(t, 3, 2000, 0, 1000)
	if got := fisher(1e9, 2e9, 1e9, 4e9); !(got >= 0 && got < 1e-9) {
		t.Errorf("of large numbers: got %v", got)
	}
}

func checkFisher(t *testing.T, a, n, b, m uint64) {
	t.Helper()
	got, want := fisher(a, n, b, m), exactFisher(a, n, b, m)
	if a*m <= b*n {
		want = 1 // the test is one-sided
	}
	if math.Abs(got-want) > 1e-9*want {
		t.Fatalf("fisher(%d, %d, %d, %d) = %v, want %v", a, n, b, m, got, want)
	}
}

func FuzzFisher(f *testing.F) {
	f.Add(uint16(5), uint16(10), uint16(0), uint16(1000))
	f.Add(uint16(0), uint16(0), uint16(0), uint16(0))
	f.Fuzz(func(t *testing.T, a, n, b, m uint16) {
		n, m = n%500, m%500
		a, b = min(a, n), min(b, m)
		checkFisher(t, uint64(a), uint64(n), uint64(b), uint64(m))
		ratio, low := lift(uint64(a), uint64(n), uint64(b), uint64(m))
		if !(low > 0 && low <= ratio) || math.IsInf(ratio, 0) {
			t.Fatalf("lift(%d, %d, %d, %d) = %v from %v", a, n, b, m, ratio, low)
		}
	})
}

// The bounds hold for every value, with a cell or without, whatever comes in.
func FuzzTopValues(f *testing.F) {
	f.Add(uint64(1), uint16(2000), uint8(200), uint8(40))
	f.Add(uint64(2), uint16(500), uint8(15), uint8(3))
	f.Add(uint64(3), uint16(3000), uint8(17), uint8(255))
	f.Fuzz(func(t *testing.T, seed uint64, n uint16, values, turn uint8) {
		r := rand.New(rand.NewPCG(seed, 1))
		var (
			top    topValues
			totals classCounts
			half   int
			truth  = map[string]*classCounts{}
		)
		for range min(n, 4000) {
			if r.IntN(1000) < int(turn) {
				half = 1 - half
				top.forget(half)
				totals[half] = [numClasses]uint32{}
				for _, v := range truth {
					v[half] = [numClasses]uint32{}
				}
			}
			value := fmt.Sprint("v", int(math.Abs(r.NormFloat64())*float64(values)/3))
			if truth[value] == nil {
				truth[value] = &classCounts{}
			}
			class := r.IntN(numClasses)
			truth[value].add(half, class)
			totals.add(half, class)
			cell, _ := top.observe(value, half, class, &totals)
			if top.cells[cell].value != value {
				t.Fatalf("%s got the cell of %q", value, top.cells[cell].value)
			}
			checkBounds(t, &top, truth)
		}
	})
}

func checkBounds(t *testing.T, top *topValues, truth map[string]*classCounts) {
	t.Helper()
	cells := map[string]*valueCell{}
	for i := range top.cells {
		if v := top.cells[i].value; v != "" {
			if cells[v] != nil {
				t.Fatalf("%s has two cells", v)
			}
			cells[v] = &top.cells[i]
		}
	}
	for value, want := range truth {
		c := cells[value]
		for class := range numClasses {
			n := want.class(class)
			if c == nil && n > top.floor.class(class) {
				t.Fatalf("%s occurred %d times and has no cell, though the floor is %d", value, n, top.floor.class(class))
			}
			if c != nil && (n < c.least(class) || n > c.atMost(class)) {
				t.Fatalf("%s occurred %d times, which is said to be %d to %d", value, n, c.least(class), c.atMost(class))
			}
		}
	}
}

// A value that more than an eighth of the slow requests have must not be lost among many that are ordinary.
func TestTopValuesKeepsWhatIsFrequentAmongTheSlow(t *testing.T) {
	var (
		top    topValues
		totals classCounts
	)
	for i := range 20_000 {
		class, value := classOrdinary, fmt.Sprint("user", i)
		if i%100 == 0 {
			class = classSlow
			if i%400 == 0 {
				value = "acme"
			}
		}
		totals.add(0, class)
		top.observe(value, 0, class, &totals)
	}
	for i := range top.cells {
		if c := &top.cells[i]; c.value == "acme" {
			if c.least(classSlow) < 40 || c.atMost(classSlow) > 70 {
				t.Errorf("acme is said to have %d to %d slow requests, want nearly 50", c.least(classSlow), c.atMost(classSlow))
			}
			return
		}
	}
	t.Error("acme was lost")
}
