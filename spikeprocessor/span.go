// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// addEvents takes the events of s into its plain form.
func addEvents(to *conventions.Span, s sdktrace.ReadOnlySpan) {
	events := s.Events()
	for i := range events {
		to.Event(events[i].Name, events[i].Attributes)
	}
}

// errorOf is what went wrong in a span: the exception that was recorded last, else what the status says; empty if nothing did.
func errorOf(s sdktrace.ReadOnlySpan) slowlog.ErrorInfo {
	events := s.Events()
	for i := len(events) - 1; i >= 0; i-- {
		if info, ok := conventions.Exception(events[i].Name, events[i].Attributes); ok {
			return info
		}
	}
	if st := s.Status(); st.Code == codes.Error {
		return slowlog.ErrorInfo{Type: conventions.ErrorType(s.Attributes()), Message: conventions.ErrorText(st.Description)}
	}
	return slowlog.ErrorInfo{}
}

// slowSpan is a span as the slow log reads it. Its call has the name of the row that it was measured in.
func (c *core) slowSpan(s sdktrace.ReadOnlySpan) slowlog.Span {
	kind, info, st, attrs := s.SpanKind(), errorOf(s), s.Status(), s.Attributes()
	out := slowlog.Span{
		SpanID: s.SpanContext().SpanID(), Parent: s.Parent().SpanID(), Name: s.Name(), Kind: kind,
		Start: s.StartTime(), End: s.EndTime(), Status: st.Code, StatusMessage: conventions.ErrorText(st.Description),
		ErrType: info.Type, ErrMessage: info.Message, Call: conventions.CallOf(kind, attrs),
	}
	upkeep, part := conventions.Upkeep(out.Name)
	part = part && st.Code != codes.Error
	if out.Call.Upkeep = upkeep; upkeep && out.Call.Category == slowlog.Own {
		out.Call.Category = slowlog.DB
	}
	if clipped, ok := s.(*clippedSpan); ok {
		out.Call.Dependency = clipped.dependency
	} else if c.cfg.dependencies && isCall(kind) && !part {
		row, prefix, name := c.dependency(s, kind, attrs, out.End)
		if e := c.table.known(row, conventions.Clip(prefix), conventions.Clip(name)); e != nil {
			out.Call.Dependency = e.endpoint.Route
		}
	}
	return out
}

func (c *core) slowSpans(all []sdktrace.ReadOnlySpan) []slowlog.Span {
	out := make([]slowlog.Span, len(all))
	for i, s := range all {
		out[i] = c.slowSpan(s)
	}
	return out
}
