// SPDX-License-Identifier: Apache-2.0

package format

import (
	"fmt"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/trace"
)

// otlp reads ExportTraceServiceRequests, and traces of Tempo's API, which are the same below another key.
type otlp struct{ service string } // of the running resource

func otlpFormat() spanFormat { return &otlp{} }

func (o *otlp) document(r *spanReader) error {
	d, err := r.begin()
	if err != nil {
		return err
	}
	if d != '{' {
		return fmt.Errorf("%v where an object is expected", d)
	}
	var strange []string
	known := false
	err = r.members(func(name string) error {
		switch name {
		case "resourceSpans", "resource_spans", "batches":
			known = true
			return r.array(func() error { return o.resourceSpans(r) })
		case "trace":
			known = true
			return r.object(func(name string) error {
				if name == "resourceSpans" || name == "batches" {
					return r.array(func() error { return o.resourceSpans(r) })
				}
				return r.skip()
			})
		case "resourceLogs", "resourceMetrics", "resourceProfiles": // the collector writes those like traces
			known = true
		}
		if len(strange) < shownKeys {
			strange = append(strange, fmt.Sprintf("%.40q", name))
		}
		return r.skip()
	})
	if err == nil && !known && len(strange) > 0 {
		return r.bad(fmt.Errorf("its keys are %s", strings.Join(strange, ", ")))
	}
	return inside(err)
}

func (o *otlp) resourceSpans(r *spanReader) error {
	o.service = ""
	return r.object(func(name string) error {
		switch name {
		case "resource":
			var resource struct{ Attributes attributes }
			_, err := r.decode(&resource)
			o.service = resource.Attributes.text("service.name")
			return err
		case "scopeSpans", "scope_spans", "instrumentationLibrarySpans":
			return r.array(func() error { return o.scopeSpans(r) })
		}
		return r.skip()
	})
}

func (o *otlp) scopeSpans(r *spanReader) error {
	return r.object(func(name string) error {
		if name != "spans" {
			return r.skip()
		}
		return r.array(func() error {
			var s otlpSpan
			if understood, err := r.decode(&s); err != nil || !understood {
				return err
			}
			return r.span(s.plain(o.service))
		})
	})
}

// otlpSpan is what is needed of a span of OTLP/JSON.
type otlpSpan struct {
	ParentSpanID string     `json:"parentSpanId"`
	Name         string     `json:"name"`
	Kind         spanKind   `json:"kind"`
	Flags        number     `json:"flags"`
	Start        nanos      `json:"startTimeUnixNano"`
	End          nanos      `json:"endTimeUnixNano"`
	Attributes   attributes `json:"attributes"`
	Events       []struct {
		Name       string     `json:"name"`
		Attributes attributes `json:"attributes"`
	} `json:"events"`
	Status struct {
		Code statusCode `json:"code"`
	} `json:"status"`
}

const (
	knowsRemote = 1 << 8 // flags of a span: the next one means something
	isRemote    = 1 << 9 // its parent is of another process
)

func (s *otlpSpan) plain(service string) *span {
	out := &span{service: service, start: int64(s.Start), end: int64(s.End)}
	out.Kind, out.Name, out.Attributes, out.Failed = trace.SpanKind(s.Kind), s.Name, s.Attributes, s.Status.Code == errorStatus
	for i := range s.Events {
		out.Event(s.Events[i].Name, s.Events[i].Attributes)
	}
	if noID(s.ParentSpanID) {
		return out
	}
	out.parent = someParent
	if flags, err := strconv.ParseUint(string(s.Flags), 10, 32); err == nil && flags&knowsRemote != 0 {
		out.parent = localParent
		if flags&isRemote != 0 {
			out.parent = remoteParent
		}
	}
	return out
}
