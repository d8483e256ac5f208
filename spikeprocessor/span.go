// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// plainSpan is a span as conventions read it.
func plainSpan(s sdktrace.ReadOnlySpan, attrs []attribute.KeyValue) conventions.Span {
	st := s.Status()
	out := conventions.Span{Kind: s.SpanKind(), Name: s.Name(), Attributes: attrs, Failed: st.Code == codes.Error, Message: st.Description}
	events := s.Events()
	for i := range events {
		out.Event(events[i].Name, events[i].Attributes)
	}
	return out
}

// errorOf is what went wrong in a span.
func errorOf(s sdktrace.ReadOnlySpan) slowlog.ErrorInfo {
	plain := plainSpan(s, s.Attributes())
	return plain.Error()
}

// slowSpan is a span as the slow log reads it. Its call has the name of the row that it was measured in.
func (c *core) slowSpan(s sdktrace.ReadOnlySpan) slowlog.Span {
	plain := plainSpan(s, s.Attributes())
	info, st := plain.Error(), s.Status()
	out := slowlog.Span{
		SpanID: s.SpanContext().SpanID(), Parent: s.Parent().SpanID(), Name: plain.Name, Kind: plain.Kind,
		Start: s.StartTime(), End: s.EndTime(), Status: st.Code, StatusMessage: st.Description,
		ErrType: info.Type, ErrMessage: info.Message, Call: plain.Call(),
	}
	if c.cfg.dependencies && isCall(plain.Kind) {
		d := c.dependency(&plain, out.End)
		if e := c.table.known(classOf(&d), d.Prefix, d.Name); e != nil {
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
