// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// ownContext asks a span that has ended for its context once, and only if somebody wants it: the question copies all of the span.
type ownContext struct {
	span  sdktrace.ReadOnlySpan
	known bool
	sc    trace.SpanContext
}

func (o *ownContext) get() *trace.SpanContext {
	if !o.known {
		o.known, o.sc = true, o.span.SpanContext()
	}
	return &o.sc
}
