// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"time"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// word is the record of one request: endpoint id (15 bits), outcome (4), duration in nanoseconds (45, which is
// 9.7 hours).
type word = uint64

const (
	durationBits = 45
	outcomeBits  = 4
	maxNanos     = 1<<durationBits - 1
	maxEndpoints = 10000 // twice that and the overflow entries must fit into the id

	idBits = 64 - outcomeBits - durationBits
)

// The compiler holds the bounds: an index out of range where something does not fit.
var (
	_ = [1]struct{}{}[slowlog.NumOutcomes>>outcomeBits]
	_ = [1]struct{}{}[(2*maxEndpoints+conventions.NumKinds)>>idBits]
)

func packWord(id uint32, o slowlog.Outcome, d time.Duration) word {
	return word(id)<<(durationBits+outcomeBits) | word(o)<<durationBits | word(min(d, maxNanos))
}

func unpackWord(w word) (id uint32, o slowlog.Outcome, d time.Duration) {
	return uint32(w >> (durationBits + outcomeBits)), slowlog.Outcome(w >> durationBits & (1<<outcomeBits - 1)), time.Duration(w & maxNanos)
}
