// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"strings"
	"sync/atomic"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// maxPanicStacks is how many panics are remembered. They are looked up when their span ends, microseconds later.
const maxPanicStacks = 64

// panicStacks remembers the last 64 panics by span, for those who see the span end: the span itself carries no stack.
// Memory: 64 times 17.5 KiB at most, 1.1 MiB. It takes no lock; all methods are safe for concurrent use.
// The zero value is ready to use.
type panicStacks struct {
	ring [maxPanicStacks]atomic.Pointer[panicNote]
	next atomic.Uint64 // notes so far
}

// panicNote does not change once it is in the ring.
type panicNote struct {
	span                trace.SpanID
	typ, message, stack string
}

// note remembers a panic. It copies what it keeps: 256 bytes of the type, and of what is left of them by [conventions.ErrorText] 1 KiB of
// the message and 16 KiB of the stack.
func (p *panicStacks) note(span trace.SpanID, typ, message, stack string) {
	message, stack = conventions.ErrorText(message), conventions.ErrorText(stack)
	n := &panicNote{
		span: span, typ: strings.Clone(conventions.Clip(typ)),
		message: strings.Clone(message[:min(len(message), maxErrorMessage)]),
		stack:   strings.Clone(stack[:min(len(stack), maxErrorStack)]),
	}
	p.ring[(p.next.Add(1)-1)%maxPanicStacks].Store(n)
}

// find returns the latest panic noted for a span. In a program that never panicked it costs one load.
func (p *panicStacks) find(span trace.SpanID) (typ, message, stack string, ok bool) {
	end := p.next.Load()
	for i := range min(end, maxPanicStacks) {
		if n := p.ring[(end-1-i)%maxPanicStacks].Load(); n != nil && n.span == span {
			return n.typ, n.message, n.stack, true
		}
	}
	return "", "", "", false
}
