// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// Bounds of a span that is stored, in bytes.
const (
	maxSpanBytes  = 8 << 10 // a heavier one is stored as a copy with shorter texts, of at most about that
	maxClipText   = 2 << 10 // one text of such a copy
	shortText     = 256     // what is not longer is the last to be cut
	maxClipKey    = 256     // attributes with longer keys are left out of a copy
	maxClipEvents = 4       // the last ones, where exceptions are
)

// clippedSpan is a copy of an ended span that keeps nothing of the original alive but its resource and its scope.
type clippedSpan struct {
	sdktrace.ReadOnlySpan // nil; it has the SDK's private method, which nobody calls

	name        string
	own, parent trace.SpanContext
	kind        trace.SpanKind
	start, end  time.Time
	attrs       []attribute.KeyValue
	events      []sdktrace.Event
	status      sdktrace.Status
	children    int
	resource    *resource.Resource
	scope       instrumentation.Scope
	dependency  string // what slowlog.Call calls so; its statement may be too short by now to tell

	droppedAttrs, droppedEvents, droppedLinks int
}

// Name implements sdktrace.ReadOnlySpan.
func (c *clippedSpan) Name() string { return c.name }

// SpanContext implements sdktrace.ReadOnlySpan.
func (c *clippedSpan) SpanContext() trace.SpanContext { return c.own }

// Parent implements sdktrace.ReadOnlySpan.
func (c *clippedSpan) Parent() trace.SpanContext { return c.parent }

// SpanKind implements sdktrace.ReadOnlySpan.
func (c *clippedSpan) SpanKind() trace.SpanKind { return c.kind }

// StartTime implements sdktrace.ReadOnlySpan.
func (c *clippedSpan) StartTime() time.Time { return c.start }

// EndTime implements sdktrace.ReadOnlySpan.
func (c *clippedSpan) EndTime() time.Time { return c.end }

// Attributes implements sdktrace.ReadOnlySpan.
func (c *clippedSpan) Attributes() []attribute.KeyValue { return c.attrs }

// Links implements sdktrace.ReadOnlySpan: a copy has none.
func (c *clippedSpan) Links() []sdktrace.Link { return nil }

// Events implements sdktrace.ReadOnlySpan.
func (c *clippedSpan) Events() []sdktrace.Event { return c.events }

// Status implements sdktrace.ReadOnlySpan.
func (c *clippedSpan) Status() sdktrace.Status { return c.status }

// InstrumentationScope implements sdktrace.ReadOnlySpan.
func (c *clippedSpan) InstrumentationScope() instrumentation.Scope { return c.scope }

// InstrumentationLibrary implements sdktrace.ReadOnlySpan.
func (c *clippedSpan) InstrumentationLibrary() instrumentation.Library { //nolint:staticcheck // the interface has it
	return c.scope
}

// Resource implements sdktrace.ReadOnlySpan.
func (c *clippedSpan) Resource() *resource.Resource { return c.resource }

// DroppedAttributes implements sdktrace.ReadOnlySpan.
func (c *clippedSpan) DroppedAttributes() int { return c.droppedAttrs }

// DroppedLinks implements sdktrace.ReadOnlySpan.
func (c *clippedSpan) DroppedLinks() int { return c.droppedLinks }

// DroppedEvents implements sdktrace.ReadOnlySpan.
func (c *clippedSpan) DroppedEvents() int { return c.droppedEvents }

// ChildSpanCount implements sdktrace.ReadOnlySpan.
func (c *clippedSpan) ChildSpanCount() int { return c.children }

// clip copies a span: texts up to 256 bytes whole, the longer ones as far as there is room, attributes and the last events. What
// has no room, and all links, count as dropped.
func clip(s sdktrace.ReadOnlySpan) *clippedSpan {
	status, events := s.Status(), s.Events()
	last := events[max(0, len(events)-maxClipEvents):]
	left := maxSpanBytes - spanBytes
	name, description := clipText(s.Name(), maxClipText/4), clipText(status.Description, maxClipText/4)
	left -= len(name) + len(description)
	c := &clippedSpan{
		name: name, own: s.SpanContext(), parent: s.Parent(), kind: s.SpanKind(), start: s.StartTime(), end: s.EndTime(),
		status: sdktrace.Status{Code: status.Code, Description: description}, children: s.ChildSpanCount(),
		resource: s.Resource(), scope: s.InstrumentationScope(),
		droppedAttrs: s.DroppedAttributes(), droppedLinks: s.DroppedLinks() + len(s.Links()),
		droppedEvents: s.DroppedEvents() + len(events) - len(last),
	}
	share := left / 2 // of the events
	for i := range last {
		e := &last[i]
		attrs, dropped := clipAttributes(e.Attributes, share/len(last)-eventBytes-shortText)
		c.events = append(c.events, sdktrace.Event{
			Name: clipText(e.Name, shortText), Attributes: attrs, DroppedAttributeCount: e.DroppedAttributeCount + dropped, Time: e.Time,
		})
	}
	if len(last) > 0 {
		left -= share
	}
	attrs, dropped := clipAttributes(s.Attributes(), left)
	c.attrs, c.droppedAttrs = attrs, c.droppedAttrs+dropped
	return c
}

// weight is that of the copy.
func (c *clippedSpan) weight() int64 {
	return int64(weigh(c, c.name, c.attrs, c.status, c.own.TraceState()))
}

// detached is clip for a span that is not exported any more: it keeps no trace state either, which a client sets.
func detached(s sdktrace.ReadOnlySpan) *clippedSpan {
	c := clip(s)
	c.own, c.parent = c.own.WithTraceState(trace.TraceState{}), c.parent.WithTraceState(trace.TraceState{})
	return c
}

// clipAttributes copies attributes into about limit bytes. The long texts share what the others leave.
func clipAttributes(attrs []attribute.KeyValue, limit int) (out []attribute.KeyValue, dropped int) {
	long := 0
	for i := range attrs {
		n, isLong := attrBytes+len(attrs[i].Key), false
		if attrs[i].Value.Type() == attribute.STRING {
			isLong = len(attrs[i].Value.AsString()) > shortText
			n += min(len(attrs[i].Value.AsString()), shortText)
		} else {
			n += len(attrs[i].Value.AsString())
			if t := attrs[i].Value.Type(); t > attribute.STRING && t != attribute.BYTESLICE {
				n += weighSlice(&attrs[i].Value, 1)
			}
		}
		if n > limit || len(attrs[i].Key) > maxClipKey {
			dropped++
			continue
		}
		limit -= n
		if isLong {
			long++
		}
		if out == nil {
			out = make([]attribute.KeyValue, 0, min(len(attrs), 1+limit/attrBytes))
		}
		out = append(out, attrs[i])
	}
	each := min(shortText+limit/max(long, 1), maxClipText)
	for i := range out {
		if out[i].Value.Type() == attribute.STRING {
			out[i].Value = attribute.StringValue(clipText(out[i].Value.AsString(), each))
		}
	}
	return append(make([]attribute.KeyValue, 0, len(out)), out...), dropped
}

func clipText(s string, limit int) string { return strings.Clone(conventions.Text(s, limit)) }
