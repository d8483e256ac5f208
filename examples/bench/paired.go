// SPDX-License-Identifier: Apache-2.0

package main

import (
	"math"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"slices"
	"time"
)

// subject is one variant of what is compared. run does n operations and returns the CPU time they took (real time where several
// goroutines run), less what it chose not to count.
type subject struct {
	name string
	run  func(n int) time.Duration
}

// timed makes a subject of a function all of whose CPU time counts.
func timed(name string, f func(n int)) subject {
	return subject{name, func(n int) time.Duration { return cpuOf(func() { f(n) }) }}
}

// cpuOf is the CPU time that f takes.
func cpuOf(f func()) time.Duration {
	began := cpuTime()
	f()
	return cpuTime() - began
}

// plan says how long to measure.
type plan struct {
	rounds int
	each   time.Duration // of one variant in one round
}

// table holds nanoseconds per operation by variant and round.
type table struct {
	names []string
	ns    [][]float64
}

// measure runs every subject once in each round, in an order drawn anew. All do the same number of operations, so many
// that the slowest takes p.each.
func measure(subjects []subject, p plan) table {
	n := math.MaxInt
	for _, s := range subjects {
		n = min(n, calibrate(s, p.each))
	}
	t := table{ns: make([][]float64, len(subjects))}
	for _, s := range subjects {
		t.names = append(t.names, s.name)
		s.run(n) // warm
	}
	// A collection that happens to fall into one variant's turn is worth a thousand times what is measured: none runs during a
	// turn, and the garbage of the one before is gone. So what a variant's garbage costs is not in these tables.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	for range p.rounds {
		for _, i := range rand.Perm(len(subjects)) {
			runtime.GC()
			subjects[i].run(n/2 + 1) // the pools and caches that the collection emptied
			t.ns[i] = append(t.ns[i], float64(subjects[i].run(n))/float64(n))
		}
	}
	return t
}

// calibrate finds how many operations take about d.
func calibrate(s subject, d time.Duration) int {
	n := 16
	for {
		took := max(s.run(n), 1)
		if took >= d/4 || n > 1<<26 {
			return max(16, int(float64(n)*float64(d)/float64(took)))
		}
		n *= 2
	}
}

// estimate is a median and the interval that holds it with 95 % confidence.
type estimate struct{ mid, lo, hi float64 }

// times returns the absolute times of a variant.
func (t *table) times(name string) estimate { return median(t.of(name)) }

// over returns what a variant takes more than base.
func (t *table) over(name, base string) estimate { return median(differences(t.of(name), t.of(base))) }

// ratio returns (name - base) / (to - base), each the median of its differences. The interval is that of a bootstrap over
// the rounds: 2000 times as many rounds are drawn with replacement.
func (t *table) ratio(name, to, base string) estimate {
	return ratioOf(differences(t.of(name), t.of(base)), differences(t.of(to), t.of(base)))
}

// ratioOf is the ratio of two medians, whose values belong to the same rounds.
func ratioOf(a, b []float64) estimate {
	return bootstrap(len(a), func(rows []int) float64 { return middle(pick(a, rows)) / middle(pick(b, rows)) })
}

// share returns the ratio of two absolute times, by rounds.
func (t *table) share(name, to string) estimate {
	a, b := t.of(name), t.of(to)
	out := make([]float64, len(a))
	for i := range a {
		out[i] = a[i] / b[i]
	}
	return median(out)
}

func (t *table) of(name string) []float64 {
	i := slices.Index(t.names, name)
	if i < 0 {
		panic("bench: no variant " + name)
	}
	return t.ns[i]
}

func differences(a, b []float64) []float64 {
	out := make([]float64, len(a))
	for i := range a {
		out[i] = a[i] - b[i]
	}
	return out
}

// median takes its interval from the order statistics: the number of values below the median is binomial.
func median(v []float64) estimate {
	v = slices.Sorted(slices.Values(v))
	n := float64(len(v))
	half := 1.96 * math.Sqrt(n) / 2
	at := func(x float64) float64 { return v[min(max(int(x), 0), len(v)-1)] }
	return estimate{middle(v), at(math.Floor(n/2 - half)), at(math.Ceil(n/2 + half))}
}

// middle is the median of v, which it may sort.
func middle(v []float64) float64 {
	slices.Sort(v)
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

func bootstrap(n int, f func(rows []int) float64) estimate {
	const draws = 2000
	rng := rand.New(rand.NewPCG(1, 2))
	rows, values := make([]int, n), make([]float64, draws)
	for i := range rows {
		rows[i] = i
	}
	mid := f(rows)
	for d := range values {
		for i := range rows {
			rows[i] = rng.IntN(n)
		}
		values[d] = f(rows)
	}
	slices.Sort(values)
	return estimate{mid, values[draws*25/1000], values[draws*975/1000]}
}

func pick(v []float64, rows []int) []float64 {
	out := make([]float64, len(rows))
	for i, r := range rows {
		out[i] = v[r]
	}
	return out
}
