// SPDX-License-Identifier: Apache-2.0

package trial

import "math"

// How much an incident is, is its information: the number of its requests times the divergence of Kullback and Leibler
// of their durations from the usual ones, both known exactly. It is the mean of the logarithm of the likelihood ratio
// that the best test would reach that knows both, in nats. A detector that reports a false alarm once in 1,000 days of
// seconds cannot do with less than some 18 nats, and one that knows neither distribution needs more.

// InfoBins is the number of bins of information.
const InfoBins = 3

// InfoLimits are the bounds between them in nats.
var InfoLimits = [InfoBins - 1]float64{40, 80}

func infoBin(nats float64) int {
	bin := 0
	for bin < len(InfoLimits) && nats >= InfoLimits[bin] {
		bin++
	}
	return bin
}

// samples is the number of draws that a divergence is computed from.
const samples = 30_000

// divergence returns the information per request, in cells 9 % wide.
func divergence(before, during []int16) float64 {
	const cells = 512
	cell := func(index int16) int { return int(index>>3) + cells/2 }
	var usual, now [cells]float64
	for _, i := range before {
		usual[cell(i)]++
	}
	for _, i := range during {
		now[cell(i)]++
	}
	sum := 0.0
	for k, n := range now {
		if n > 0 {
			sum += n / float64(len(during)) * math.Log(n/(usual[k]+0.5))
		}
	}
	return max(0, sum)
}
