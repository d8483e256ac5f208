// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// endChild measures a call to a dependency, holds the span for its root's anatomy and hands it on.
func (p *Processor) endChild(s sdktrace.ReadOnlySpan, parent *trace.SpanContext, kind trace.SpanKind) {
	var rescuer *Processor
	var late sdktrace.ReadOnlySpan
	if !p.core.stopped.Load() {
		rescuer, late = p.core.child(s, parent, kind)
	}
	switch {
	case !p.withholds(s):
		if p.next != nil {
			p.next.OnEnd(s)
		}
	case late != nil && !rescuer.closed.Load():
		rescuer.next.OnEnd(late)
	}
}

// child has a child counted and held. It returns the span as one that was sampled, and the processor that is to get it, if its root has
// been rescued. An ordinary child goes to the log; where nobody knows what runs, and so what is over, it is held elsewhere and only counted there.
func (c *core) child(s sdktrace.ReadOnlySpan, parent *trace.SpanContext, kind trace.SpanKind) (rescuer *Processor, late sdktrace.ReadOnlySpan) {
	defer c.guard()
	var parts int
	switch {
	case c.cfg.anatomy:
		if word, bit := c.bench.recents.bit(parent.TraceID()); word.Load()&bit != 0 {
			return c.childSlowly(s, parent, kind)
		}
		parts = weighParts(s, s.Attributes())
	case c.cfg.dependencies && isCall(kind):
		parts = weighAttributes(s.Attributes(), 0)
	default:
		return nil, nil
	}
	if parts > maxLightSpan {
		return c.childSlowly(s, parent, kind)
	}
	if c.log.holding() || !c.cfg.anatomy {
		c.log.append(c.logWord(parent, kind), s, parts)
		return nil, nil
	}
	weight := weighWhole(parts, s.Name(), s.Status(), parent.TraceState())
	if weight > maxLightSpan {
		return c.childSlowly(s, parent, kind)
	}
	if c.cfg.dependencies && isCall(kind) {
		c.log.append(c.logWord(parent, kind), s, parts)
	}
	c.gather.hold(parent, s, weight, nil, claim{})
	return nil, nil
}

// logWord is the word of a child in the log.
func (c *core) logWord(parent *trace.SpanContext, kind trace.SpanKind) (w uint64) {
	if c.running != nil {
		w = c.running.hash.of(parent.TraceID())
	}
	if c.cfg.dependencies && isCall(kind) {
		if w |= loggedCall; kind == trace.SpanKindProducer {
			w |= loggedProducer
		}
	}
	if parent.TraceState().Len() > 0 {
		w |= loggedState
	}
	return w
}

// childSlowly is child where somebody may wait for the span, or where it is heavy. Each question to the span copies all of it: what was asked is
// handed down.
func (c *core) childSlowly(s sdktrace.ReadOnlySpan, parent *trace.SpanContext, kind trace.SpanKind) (rescuer *Processor, late sdktrace.ReadOnlySpan) {
	defer c.guard()
	name, attrs, status := s.Name(), s.Attributes(), s.Status()
	var call measured
	if c.cfg.dependencies && isCall(kind) {
		call = c.measureCall(s, kind, name, attrs, status.Code)
	}
	c.recordCall(call)
	if !c.cfg.anatomy {
		return nil, nil
	}
	if k := c.awaited(parent, s, call.row); k != nil {
		if rescuer = k.rescuer.Load(); rescuer != nil {
			late = c.late(s)
		}
		return rescuer, late
	}
	parts := weighParts(s, attrs)
	switch weight := weighWhole(parts, name, status, parent.TraceState()); {
	case !c.log.holding():
		c.gather.hold(parent, s, weight, call.row, claim{})
	case weight > maxLightSpan:
		c.log.holdAside(c.logWord(parent, kind), parent, s, weight, call.row)
	default:
		c.log.append(c.logWord(parent, kind)&^loggedCall, s, parts)
	}
	return nil, nil
}
