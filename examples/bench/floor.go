// SPDX-License-Identifier: Apache-2.0

package main

import (
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// floor asks a span that has ended what any processor has to ask that tells requests apart: for its parent, its times, its attributes and its
// name. It records nothing, so nobody with these answers can cost less.
type floor struct {
	noop
	roots, attributes, named int
	spent                    time.Duration
}

// OnEnd implements sdktrace.SpanProcessor.
func (f *floor) OnEnd(s sdktrace.ReadOnlySpan) {
	if parent := s.Parent(); parent.HasSpanID() && !parent.IsRemote() {
		return
	}
	f.roots++
	f.spent += s.EndTime().Sub(s.StartTime())
	f.attributes += len(s.Attributes())
	f.named += len(s.Name())
}

// parentAsker only asks for the parent.
type parentAsker struct {
	noop
	roots int
}

// OnEnd implements sdktrace.SpanProcessor.
func (p *parentAsker) OnEnd(s sdktrace.ReadOnlySpan) {
	if parent := s.Parent(); !parent.HasSpanID() || parent.IsRemote() {
		p.roots++
	}
}
