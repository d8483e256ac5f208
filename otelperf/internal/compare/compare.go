// SPDX-License-Identifier: Apache-2.0

// Package compare says whether an endpoint has changed from one span of time to another: p50, p99 and the share of failed requests, each
// with a confidence interval of 99 %, and the change with one.
//
// Requests of the same minute are not independent: they share load, locks and caches. So whole minutes are the units. The share of a
// minute's requests that lie below a quantile, or fail, varies from minute to minute by more than chance, and by how much says how many
// independent requests they are worth (the design effect of cluster samples; minutes that follow each other alike make them fewer, by the
// sum of autocovariances with falling weights of Newey and West, 1987). Both sides have the larger one of their two: where failures come in
// bursts, a side without any says nothing of how they come. With that number comes Wilson's interval of a share, with
// Student's t for the number of minutes, unless nothing failed on either side, so that minutes show nothing of how failures come; of a quantile it is turned into durations by Woodruff's way (1952). Intervals of both sides
// become one of their difference as Newcombe (1998) and Zou and Donner (2008) have it. A quantile's change is a ratio, and is compared by
// its logarithm.
package compare

import (
	"math"
)

// FewestMinutes is how many minutes with requests a side needs for anything to be told.
const FewestMinutes = 5

// Interval is an estimate, and between which bounds it lies with a confidence of 99 %. High is +Inf where nothing bounds it, and all are
// NaN where nothing is known.
type Interval struct{ Value, Low, High float64 }

var unknown = Interval{math.NaN(), math.NaN(), math.NaN()}

// Side is one of the two spans of time.
type Side struct {
	Minutes  int    // that had requests
	Requests uint64 // of any outcome
	Failed   uint64
	P50, P99 Interval // seconds
	Errors   Interval // share of failed requests, 0 to 1
}

// Change is what became of one of the measures: a ratio of quantiles, or a difference of shares.
type Change struct {
	Interval
	Known bool // false: it cannot be told, since there are too few minutes or requests, or the minutes of both sides differ too much
	Real  bool // no change lies outside of the interval
	// Fewest is how many requests each side takes at least, in as many minutes that are alike, for this to be known. 0 is not known.
	Fewest uint64
}

// Result is two spans side by side.
type Result struct {
	Before, Since    Side
	P50, P99, Errors Change
}

// Spans compares the minutes of two spans of time, each in order; one without requests is zero.
func Spans(before, since []Minute) Result {
	r := Result{Before: sideOf(before), Since: sideOf(since)}
	r.Before.P50, r.Since.P50 = quantiles(before, since, 0.5)
	r.Before.P99, r.Since.P99 = quantiles(before, since, 0.99)
	r.Before.Errors, r.Since.Errors = errors(before, since)
	enough := r.Before.Minutes >= FewestMinutes && r.Since.Minutes >= FewestMinutes
	r.P50 = changeOf(r.Before.P50.log(), r.Since.P50.log(), enough).exp()
	r.P99 = changeOf(r.Before.P99.log(), r.Since.P99.log(), enough).exp()
	if minutes := min(r.Before.Minutes, r.Since.Minutes); minutes > 1 {
		r.P50.Fewest, r.P99.Fewest = fewest(0.5, minutes), fewest(0.99, minutes)
	}
	r.Errors = changeOf(r.Before.Errors, r.Since.Errors, enough)
	r.Errors.Low, r.Errors.High = max(-1, r.Errors.Low), min(1, r.Errors.High) // NaN stays
	return r
}

func sideOf(minutes []Minute) (s Side) {
	for i := range minutes {
		if minutes[i].Requests > 0 {
			s.Minutes++
		}
		s.Requests += minutes[i].Requests
		s.Failed += minutes[i].Failed
	}
	return s
}

// changeOf is the difference of two estimates.
func changeOf(a, b Interval, enough bool) Change {
	d := b.Value - a.Value
	c := Change{Interval: Interval{d, d - math.Hypot(b.Value-b.Low, a.High-a.Value), d + math.Hypot(b.High-b.Value, a.Value-a.Low)}}
	c.Known = enough && !math.IsNaN(c.Low) && !math.IsNaN(c.High) && !(math.IsInf(c.Low, -1) && math.IsInf(c.High, 1))
	c.Real = c.Known && (c.Low > 0 || c.High < 0)
	return c
}

func (i Interval) log() Interval {
	return Interval{math.Log(i.Value), math.Log(i.Low), math.Log(i.High)}
}

func (c Change) exp() Change {
	c.Interval = Interval{math.Exp(c.Value), math.Exp(c.Low), math.Exp(c.High)}
	return c
}
