// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"encoding/binary"
	"hash/maphash"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Whose the unsampled spans are that a processor sees: next must get those that it would get without us, and no others if that can
// be told. A span says nothing of who had it recorded, and a provider nothing of its sampler, which may be ours inside of another
// one. So our sampler notes each span that it has recorded, just before the SDK starts it, and OnStart looks for the note: what is
// unsampled and has none is the program's own. From the first such span on, next gets all unsampled spans of that processor: at OnEnd
// there is no telling one from the other.
const (
	sourceUnknown = iota // none has been seen
	sourceOurs           // all of them have been recorded by our sampler
	sourceProgram        // some are the program's own
)

// noteSource looks at a span that has started. A note that was lost makes next get more, never less.
func (p *Processor) noteSource(s sdktrace.ReadWriteSpan) {
	sc := s.SpanContext()
	switch {
	case sc.IsSampled():
	case !p.core.recorded.take(noteOf(sc.TraceID(), s.Parent().SpanID(), s.Name())):
		if p.source.Load() != sourceProgram {
			p.source.Store(sourceProgram)
		}
	case p.source.Load() == sourceUnknown:
		p.source.CompareAndSwap(sourceUnknown, sourceOurs)
	}
}

// withholds reports whether a span is recorded only because of our sampler: next would not have got it without us.
func (p *Processor) withholds(s sdktrace.ReadOnlySpan) bool {
	ours := p.source.Load() == sourceOurs || p.isSecond() && p.core.samplerUsed.Load()
	return ours && !s.SpanContext().IsSampled()
}

var noteSeed = maphash.MakeSeed()

// noteOf is what both the sampler and OnStart know of a span: its id is not made yet where the sampler is asked.
func noteOf(id trace.TraceID, parent trace.SpanID, name string) uint64 {
	n := binary.BigEndian.Uint64(id[:8])*3 + binary.BigEndian.Uint64(id[8:])
	return n ^ binary.BigEndian.Uint64(parent[:])*5 ^ maphash.String(noteSeed, name)
}
