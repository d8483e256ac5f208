// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"sync"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/slowlog"
)

const maxNoted = 64 // panics whose span has not ended yet, mostly

// notedPanics is a ring of what Middleware saw of the last panics: a span has no stack, and the SDK can be told not to record
// panics at all.
type notedPanics struct {
	mu   sync.Mutex // guards all below; only requests that panicked take it
	ring [maxNoted]notedPanic
	next int
}

type notedPanic struct {
	span trace.SpanID
	info slowlog.ErrorInfo
}

// NotePanic tells the processor what is known of the panic that is about to end a span.
func (p *Processor) NotePanic(span trace.SpanID, typ, message, stack string) {
	if !span.IsValid() {
		return
	}
	n := &p.core.panics
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ring[n.next%maxNoted] = notedPanic{span, slowlog.ErrorInfo{Type: typ, Message: message, Stack: stack}}
	n.next++
}

// take returns what was noted for a span, and forgets it.
func (n *notedPanics) take(span trace.SpanID) (info slowlog.ErrorInfo, ok bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for i := range n.ring {
		if n.ring[i].span == span {
			info = n.ring[i].info
			n.ring[i] = notedPanic{}
			return info, true
		}
	}
	return info, false
}
