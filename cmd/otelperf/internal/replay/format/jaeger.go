// SPDX-License-Identifier: Apache-2.0

package format

import (
	"encoding/json"
	"errors"
	"fmt"
)

// jaeger reads traces as Jaeger's page and API give them: {"data":[TRACE, ...]}, or a trace alone. A trace is read as a whole, since the
// processes, which have the names of services, come behind the spans.
type jaeger struct{}

func jaegerFormat() spanFormat { return jaeger{} }

type jaegerTrace struct {
	Spans     []jaegerSpan             `json:"spans"`
	Processes map[string]jaegerProcess `json:"processes"`
}

type jaegerProcess struct {
	ServiceName string `json:"serviceName"`
}

func (jaeger) document(r *spanReader) error {
	d, err := r.begin()
	if err != nil {
		return err
	}
	if d != '{' {
		return fmt.Errorf("%v where an object is expected", d)
	}
	var alone jaegerTrace
	known := false
	err = r.members(func(name string) error {
		var err error
		switch name {
		case "data":
			known = true
			return r.array(func() error {
				var t jaegerTrace
				if understood, err := r.decode(&t); err != nil || !understood {
					return err
				}
				return t.hand(r)
			})
		case "spans":
			known = true
			_, err = r.decode(&alone.Spans)
		case "processes":
			_, err = r.decode(&alone.Processes)
		default:
			err = r.skip()
		}
		return err
	})
	if err != nil {
		return inside(err)
	}
	if !known {
		return r.bad(errors.New("there is neither data nor spans in it"))
	}
	return alone.hand(r)
}

// hand hands over the spans of a trace.
func (t *jaegerTrace) hand(r *spanReader) error {
	for i := range t.Spans {
		s := &t.Spans[i]
		process := t.Processes[s.ProcessID]
		if s.Process != nil {
			process = *s.Process
		}
		if err := r.span(s.plain(process.ServiceName)); err != nil {
			return err
		}
	}
	return nil
}

type jaegerSpan struct {
	Name       string `json:"operationName"`
	ParentID   string `json:"parentSpanID"` // of old
	References []struct {
		SpanID string `json:"spanID"`
	} `json:"references"`
	Start     number         `json:"startTime"` // µs
	Duration  number         `json:"duration"`  // µs
	Tags      jaegerTags     `json:"tags"`
	Process   *jaegerProcess `json:"process"`
	ProcessID string         `json:"processID"`
	Logs      []struct {
		Fields jaegerTags `json:"fields"`
	} `json:"logs"`
}

type jaegerTags []struct {
	Key   string          `json:"key"`
	Value json.RawMessage `json:"value"`
}

func (s *jaegerSpan) plain(service string) *span {
	out := &span{service: service}
	out.Name, out.Attributes = s.Name, s.Tags.attributes()
	out.lasting(s.Start, s.Duration)
	tags := attributes(out.Attributes)
	out.Kind = kindNamed(tags.text("span.kind"))
	out.Failed = tags.text("error") == "true" || tags.text("otel.status_code") == "ERROR"
	if len(s.References) > 0 || !noID(s.ParentID) {
		out.parent = someParent
	}
	for i := range s.Logs {
		fields := s.Logs[i].Fields.attributes()
		out.Event(fields.text("event"), fields)
	}
	return out
}

func (t jaegerTags) attributes() attributes {
	out := make(attributes, 0, len(t))
	for i := range t {
		out = out.with(t[i].Key, t[i].Value)
	}
	return out
}
