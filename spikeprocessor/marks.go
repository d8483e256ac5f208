// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// mark is called with a local root that ends.
type mark func(span trace.SpanID, endpoint conventions.Endpoint, d time.Duration, slow bool)

// MarkRoots has f called with every local root that ends from now on, on the goroutine that ends it; nil ends that. slow is set for
// one that is slow, or is part of a spike of its endpoint, be that open or suspected: see EndpointState. f is called on the request
// path, by many requests at the same time: it must neither wait nor allocate nor panic; a few calls of it may come after
// MarkRoots(nil). While it is nil, it costs a request one atomic load. There is one for a processor and those that With made of it; a
// later one takes its place.
func (l Link) MarkRoots(f func(span trace.SpanID, endpoint conventions.Endpoint, d time.Duration, slow bool)) {
	if f == nil {
		l.core.mark.Store(nil)
		return
	}
	l.core.mark.Store(new(mark(f)))
}
