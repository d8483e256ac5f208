// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"encoding/binary"
	"math/rand/v2"

	"go.opentelemetry.io/otel/trace"
)

// traceMarks are the lowest bits of a trace's word, which say something else, and are 0 in what traceHash.of returns.
const traceMarks = 1<<3 - 1

// traceHash makes words of trace ids: hashes of 61 bits, of the kind of which nobody who does not know the seeds can find ids that
// collide (multiply and shift, by two odd numbers; the higher bits are the better ones). Two traces of one word are not told apart where only
// time can be lost by it.
type traceHash [2]uint64

func newTraceHash() traceHash { return traceHash{rand.Uint64() | 1, rand.Uint64() | 1} }

// of returns a trace's word, which is never 0.
func (h *traceHash) of(id trace.TraceID) uint64 {
	w := (binary.LittleEndian.Uint64(id[:8])*h[0] + binary.LittleEndian.Uint64(id[8:])*h[1]) &^ traceMarks
	if w == 0 {
		return traceMarks + 1
	}
	return w
}
