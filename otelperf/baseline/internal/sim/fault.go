// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"math"
	"math/rand/v2"
)

// Fault changes the requests that end in [Start, End), seconds of the stream. Zero fields change nothing.
type Fault struct {
	Start, End float64
	Factor     float64 // durations are multiplied by it
	Share      float64 // of the requests that are hit; 0 means all
	Hang       float64 // seconds added
	Ramp       float64 // seconds in which Factor is reached, evenly in its logarithm
	Rate       float64 // traffic is multiplied by it
	Gap        bool    // there is no traffic at all
	FastErrors float64 // share that fails within a millisecond
}

func (f *Fault) active(at float64) bool { return at >= f.Start && at < f.End }

// apply returns what the fault makes of a request.
func (f *Fault) apply(r *rand.Rand, at float64, q Request) Request {
	if !f.active(at) {
		return q
	}
	if f.FastErrors > 0 && r.Float64() < f.FastErrors {
		return Request{Seconds: (.3 + .7*r.Float64()) / 1000, Failed: true}
	}
	if f.Share > 0 && r.Float64() >= f.Share {
		return q
	}
	if f.Factor > 0 {
		share := 1.0
		if f.Ramp > 0 {
			share = min(1, (at-f.Start)/f.Ramp)
		}
		q.Seconds *= math.Pow(f.Factor, share)
	}
	q.Seconds += f.Hang
	return q
}

// Class is a kind of fault to be tried many times.
type Class struct {
	Name   string
	Length float64 // seconds
	After  float64 // seconds simulated after it
	Quiet  bool    // no alert is the right answer
	Shift  bool    // it does not end; the new normal counts as the recovery

	fault func(p99 float64) Fault // without its times
}

// Classes returns the kinds of fault, from harmless to hard.
func Classes() []Class {
	slower := func(factor float64) func(float64) Fault {
		return func(float64) Fault { return Fault{Factor: factor} }
	}
	some := func(share, factor float64) func(float64) Fault {
		return func(float64) Fault { return Fault{Factor: factor, Share: share} }
	}
	hang := func(share float64) func(float64) Fault {
		return func(p99 float64) Fault { return Fault{Hang: 10 * p99, Share: share} }
	}
	return []Class{
		{Name: "all x1.5", Length: 600, After: 1200, Quiet: true, fault: slower(1.5)},
		{Name: "all x1.7", Length: 600, After: 1200, Quiet: true, fault: slower(1.7)},
		{Name: "traffic x0.1", Length: 900, After: 1800, Quiet: true, fault: func(float64) Fault { return Fault{Rate: .1} }},
		{Name: "traffic x10", Length: 900, After: 1800, Quiet: true, fault: func(float64) Fault { return Fault{Rate: 10} }},
		{Name: "gap of 20 min", Length: 1200, After: 1800, Quiet: true, fault: func(float64) Fault { return Fault{Gap: true} }},
		{Name: "50% fast errors", Length: 900, After: 1800, Quiet: true, fault: func(float64) Fault { return Fault{FastErrors: .5} }},
		{Name: "all x3", Length: 600, After: 1200, fault: slower(3)},
		{Name: "all x5", Length: 600, After: 1200, fault: slower(5)},
		{Name: "all x10", Length: 600, After: 1200, fault: slower(10)},
		{Name: "5% x10", Length: 600, After: 1200, fault: some(.05, 10)},
		{Name: "2% hang", Length: 600, After: 1200, fault: hang(.02)},
		{Name: "ramp x4 in 20 min", Length: 1800, After: 1200, fault: func(float64) Fault { return Fault{Factor: 4, Ramp: 1200} }},
		{Name: "20 s burst x5", Length: 20, After: 1200, fault: slower(5)},
		{Name: "shift x3", Length: 7200, Shift: true, fault: slower(3)},
	}
}
