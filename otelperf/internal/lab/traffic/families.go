// SPDX-License-Identifier: Apache-2.0

package traffic

import "math"

// family is a kind of distribution with parameters to be drawn.
type family struct {
	name string
	draw func(p *Profile, d dice, median float64)
}

var families = []family{
	{"lognormal", lognormal},
	{"pareto", pareto},
	{"bimodal", bimodal},
	{"constant", constant},
	{"few values", fewValues},
	{"outliers", outliers},
	{"timeouts", timeouts},
}

// tail returns what gives some requests a Pareto factor, if the profile has such a tail at all: two of three have.
func tail(d dice) func(float64) float64 {
	share, index := 0.0, d.between(1.2, 2.6)
	if d.IntN(3) > 0 {
		share = d.spread(0.001, 0.03)
	}
	return func(x float64) float64 {
		if d.Float64() < share {
			x *= 1.5 * math.Pow(1-d.Float64(), -1/index)
		}
		return x
	}
}

func lognormal(p *Profile, d dice, median float64) {
	deviation, long := d.spread(0.08, 1), tail(d)
	p.fast = tabulate(func() float64 { return long(d.lognormal(median, deviation)) })
}

func pareto(p *Profile, d dice, median float64) {
	index := d.between(1.3, 4)
	p.fast = tabulate(func() float64 { return median * math.Pow(2*(1-d.Float64()), -1/index) })
}

// bimodal is a cache: hits, and misses 4 to 50 times slower, whose share wanders.
func bimodal(p *Profile, d dice, median float64) {
	hit, miss, times, long := d.between(0.1, 0.5), d.between(0.2, 0.6), d.spread(4, 50), tail(d)
	p.hit, p.hitWander = d.between(0.4, 0.97), d.between(0, 0.3)
	p.fast = tabulate(func() float64 { return long(d.lognormal(median, hit)) })
	p.slow = tabulate(func() float64 { return long(d.lognormal(median*times, miss)) })
}

// constant takes nearly the same time always; half of those do not even wander.
func constant(p *Profile, d dice, median float64) {
	width, long := d.between(0, 0.03), tail(d)
	p.fast = tabulate(func() float64 { return long(median * (1 + width*d.Float64())) })
	p.mayRest(d)
}

// fewValues is one of two to six durations.
func fewValues(p *Profile, d dice, median float64) {
	values, chances, sum := make([]float64, 2+d.IntN(5)), []float64{}, 0.0
	for i := range values {
		values[i] = median * d.spread(0.5, 8)
		sum += math.Pow(d.Float64(), 3) + 1e-3
		chances = append(chances, sum)
	}
	p.fast = tabulate(func() float64 {
		x, i := sum*d.Float64(), 0
		for i < len(values)-1 && x > chances[i] {
			i++
		}
		return values[i]
	})
	p.mayRest(d)
}

func (p *Profile) mayRest(d dice) {
	if d.IntN(2) == 0 {
		p.wander, p.load = 0, 0
	}
}

// outliers is a narrow body with few requests far away: a database in the same process, a cache next door.
func outliers(p *Profile, d dice, median float64) {
	deviation, share, far := d.between(0.06, 0.35), d.spread(3e-4, 6e-3), d.spread(5, 60)
	p.fast = tabulate(func() float64 {
		x := d.lognormal(median, deviation)
		if d.Float64() < share {
			x += d.lognormal(median*far, 0.8)
		}
		return x
	})
}

// timeouts is a body, and a share of requests around one in a hundred that all take the same long time.
func timeouts(p *Profile, d dice, median float64) {
	deviation, share, limit, long := d.between(0.2, 0.7), d.spread(1e-3, 0.03), median*d.spread(20, 200), tail(d)
	p.fast = tabulate(func() float64 {
		if d.Float64() < share {
			return limit
		}
		return long(d.lognormal(median, deviation))
	})
}
