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

	exception, aborted bool
}

// Event takes an event of the span in: whether there was an exception decides how a request ended that has no status.
func (s *Span) Event(name string, attrs []attribute.KeyValue) {
	if info, ok := Exception(name, attrs); ok {
		s.exceptional(info.Message)
	}
}

func (s *Span) exceptional(message string) {
	s.exception = true
	s.aborted = s.aborted || message == http.ErrAbortHandler.Error() // a handler panics with this one on purpose
}

// Exception reads an event; ok is false for one that is no exception. Message and stack are what [ErrorText] leaves of them.
func Exception(name string, attrs []attribute.KeyValue) (info slowlog.ErrorInfo, ok bool) {
	if name != "exception" {
		return info, false
	}
	for i := range attrs {
		switch v := attrs[i].Value; attrs[i].Key {
		case "exception.type":
			info.Type = v.AsString()
		case "exception.message":
			info.Message = ErrorText(v.AsString())
		case "exception.stacktrace":
			info.Stack = ErrorText(v.AsString())
		}
	}
	return info, true
}
