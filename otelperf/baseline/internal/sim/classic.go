// SPDX-License-Identifier: Apache-2.0

package sim

import "math"

// Classic is the literal algorithm: the p99 of the last 1000 requests against an exponential moving average of it
// with weight 0.9, an alert above twice that, five minutes of cooldown. It never says that a spike is over. Its p99 is
// within 1 %.
type Classic struct {
	every   int // seconds between two evaluations
	last    [1000]int16
	n, next int
	count   [2400]int32
	average float64
	silent  int // until this second
}

// NewClassic returns the classic that compares every so many seconds.
func NewClassic(every int) *Classic { return &Classic{every: every} }

const shortest = 1e-5 // seconds: the lower bound of the first of the classic's 1 % buckets

// Second takes a second's requests and tells whether it alerts.
func (c *Classic) Second(at int, requests []Request) Verdict {
	for _, q := range requests {
		c.add(int16(min(100*math.Log(max(q.Seconds, shortest)/shortest), float64(len(c.count)-1))))
	}
	if at%c.every != 0 || c.n == 0 {
		return Nothing
	}
	p99 := c.p99()
	if c.average == 0 {
		c.average = p99
	}
	alert := p99 > 2*c.average && at >= c.silent
	c.average = .9*c.average + .1*p99
	if !alert {
		return Nothing
	}
	c.silent = at + 300
	return Started
}

func (c *Classic) add(bucket int16) {
	if c.n == len(c.last) {
		c.count[c.last[c.next]]--
	} else {
		c.n++
	}
	c.last[c.next] = bucket
	c.count[bucket]++
	c.next = (c.next + 1) % len(c.last)
}

func (c *Classic) p99() float64 {
	above := int32(c.n - int(math.Ceil(.99*float64(c.n))) + 1)
	for i := len(c.count) - 1; i >= 0; i-- {
		if above -= c.count[i]; above <= 0 {
			return shortest * math.Exp((float64(i)+.5)/100)
		}
	}
	return 0
}
