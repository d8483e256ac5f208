// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
)

// Verdict is what a detector says about a second.
type Verdict uint8

// The verdicts.
const (
	Nothing Verdict = iota
	Started
	Ended
)

// Watcher is a detector under test.
type Watcher interface {
	// Second takes the requests that ended in second at, and is called for every second. It must not keep them.
	Second(at int, requests []Request) Verdict
}

// Random returns the generator of one trial: the same seed and number give the same traffic.
func Random(seed uint64, number int) *rand.Rand {
	return rand.New(rand.NewPCG(seed, uint64(number)*0x9E3779B97F4A7C15+1))
}

// Disturbance says what ordinary trouble the clean traffic has.
type Disturbance struct{ Pauses, Jobs bool }

// Clean runs endpoints of some days each on traffic without faults and returns the alerts of every detector, all of
// them false.
func Clean(seed uint64, rate float64, endpoints int, days float64, d Disturbance, makers ...func() Watcher) []int {
	var mu sync.Mutex
	alerts := make([]int, len(makers))
	parallel(endpoints, func(i int) {
		r := Random(seed, i)
		s := Stream{Profile: NewProfile(r), Rate: rate, Daily: .6, Length: int(86400 * days), Pauses: d.Pauses, Jobs: d.Jobs}
		watchers := made(makers)
		for at, requests := range s.Seconds(r) {
			for j, w := range watchers {
				if w.Second(at, requests) == Started {
					mu.Lock()
					alerts[j]++
					mu.Unlock()
				}
			}
		}
	})
	return alerts
}

// Outcome sums up the trials of one class and detector. Times are in seconds.
type Outcome struct {
	Trials, Detected, Recovered int
	Alerts                      int       // in detected trials, from the start of the fault on
	Before                      int       // false alarms before the fault
	Delay                       []float64 // of detection
	Back                        []float64 // from the end of the fault to the end of the alert
}

// Try runs trials of a class of fault and returns the outcome for every detector.
func Try(seed uint64, class Class, rate float64, trials int, makers ...func() Watcher) []Outcome {
	var mu sync.Mutex
	outcomes := make([]Outcome, len(makers))
	parallel(trials, func(i int) {
		r := Random(seed, i)
		p := NewProfile(r)
		f := class.fault(p.P99(r))
		f.Start = history(rate) + 60*r.Float64()
		f.End = f.Start + class.Length
		s := Stream{
			Profile: p, Rate: rate, Daily: .3, Length: int(f.End + class.After), Pauses: i%2 == 0, Faults: []Fault{f},
		}
		runs := make([]run, len(makers))
		watchers := made(makers)
		for at, requests := range s.Seconds(r) {
			for j, w := range watchers {
				runs[j].note(float64(at), w.Second(at, requests), f, class)
			}
		}
		mu.Lock()
		defer mu.Unlock()
		for j := range runs {
			outcomes[j].add(runs[j])
		}
	})
	return outcomes
}

// history returns the seconds of ordinary traffic before a fault.
func history(rate float64) float64 {
	switch {
	case rate < .5:
		return 4 * 3600
	case rate > 50:
		return 2400
	default:
		return 5400
	}
}

// run is what one detector said in one trial.
type run struct {
	delay, back float64
	detected    bool
	recovered   bool
	alerts      int
	before      int
}

func (t *run) note(at float64, v Verdict, f Fault, c Class) {
	switch {
	case v == Started && at < f.Start:
		t.before++
	case v == Started:
		t.alerts++
		// a sparse stream shows the last requests of a fault late
		if !t.detected && (at <= f.End+5 || c.Quiet) {
			t.detected, t.delay = true, at-f.Start
		}
	case v == Ended && t.detected && !t.recovered && (at >= f.End-1 || c.Shift):
		t.recovered, t.back = true, at-f.End
	}
}

func (o *Outcome) add(t run) {
	o.Trials++
	o.Before += t.before
	if !t.detected {
		return
	}
	o.Detected++
	o.Alerts += t.alerts
	o.Delay = append(o.Delay, t.delay)
	if t.recovered {
		o.Recovered++
		o.Back = append(o.Back, t.back)
	}
}

// Within returns the share of trials in which the fault was found in so many seconds.
func (o *Outcome) Within(seconds float64) float64 {
	n := 0
	for _, d := range o.Delay {
		if d <= seconds {
			n++
		}
	}
	return float64(n) / float64(max(1, o.Trials))
}

// Quantile returns a quantile of values by nearest rank, NaN without any.
func Quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

// Bound returns the least rate per unit that is ruled out with 95 % confidence by seeing so many events in so many
// units: 3/units for none (Poisson).
func Bound(events int, units float64) float64 {
	low, high := 0.0, 10+3*float64(events+1)
	for range 60 {
		mean := (low + high) / 2
		p, term := 0.0, math.Exp(-mean)
		for k := range events + 1 {
			p += term
			term *= mean / float64(k+1)
		}
		if p > .05 {
			low = mean
		} else {
			high = mean
		}
	}
	return low / units
}

func made(makers []func() Watcher) []Watcher {
	ws := make([]Watcher, len(makers))
	for i, m := range makers {
		ws[i] = m()
	}
	return ws
}

// parallel runs work(0) to work(n-1) on all processors.
func parallel(n int, work func(i int)) {
	jobs := make(chan int)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := range jobs {
				work(i)
			}
		})
	}
	for i := range n {
		jobs <- i
	}
	close(jobs)
	wg.Wait()
}
