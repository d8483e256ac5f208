// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"math"
	"math/rand/v2"
)

// Effect is what a scenario makes of the traffic of one second.
type Effect struct {
	Rate float64 // the number of requests is multiplied by it
	All  float64 // and all durations by this

	Share  float64 // of the requests that are also
	Factor float64 // multiplied by this, if it is not 0,
	Add    float64 // and longer by so many seconds

	Extra       float64 // requests on average that come besides,
	ExtraFactor float64 // and take so many times as long

	Quick       float64 // share of requests that are answered at once,
	QuickAt     float64 // in about so many seconds,
	QuickFailed bool    // with a server error

	Pause       float64 // share of the second in which everything stands still
	PauseLength float64 // seconds that are left of the pause when that begins
}

// usual changes nothing.
var usual = Effect{Rate: 1, All: 1}

// Scenario changes the effect of the second at.
type Scenario func(at int, e *Effect)

// Both makes one scenario of two; either may be nil.
func Both(a, b Scenario) Scenario {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return func(at int, e *Effect) {
		a(at, e)
		b(at, e)
	}
}

// During applies a scenario in [from, to) with its own seconds from 0.
func During(from, to int, s Scenario) Scenario {
	return func(at int, e *Effect) {
		if at >= from && at < to {
			s(at-from, e)
		}
	}
}

// Pauses makes everything stand still for length seconds about every so many seconds.
func Pauses(r *rand.Rand, every, length float64) Scenario {
	begin := every * r.Float64()
	return func(at int, e *Effect) {
		second := float64(at)
		for begin+length < second {
			begin += every * (0.9 + 0.2*r.Float64())
		}
		if from, to := max(begin, second), min(begin+length, second+1); from < to {
			e.Pause, e.PauseLength = to-from, begin+length-from
		}
	}
}

// Collections are the pauses of a garbage collector: 0.1 to 0.4 s every 45 to 105 s.
func Collections(r *rand.Rand) Scenario {
	return Pauses(r, 45+60*r.Float64(), 0.1+0.3*r.Float64())
}

// Clusters are some requests on average that are slower by a factor and come together within length seconds, at random
// times, every so many seconds on average.
func Clusters(r *rand.Rand, every, length, requests, factor float64) Scenario {
	next, until := every*r.ExpFloat64(), 0.0
	return func(at int, e *Effect) {
		second := float64(at)
		if next <= second {
			next, until = second+every*r.ExpFloat64(), second+length
		}
		if second < until {
			e.Extra, e.ExtraFactor = requests/length, factor
		}
	}
}

// Job is work that comes back and makes requests slower meanwhile. Times are in seconds.
type Job struct {
	Every, Phase, Jitter, Length float64
	Share, Factor                float64 // of the requests; 1: of all
}

// Scenario returns the job's effect.
func (j Job) Scenario(r *rand.Rand) Scenario {
	period, begin := -1.0, 0.0
	return func(at int, e *Effect) {
		second := float64(at)
		if k := math.Floor(second / j.Every); k != period {
			period = k
			begin = k*j.Every + j.Phase + j.Jitter*(2*r.Float64()-1)
		}
		if second < begin || second >= begin+j.Length {
			return
		}
		if j.Share >= 1 {
			e.All *= j.Factor
		} else {
			e.Share, e.Factor = j.Share, j.Factor
		}
	}
}

// Slower multiplies all durations.
func Slower(times float64) Scenario { return func(_ int, e *Effect) { e.All *= times } }

// Ramp multiplies all durations by what grows evenly in its logarithm for so many seconds, and stays.
func Ramp(times, seconds float64) Scenario {
	return func(at int, e *Effect) { e.All *= math.Pow(times, min(1, float64(at)/seconds)) }
}

// Some makes a share of the requests slower by a factor, or longer by some seconds.
func Some(share, factor, add float64) Scenario {
	return func(_ int, e *Effect) { e.Share, e.Factor, e.Add = share, factor, add }
}

// Quick answers a share of the requests at once.
func Quick(share, seconds float64, failed bool) Scenario {
	return func(_ int, e *Effect) { e.Quick, e.QuickAt, e.QuickFailed = share, seconds, failed }
}

// special returns what the effect, but for All and Rate, makes of the bucket of a request, and whether it has failed.
func (e *Effect) special(r *rand.Rand, index int16) (_ int16, failed bool) {
	if e.Quick > 0 && r.Float64() < e.Quick {
		return Index(e.QuickAt * (0.7 + 0.6*r.Float64())), e.QuickFailed
	}
	if e.Pause > 0 && r.Float64() < e.Pause {
		index = Index(Duration(index) + e.PauseLength*r.Float64())
	}
	if e.Share > 0 && r.Float64() < e.Share {
		x := Duration(index)
		if e.Factor > 0 {
			x *= e.Factor
		}
		index = Index(x + e.Add)
	}
	return index, false
}

// plain tells whether special does nothing.
func (e *Effect) plain() bool { return e.Quick == 0 && e.Pause == 0 && e.Share == 0 }

// Apply returns what a scenario makes of durations that are spread evenly over its seconds.
func Apply(r *rand.Rand, durations []int16, seconds int, s Scenario) []int16 {
	changed := make([]int16, len(durations))
	at, e := -1, usual
	for i, d := range durations {
		for next := i * seconds / len(durations); at < next; {
			at++
			e = usual
			s(at, &e)
		}
		x, _ := e.special(r, Index(Duration(d)*e.All))
		changed[i] = x
	}
	return changed
}
