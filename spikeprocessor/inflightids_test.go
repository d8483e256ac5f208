// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// startAs starts s under another id.
func (t *inflight) startAs(id trace.SpanID, s sdktrace.ReadOnlySpan) (again bool) {
	sc := s.SpanContext().WithSpanID(id)
	return t.start(&sc, s)
}

// endAs ends the request of an id.
func (t *inflight) endAs(id trace.SpanID) (marks uint64) {
	sc := trace.SpanContext{}.WithSpanID(id)
	return t.end(&sc)
}
