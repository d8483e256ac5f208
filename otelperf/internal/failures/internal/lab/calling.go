// SPDX-License-Identifier: Apache-2.0

package main

import "math"

// caller is an endpoint's traffic with nothing wrong.
type caller struct {
	name    string
	perHour func(c *calling) float64 // factor on the rate
	next    func(c *calling, rate float64) int
	restart float64 // a day
}

// callers are the kinds of traffic.
var callers = []caller{
	{name: "independent, the same all day", perHour: flat, next: independent},
	{name: "independent, nights of a third", perHour: nights, next: independent},
	{name: "working days, nights and weekends of nothing", perHour: office, next: independent},
	{name: "working days, nights and weekends of 2 %", perHour: officeAndSome, next: independent},
	{name: "regular, a fifth of jitter", perHour: flat, next: regularly},
	{name: "batches of fifty", perHour: nights, next: batches},
	{name: "sessions that come and go", perHour: nights, next: sessions},
	{name: "a restart a day", perHour: nights, next: independent, restart: 1},
}

// calling makes the requests of an endpoint, second by second.
type calling struct {
	source
	caller
	rate   float64
	second int

	due     float64 // of the next regular request
	left    int     // of a batch
	session float64 // share of the usual sessions that there are
	down    int     // until when there is no request, since it restarts
	today   float64 // how busy the day is
	shift   int     // seconds by which it begins later
}

// step returns the requests of the next second, and whether the process restarted.
func (c *calling) step() (n int, restarted bool) {
	c.second++
	if c.second%86400 == 1 {
		c.today = math.Exp(0.15 * c.NormFloat64())
		c.shift = int(900 * c.NormFloat64())
	}
	n = c.next(c, c.rate*c.today*c.perHour(c))
	if c.restart > 0 && c.Float64() < c.restart/86400 {
		restarted, c.down = true, c.second+20+c.IntN(60)
	}
	if c.second < c.down {
		n = 0
	}
	return n, restarted
}

func (c *calling) hour() float64 { return float64((c.second-c.shift+86400)%86400) / 3600 }

// weekday counts from Monday, 0.
func (c *calling) weekday() int { return c.second / 86400 % 7 }

func flat(*calling) float64 { return 1 }

func nights(c *calling) float64 { return 0.67 - 0.33*math.Cos(2*math.Pi*(c.hour()-3)/24) }

// office is a day from 7 to 18 o'clock with an hour's beginning and end.
func office(c *calling) float64 {
	if c.weekday() >= 5 {
		return 0
	}
	h := c.hour()
	return min(max(min(h-7, 18-h), 0), 1)
}

func officeAndSome(c *calling) float64 { return max(office(c), 0.02) }

func independent(c *calling, rate float64) int { return c.poisson(rate) }

func regularly(c *calling, rate float64) (n int) {
	for c.due < float64(c.second) {
		c.due += (1 + 0.2*(2*c.Float64()-1)) / rate
		n++
	}
	return n
}

// batches come at random, and take some seconds.
func batches(c *calling, rate float64) int {
	if c.Float64() < rate/50 {
		c.left += 50
	}
	n := min(c.left, c.poisson(15))
	c.left -= n
	return n
}

// sessions are on for some minutes at random, a dozen of them at a time on average.
func sessions(c *calling, rate float64) int {
	const minutes, usual = 5, 12.0
	if c.second == 1 {
		c.session = usual
	}
	ended := c.binomial(int(c.session), 1.0/(60*minutes))
	c.session += float64(c.poisson(usual/(60*minutes)) - ended)
	return c.poisson(rate * c.session / usual)
}
