// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"encoding/binary"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// serves reports whether spans of the kind are requests of their own even below another span of this process, such as one around the
// whole program, one of another provider, or one that was made of ids without saying that it is remote.
func serves(kind trace.SpanKind) bool {
	return kind == trace.SpanKindServer || kind == trace.SpanKindConsumer
}

// isPart reports whether s, of a kind that serves, is part of the request directly above it, as where a server is instrumented
// twice: that runs, is of the same kind, and is measured, being of the same provider or among the requests that run.
func (c *core) isPart(parent trace.Span, s sdktrace.ReadWriteSpan, kind trace.SpanKind) bool {
	above, ok := parent.(sdktrace.ReadOnlySpan)
	if !ok || above.SpanKind() != kind || !above.EndTime().IsZero() {
		return false
	}
	return parent.TracerProvider() == s.TracerProvider() || c.running != nil && c.running.has(above.SpanContext().SpanID())
}

// isRequest reports whether a span below another of this process is a request of its own. It is asked once, when the span ends.
func (c *core) isRequest(s sdktrace.ReadOnlySpan, kind trace.SpanKind) bool {
	return serves(kind) && !c.parts.take(partID(s.SpanContext().SpanID()))
}

func partID(id trace.SpanID) uint64 {
	return binary.BigEndian.Uint64(id[:])
}
