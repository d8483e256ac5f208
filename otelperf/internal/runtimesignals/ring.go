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

// over makes one value of the seconds from+1 to to, those that have one, at most maxSpan of them: their mean, or for what is a peak
// already what nine of ten do not exceed. NaN if none has a value.
func (r *ring) over(peak bool, from, to int64) float64 {
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
	case peak:
		slices.Sort(known[:n])
		return float64(known[(n-1)*9/10])
	}
	return sum / float64(n)
}

// maxSpan is the most seconds that become one value.
const maxSpan = 60
