// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"math"
	"unsafe"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Estimated sizes in bytes.
const (
	spanBytes    = 512     // the SDK's snapshot, and our note of it
	minSpanBytes = 1 << 10 // what the smallest span counts as, so that a bound in bytes bounds the number of spans too

	attrBytes  = int(unsafe.Sizeof(attribute.KeyValue{}))
	valueBytes = int(unsafe.Sizeof(attribute.Value{}))
	eventBytes = int(unsafe.Sizeof(sdktrace.Event{}))
	linkBytes  = int(unsafe.Sizeof(sdktrace.Link{}))

	maxNesting = 8 // of attribute values; what lies deeper is too heavy for anybody
)

// weigh estimates the bytes that an ended span keeps alive: its attributes, events, links and texts. It takes a few nanoseconds
// for each attribute and allocates only for attributes that are slices or maps. Text that is a part of a longer one counts as
// long as it is. The parameters besides s are its own: whoever calls has them already, and asking an SDK's span is not free. The trace
// state may be the parent's, which as a rule is the same.
func weigh(s sdktrace.ReadOnlySpan, name string, attrs []attribute.KeyValue, status sdktrace.Status, state trace.TraceState) int {
	return weighWhole(weighParts(s, attrs), name, status, state)
}

// weighParts is what weigh adds up of attributes, events and links: all that a span may have much of.
func weighParts(s sdktrace.ReadOnlySpan, attrs []attribute.KeyValue) int {
	n := spanBytes + weighAttributes(attrs, 0)
	if events := s.Events(); len(events) > 0 {
		n += cap(events) * eventBytes
		for i := range events {
			n += len(events[i].Name) + weighAttributes(events[i].Attributes, 0)
		}
	}
	if links := s.Links(); len(links) > 0 {
		n += cap(links) * linkBytes
		for i := range links {
			n += weighAttributes(links[i].Attributes, 0) + weighState(links[i].SpanContext.TraceState())
		}
	}
	return n
}

// weighWhole adds the texts to the parts of a span.
func weighWhole(parts int, name string, status sdktrace.Status, state trace.TraceState) int {
	n := parts + len(name) + len(status.Description)
	if state.Len() > 0 {
		n += weighState(state)
	}
	return max(n, minSpanBytes)
}

func weighAttributes(attrs []attribute.KeyValue, depth int) int {
	n := cap(attrs) * attrBytes
	for i := range attrs {
		v := &attrs[i].Value
		n += len(attrs[i].Key) + len(v.AsString()) // the text of strings and bytes, "" of all else
		if t := v.Type(); t > attribute.STRING && t != attribute.BYTESLICE {
			n += weighSlice(v, depth+1)
		}
	}
	return n
}

func weighSlice(v *attribute.Value, depth int) (n int) {
	if depth > maxNesting {
		return math.MaxInt32
	}
	switch v.Type() {
	case attribute.BOOLSLICE:
		return len(v.AsBoolSlice())
	case attribute.INT64SLICE:
		return 8 * len(v.AsInt64Slice())
	case attribute.FLOAT64SLICE:
		return 8 * len(v.AsFloat64Slice())
	case attribute.STRINGSLICE:
		for _, s := range v.AsStringSlice() {
			n += 16 + len(s)
		}
		return n
	case attribute.MAP:
		return weighAttributes(v.AsMap(), depth)
	case attribute.SLICE:
		for _, x := range v.AsSlice() {
			n += valueBytes + len(x.AsString())
			if t := x.Type(); t > attribute.STRING && t != attribute.BYTESLICE {
				n += weighSlice(&x, depth+1)
			}
		}
		return n
	default: // a type of a later version
		return math.MaxInt32
	}
}

func weighState(ts trace.TraceState) (n int) {
	ts.Walk(func(key, value string) bool {
		n += 32 + len(key) + len(value)
		return true
	})
	return n
}
