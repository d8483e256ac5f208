// SPDX-License-Identifier: Apache-2.0

package runtimesignals

import "slices"

const (
	stepSeconds = 10                    // of the steps that a normal is made of, and of what is compared with it
	steps       = Seconds / stepSeconds // of an hour
	lagSteps    = 6                     // the newest, which may be the beginning of an incident, are not learned from
	leastSteps  = 6                     // below, nothing is usual yet
)

// normal is what is usual for a signal: the median of the last hour's steps, and what nine of ten of them do not exceed.
type normal struct{ usual, upper float64 }

// excluded marks the steps of an hour that are not learned from, since a spike was open.
type excluded [steps]bool

// set marks the steps that are not whole before from, up to and with the one of to, or unmarks them.
func (e *excluded) set(from, to int64, out bool) {
	for s := max(from/stepSeconds, to/stepSeconds-steps+1); s <= to/stepSeconds; s++ {
		e[s%steps] = out
	}
}

// learn makes the normal of an hour that ends with second last. What was learned stays while too little is to be learned from.
func (n *normal) learn(r *ring, d digest, last int64, without *excluded, scratch *[steps]float64) {
	known := scratch[:0]
	end := last/stepSeconds - lagSteps // this step and those before it
	for s := max(0, last/stepSeconds-steps+1); s <= end; s++ {
		if without[s%steps] {
			continue
		}
		if x := r.over(d, s*stepSeconds-1, s*stepSeconds+stepSeconds-1); x == x {
			known = append(known, x)
		}
	}
	if len(known) < leastSteps {
		return
	}
	slices.Sort(known)
	n.usual, n.upper = known[len(known)/2], known[(len(known)-1)*9/10]
}

// limit is what a signal exceeds when it has left its normal; NaN while nothing is known. least is how much more than the upper end of
// the normal matters at all.
func (n *normal) limit(least float64) float64 { return n.upper + max(least, n.upper/2) }
