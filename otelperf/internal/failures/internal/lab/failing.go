// SPDX-License-Identifier: Apache-2.0

package main

import (
	"math"
)

// profile is an endpoint with nothing wrong.
type profile struct {
	name  string
	rate  float64 // requests/s on average over the day
	share float64 // that fail, on average

	wander    float64 // standard deviation of the logarithm of the share, over some two hours
	minutes   float64 // relative standard deviation of the share from minute to minute
	bursts    float64 // a day, of 1 to 4 s in which 30 to 100 % fail
	retry     float64 // chance that a failed request is tried again, up to three times, after 1, 2 and 4 s
	retryFail float64 // chance that this fails, too
	deploys   float64 // a day: 5 s without a request, and 20 s in which 20 % fail
}

// profiles are the kinds of endpoints.
var profiles = []profile{
	{name: "independent requests"},
	{name: "share wanders by a third", wander: 0.3},
	{name: "share varies from minute to minute", minutes: 0.5},
	{name: "bursts of 1 to 4 s", bursts: 6},
	{name: "failed requests are tried again", retry: 0.6, retryFail: 0.7},
	{name: "three deployments a day", deploys: 3},
}

// failing makes the requests of an endpoint, second by second.
type failing struct {
	source
	profile
	second int

	phase, drift, minute float64
	burstEnd             int
	burstShare           float64
	deployEnd            int

	attempts  [8][3]int
	restarted bool
}

func newFailing(p profile, r source) *failing {
	return &failing{source: r, profile: p, phase: r.Float64(), minute: 1}
}

// next returns the requests of the next second and those that fail.
func (f *failing) next() (n, k int) {
	f.second++
	f.restarted = false
	if f.second%60 == 0 {
		f.drift += -f.drift/120 + f.wander*math.Sqrt(2.0/120)*f.NormFloat64()
		f.minute = 1
		if f.minutes > 0 {
			f.minute = math.Exp(f.minutes*f.NormFloat64() - f.minutes*f.minutes/2)
		}
	}
	day := 1 + 0.6*math.Sin(2*math.Pi*(float64(f.second)/86400+f.phase))
	n = f.poisson(f.rate * day)
	p := min(f.share*math.Exp(f.drift)*f.minute, 0.9)
	if f.bursts > 0 && f.Float64() < f.bursts/86400 {
		f.burstEnd, f.burstShare = f.second+1+f.IntN(4), f.between(0.3, 1)
	}
	if f.second < f.burstEnd {
		p = max(p, f.burstShare)
	}
	if f.deploys > 0 && f.Float64() < f.deploys/86400 {
		f.restarted, f.deployEnd = true, f.second+25
	}
	if left := f.deployEnd - f.second; left > 20 {
		n = 0
	} else if left > 0 {
		p = max(p, 0.2)
	}
	k = f.binomial(n, p)
	if f.retry > 0 {
		m, failed := f.again(k)
		n, k = n+m, k+failed
	}
	return n, k
}

// again returns how many requests of this second are attempts after k first ones that failed, and how many of them fail.
func (f *failing) again(k int) (n, failed int) {
	now := f.second % len(f.attempts)
	due := f.attempts[now]
	f.attempts[now] = [3]int{}
	pass := func(attempt, failures int) {
		f.attempts[(f.second+1<<attempt)%len(f.attempts)][attempt] += f.binomial(failures, f.retry)
	}
	pass(0, k)
	for i, m := range due {
		bad := f.binomial(m, f.retryFail)
		n, failed = n+m, failed+bad
		if i < 2 {
			pass(i+1, bad)
		}
	}
	return n, failed
}

// randomShare returns a normal share: none, a few in ten thousand to some percent, or up to a fifth.
func (r source) randomShare() float64 {
	switch r.IntN(6) {
	case 0:
		return 0
	case 1, 2, 3:
		return r.geometric(0.0003, 0.03)
	default:
		return r.between(0.02, 0.2)
	}
}
