// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Profile is the latency of one endpoint under its usual load. Locations are logarithms of seconds.
type Profile struct {
	Name string

	hit                float64 // share of the fast mode; 1: there is no other
	fast, fastSpread   float64 // log-median and log-deviation
	slow, slowSpread   float64
	tail, tailIndex    float64 // share with a Pareto factor, and its index
	wander, wanderTime float64 // log-deviation and correlation time (s) of the level
	hitWander          float64 // deviation of the logit of hit
	load               float64 // how much the level follows the load of the day
}

// kinds are the shapes of endpoint that NewProfile varies.
var kinds = [...]Profile{
	{Name: "api", hit: 1, fast: math.Log(.025), fastSpread: .45, tail: .02, tailIndex: 2},
	{Name: "cache", hit: .8, fast: math.Log(.002), fastSpread: .3, slow: math.Log(.04), slowSpread: .5, tail: .01, tailIndex: 1.6},
	{Name: "heavy", hit: 1, fast: math.Log(.06), fastSpread: .9, tail: .03, tailIndex: 1.2},
	{Name: "static", hit: 1, fast: math.Log(.001), fastSpread: .25, tail: .005, tailIndex: 1.8},
	{Name: "db", hit: .5, fast: math.Log(.015), fastSpread: .4, slow: math.Log(.15), slowSpread: .4, tail: .02, tailIndex: 1.5},
}

// NewProfile draws an endpoint: one of five kinds, every parameter varied.
func NewProfile(r *rand.Rand) Profile {
	p := kinds[r.IntN(len(kinds))]
	vary := func(deviation float64) float64 { return math.Exp(deviation * r.NormFloat64()) }
	p.fast += .3 * r.NormFloat64()
	p.slow += .2 * r.NormFloat64()
	p.fastSpread *= vary(.15)
	p.slowSpread *= vary(.15)
	p.tail *= vary(.3)
	p.tailIndex *= vary(.08)
	if p.hit < 1 {
		p.hit = logistic(logit(p.hit) + .4*r.NormFloat64())
	}
	p.wander = .05 + .12*r.Float64()
	p.wanderTime = 300 + 1500*r.Float64()
	p.hitWander = .15 + .2*r.Float64()
	p.load = .3 * r.Float64()
	return p
}

func logit(p float64) float64    { return math.Log(p / (1 - p)) }
func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// draw returns one duration in seconds at level 1, hit being the share of the fast mode.
func (p *Profile) draw(r *rand.Rand, hit float64) float64 {
	x := 0.0
	if p.hit >= 1 || r.Float64() < hit {
		x = math.Exp(p.fast + p.fastSpread*r.NormFloat64())
	} else {
		x = math.Exp(p.slow + p.slowSpread*r.NormFloat64())
	}
	if r.Float64() < p.tail {
		x *= 1.5 * math.Pow(1-r.Float64(), -1/p.tailIndex)
	}
	return x
}

// P99 estimates the 99th percentile in seconds from 50,000 draws.
func (p *Profile) P99(r *rand.Rand) float64 {
	draws := make([]float64, 50_000)
	for i := range draws {
		draws[i] = p.draw(r, p.hit)
	}
	slices.Sort(draws)
	return draws[len(draws)*99/100]
}
