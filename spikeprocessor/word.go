// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import "time"

// word is the record of one request: endpoint id (16 bits), outcome (3), duration in nanoseconds (45, which is
// 9.7 hours).
type word = uint64

const (
	durationBits = 45
	outcomeBits  = 3
	maxNanos     = 1<<durationBits - 1
	maxEndpoints = 10000 // twice that and the overflow entries must fit into the id
)

func packWord(id uint32, o Outcome, d time.Duration) word {
	return word(id)<<(durationBits+outcomeBits) | word(o)<<durationBits | word(min(d, maxNanos))
}

func unpackWord(w word) (id uint32, o Outcome, d time.Duration) {
	return uint32(w >> (durationBits + outcomeBits)), Outcome(w >> durationBits & (1<<outcomeBits - 1)), time.Duration(w & maxNanos)
}
