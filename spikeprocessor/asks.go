// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"context"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/slowlog"
)

// asks is whom to ask for what the span of a request does not say.
type asks struct {
	started func(context.Context, sdktrace.ReadWriteSpan)
	ended   func(trace.SpanID) (slowlog.Outcome, bool)
}

// AskOutcomes names who knows more of requests than their spans do, as a middleware above their instrumentation does. started
// is called with each local root that starts and the context that it starts with. ended is called once when one ends; where ok, the
// request ended like that, unless the span says otelperf.outcome itself or has a panic. Both are called on the request path, at the
// same time by many requests: they must neither wait nor allocate nor panic. There is one for a processor and those that With made
// of it; a later one takes its place.
func (l Link) AskOutcomes(started func(context.Context, sdktrace.ReadWriteSpan), ended func(trace.SpanID) (o slowlog.Outcome, ok bool)) {
	l.core.asks.Store(&asks{started, ended})
}

// asked returns what is known elsewhere of a request that ends.
func (c *core) asked(own *ownContext) (slowlog.Outcome, bool) {
	if a := c.asks.Load(); a != nil {
		return a.ended(own.get().SpanID())
	}
	return 0, false
}
