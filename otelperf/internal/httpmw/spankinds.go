// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"sync/atomic"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// SpanKinds says which kinds of spans requests had, each since the start or Reset. A request that is not the first of its kind writes nothing.
type SpanKinds struct {
	None     atomic.Bool // no instance saw one, nor did a processor report one below
	Dropped  atomic.Bool // the sampler has dropped it: no processor hears of it
	Recorded atomic.Bool // it goes to processors, of whatever provider
}

// note takes the span above an instance that has served a request.
func (k *SpanKinds) note(span trace.Span) {
	if _, ours := span.(sdktrace.ReadOnlySpan); ours {
		set(&k.Recorded)
	} else if sc := span.SpanContext(); !sc.IsValid() || sc.IsRemote() {
		return
	} else if span.IsRecording() { // that of another SDK
		set(&k.Recorded)
	} else {
		set(&k.Dropped)
	}
}

// Reset forgets them.
func (k *SpanKinds) Reset() {
	k.None.Store(false)
	k.Dropped.Store(false)
	k.Recorded.Store(false)
}

// finish takes a request that has been served.
func (k *SpanKinds) finish(e *exchange) {
	if !k.None.Load() && !e.spanContext().IsValid() {
		k.None.Store(true)
	}
}

func set(b *atomic.Bool) {
	if !b.Load() {
		b.Store(true)
	}
}
