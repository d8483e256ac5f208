// SPDX-License-Identifier: Apache-2.0

package baseline

import "math"

// mostBins is the most bins that the joint test has: below the median's threshold, between the thresholds, above all.
const mostBins = 4

// isotone returns the evidence in nats of a request in each of the bins between the cuts of a test. usual and shifted
// hold the chances to lie above each cut, normally at most and if something is wrong; both begin with 1 and never rise.
//
// The evidence is the logarithm of the ratio of the bins' chances, but never less than in the bin below: bins where it
// would fall are pooled (pool adjacent violators: M. Ayer and others, An empirical distribution function for sampling
// with incomplete information, 1955), which leaves the sum of the usual chances times exp(evidence) at 1. From both
// follows that the mean of exp(evidence) is at most 1 for every distribution whose chances above the cuts are at most
// usual: by Abel summation it is
//
//	exp(w0) + sum over k of (exp(wk) - exp(w(k-1))) · P(above cut k),
//
// which rises with every P and is 1 at usual. Cuts that are equal, as below the floor, and bins that are always empty
// are no exception.
func isotone(usual, shifted []float64) (nats [mostBins]float64) {
	bins := len(usual)
	chance := func(above []float64, from, to int) float64 {
		if to == bins {
			return above[from]
		}
		return above[from] - above[to]
	}
	var first [mostBins + 1]int // of the bins of each block; first[blocks] is where the next one begins
	blocks := 0
	for k := range bins {
		first[blocks], first[blocks+1] = k, k+1
		blocks++
		for blocks > 1 {
			a, b, end := first[blocks-2], first[blocks-1], k+1
			// As products, so that empty bins need no care.
			if chance(shifted, a, b)*chance(usual, b, end) < chance(shifted, b, end)*chance(usual, a, b) {
				break
			}
			blocks--
			first[blocks] = end
		}
	}
	for i := range blocks {
		from, to := first[i], first[i+1]
		w := math.Log(chance(shifted, from, to) / chance(usual, from, to))
		for k := from; k < to; k++ {
			nats[k] = w
		}
	}
	for k := bins; k < mostBins; k++ {
		nats[k] = nats[bins-1] // of levels that are off
	}
	return nats
}
