// SPDX-License-Identifier: Apache-2.0

package conventions

import (
	"net/http"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/slowlog"
)

// Span is what conventions say something of: a span as plain values, of an SDK or of a file. It holds on to nothing but the
// memory of its attributes.
type Span struct {
	Kind       trace.SpanKind       // unspecified is internal
	Name       string               // may be empty
	Attributes []attribute.KeyValue // in any order; the first 128 count
	Failed     bool                 // its status is Error
	Message    string               // the description of that status

	exception, aborted bool
	exceptionInfo      slowlog.ErrorInfo
}

// Event takes an event of the span in; those that are no exceptions are passed over.
func (s *Span) Event(name string, attrs []attribute.KeyValue) {
	if name != "exception" {
		return
	}
	s.exception, s.exceptionInfo = true, slowlog.ErrorInfo{}
	for i := range attrs {
		switch v := attrs[i].Value; attrs[i].Key {
		case "exception.type":
			s.exceptionInfo.Type = v.AsString()
		case "exception.message":
			s.exceptionInfo.Message = v.AsString()
		case "exception.stacktrace":
			s.exceptionInfo.Stack = v.AsString()
		}
	}
	// A handler panics with this one on purpose.
	s.aborted = s.aborted || s.exceptionInfo.Message == http.ErrAbortHandler.Error()
}

// Error returns what went wrong: the exception that was recorded last, else what the status says; empty if nothing did. Its
// strings are as long as the span has them.
func (s *Span) Error() slowlog.ErrorInfo {
	switch {
	case s.exception:
		return s.exceptionInfo
	case s.Failed:
		return slowlog.ErrorInfo{Type: errorTypeOf(s.Attributes), Message: s.Message}
	default:
		return slowlog.ErrorInfo{}
	}
}

func errorTypeOf(attrs []attribute.KeyValue) string {
	for i := range attrs {
		if attrs[i].Key == "error.type" {
			return attrs[i].Value.AsString()
		}
	}
	return ""
}
