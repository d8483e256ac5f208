// SPDX-License-Identifier: Apache-2.0

package runtimesignals

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/units"
	"github.com/otelperf/otelperf-go/slowlog/order"
)

// Report is what the runtime, the operating system and the pools tell now: the last ten seconds against what is usual.
type Report struct {
	Gomaxprocs int         `json:"gomaxprocs"` // how many CPUs the Go scheduler uses
	CPUQuota   *float64    `json:"cpu_quota"`  // CPUs that the control group allows; nil without a quota, or where it cannot be told
	Unusual    []Deviation `json:"unusual"`    // what has left its normal, the farthest first
	Signals    []Reading   `json:"signals"`    // all of them
	Pools      []PoolState `json:"pools"`      // those of WithDB
	Notes      []string    `json:"notes"`      // what cannot be told here, and what does not fit together
}

// Reading is a signal as it is now.
type Reading struct {
	Name  string   `json:"name"`          // such as gc_cpu
	Pool  string   `json:"pool,omitzero"` // of which pool; empty for the process
	Unit  string   `json:"unit"`          // as in UCUM: ms, By, {goroutine}; 1 is a share
	Now   *float64 `json:"now"`           // in the last ten seconds
	Usual *float64 `json:"usual"`         // the median of the last hour, without spikes; nil while that is being learned
	Limit *float64 `json:"limit"`         // above it the signal has left its normal
}

// Deviation is a signal that has left its normal.
type Deviation struct {
	Name     string  `json:"name"`          // such as cpu_throttled
	Pool     string  `json:"pool,omitzero"` // of which pool; empty for the process
	Unit     string  `json:"unit"`          // as in UCUM: ms, By, {goroutine}; 1 is a share
	Now      float64 `json:"now"`           // in a spike the worst ten seconds of it
	Usual    float64 `json:"usual"`         // the median of the hour before
	Sentence string  `json:"sentence"`      // says the same, such as "CPU throttled 38 % of the time, usually 0 %"
	excess   float64 // by which deviations of different units compare
}

// PoolState is a connection pool as it answered last.
type PoolState struct {
	Name           string   `json:"name"`             // as given to WithDB
	Max            int      `json:"max"`              // connections that it may have; 0 is no limit
	Open           int      `json:"open"`             // connections that it has
	InUse          int      `json:"in_use"`           // of these
	WaitsPerSecond *float64 `json:"waits_per_second"` // requests that had to wait for a connection
	Waiting        *float64 `json:"waiting"`          // how many of them waited at the same time, on average
	AgeSeconds     *float64 `json:"age_seconds"`      // of the answer; nil before the first
	Faults         uint64   `json:"faults"`           // panics when it was asked
}

// Report returns the state of now.
func (r *Recorder) Report(now time.Time) *Report {
	r.mu.Lock()
	defer r.mu.Unlock()
	rep := &Report{
		Gomaxprocs: r.procs, CPUQuota: units.Number(r.quota), Unusual: r.deviations(r.newest(now)), Signals: []Reading{},
		Notes: append([]string{}, r.missing...),
	}
	if most := max(2, int(math.Ceil(r.quota))); r.quota > 0 && r.procs > most {
		rep.Notes = append(rep.Notes, fmt.Sprintf(
			"GOMAXPROCS is %d and the CPU quota %.4g: what runs at the same time uses the quota up early, then all is throttled", r.procs, r.quota))
	}
	from, to := r.newest(now)
	for _, l := range r.lines {
		rep.Signals = append(rep.Signals, l.reading(from, to))
	}
	rep.Pools = r.poolStates(now)
	return rep
}

// Pools are the connection pools as they answered last.
func (r *Recorder) Pools(now time.Time) []PoolState {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.poolStates(now)
}

func (r *Recorder) poolStates(now time.Time) []PoolState {
	from, to := r.newest(now)
	states := []PoolState{}
	for _, p := range r.pools {
		states = append(states, p.state(now, from, to))
	}
	return states
}

// newest are the last ten seconds, (from, to]; none if nothing was sampled lately.
func (r *Recorder) newest(now time.Time) (from, to int64) {
	if r.second(now) > r.last+stepSeconds {
		return r.last, r.last
	}
	return r.last - stepSeconds, r.last
}

func (l *line) reading(from, to int64) Reading {
	return Reading{
		Name: l.name, Pool: l.poolName(), Unit: l.unit, Now: units.Number(l.ring.over(l.digest, from, to)),
		Usual: units.Number(l.normal.usual), Limit: units.Number(l.limit()),
	}
}

func (p *poolLine) state(now time.Time, from, to int64) PoolState {
	s, at := p.latest()
	state := PoolState{
		Name: p.Name, Max: s.MaxOpenConnections, Open: s.OpenConnections, InUse: s.InUse, WaitsPerSecond: units.Number(p.waits),
		Waiting: units.Number(p.lines[poolWaiting].ring.over(average, from, to)), Faults: p.panics.Load(),
	}
	if !at.IsZero() {
		state.AgeSeconds = units.Number(max(0, now.Sub(at).Seconds()))
	}
	return state
}

// maxDeviations bounds what is said of one time.
const maxDeviations = 8

// deviations are the signals whose seconds (from, to] are beyond their limits, the farthest first.
func (r *Recorder) deviations(from, to int64) []Deviation {
	out := []Deviation{}
	for _, l := range r.lines {
		now := l.ring.over(l.digest, from, to)
		if excess := l.excess(now); excess > 0 {
			out = append(out, Deviation{
				Name: l.name, Pool: l.poolName(), Unit: l.unit, Now: *units.Number(now), Usual: *units.Number(l.normal.usual),
				Sentence: l.sentence(now), excess: excess,
			})
		}
	}
	return farthest(out)
}

func farthest(all []Deviation) []Deviation {
	order.By(all, func(a, b *Deviation) int { return cmp.Compare(b.excess, a.excess) })
	return all[:min(len(all), maxDeviations)]
}

// Deviations are the signals that were beyond their limits in some ten seconds between two times of the last hour, each by its worst
// ten seconds; at most eight, the farthest first. Less than five seconds count as the five before until.
func (r *Recorder) Deviations(since, until time.Time) []Deviation {
	const least = stepSeconds / 2 // less would be noise
	r.mu.Lock()
	defer r.mu.Unlock()
	to := min(r.second(until), r.last)
	from := max(min(r.second(since), to-least), r.last-Seconds, -1)
	worst := r.deviations(max(from, to-stepSeconds), to)
	for to -= stepSeconds; to-from >= least; to -= stepSeconds {
		worst = Worst(worst, r.deviations(max(from, to-stepSeconds), to))
	}
	return worst
}

// Worst merges what was said of two times: of each signal the farther.
func Worst(a, b []Deviation) []Deviation {
	all := append(append(make([]Deviation, 0, len(a)+len(b)), a...), b...)
	order.By(all, func(a, b *Deviation) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Pool, b.Pool), cmp.Compare(b.excess, a.excess))
	})
	return farthest(slices.CompactFunc(all, func(a, b Deviation) bool { return a.Name == b.Name && a.Pool == b.Pool }))
}
