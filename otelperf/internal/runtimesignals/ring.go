// SPDX-License-Identifier: Apache-2.0

package runtimesignals

import (
	"math"
	"slices"
)

// Seconds is for how long a value is kept.
const Seconds = 3600

// unknown marks seconds without a value.
var unknown = math.NaN()

// ring is one hour of a signal by the second, 14 KiB. Seconds are counted from the start; who uses it knows which are in it.
type ring [Seconds]float32

func newRing() *ring {
	r := new(ring)
	for i := range r {
		r[i] = float32(unknown)
	}
	return r
}

// set stores x for the seconds from+1 to to.
func (r *ring) set(from, to int64, x float64) {
	for s := max(from, to-Seconds) + 1; s <= to; s++ {
		r[s%Seconds] = float32(x)
	}
}

// digest is how several seconds become one value.
type digest int

const (
	average digest = iota // for levels, shares and rates
	upper                 // what nine of ten do not exceed, for what is a peak in each second
	most                  // for events of which one is bad enough
)

// over digests the seconds from+1 to to, those that have a value, at most maxSpan of them. NaN if none has.
func (r *ring) over(d digest, from, to int64) float64 {
	var known [maxSpan]float32
	n, sum := 0, 0.0
	for s := max(from, to-maxSpan, -1) + 1; s <= to; s++ {
		if x := r[s%Seconds]; x == x {
			known[n] = x
			sum += float64(x)
			n++
		}
	}
	switch {
	case n == 0:
		return unknown
	case d == most:
		return float64(slices.Max(known[:n]))
	case d == upper:
		slices.Sort(known[:n])
		return float64(known[(n-1)*9/10])
	}
	return sum / float64(n)
}

// maxSpan is the most seconds that become one value.
const maxSpan = 60
