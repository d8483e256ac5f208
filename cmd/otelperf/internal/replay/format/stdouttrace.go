// SPDX-License-Identifier: Apache-2.0

package format

import (
	"encoding/json"
	"errors"

	"go.opentelemetry.io/otel/trace"
)

var errNoSpan = errors.New("there is no SpanContext in it")

// stdouttrace reads the spans that OpenTelemetry's exporter stdouttrace writes, each a document, on one line or many.
type stdouttrace struct{ stamps stamps }

func stdoutFormat() spanFormat { return &stdouttrace{} }

type stdoutSpan struct {
	Name   string
	Parent struct {
		SpanID string
		Remote bool
	}
	SpanKind           int
	StartTime, EndTime string
	Attributes         stdoutAttributes
	Events             []struct {
		Name       string
		Attributes stdoutAttributes
	}
	Status struct{ Code string }

	SpanContext, Resource json.RawMessage
}

type stdoutAttributes []struct {
	Key   string
	Value struct{ Value json.RawMessage }
}

func (f *stdouttrace) document(r *spanReader) error {
	var s stdoutSpan
	understood, err := r.decode(&s)
	if err != nil || !understood {
		return err
	}
	if s.SpanContext == nil {
		return r.bad(errNoSpan)
	}
	var resource stdoutAttributes
	if s.Resource != nil {
		_ = json.Unmarshal(s.Resource, &resource) // older ones have it otherwise, and then no service is known
	}
	out := &span{service: resource.attributes().text("service.name"), start: f.time(s.StartTime), end: f.time(s.EndTime)}
	out.Name, out.Kind, out.Attributes, out.Failed = s.Name, trace.SpanKind(s.SpanKind), s.Attributes.attributes(), s.Status.Code == "Error"
	for i := range s.Events {
		out.Event(s.Events[i].Name, s.Events[i].Attributes.attributes())
	}
	switch {
	case noID(s.Parent.SpanID):
	case s.Parent.Remote:
		out.parent = remoteParent
	default:
		out.parent = localParent
	}
	return r.span(out)
}

// time is in ns since 1970, -1 for what is none.
func (f *stdouttrace) time(text string) int64 {
	ns, ok := f.stamps.parse([]byte(text))
	if !ok {
		return -1
	}
	return ns
}

func (a stdoutAttributes) attributes() attributes {
	out := make(attributes, 0, len(a))
	for i := range a {
		out = out.with(a[i].Key, a[i].Value.Value)
	}
	return out
}
