// SPDX-License-Identifier: Apache-2.0

package format

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"
)

// zipkin reads what Zipkin's API, version 2, gives and takes: a list of spans, or a list of traces, which are lists of spans.
type zipkin struct{}

func zipkinFormat() spanFormat { return zipkin{} }

func (zipkin) document(r *spanReader) error {
	d, err := r.begin()
	if err != nil {
		return err
	}
	if d != '[' {
		return fmt.Errorf("%v where a list is expected", d)
	}
	for r.decoder.More() {
		var raw json.RawMessage
		if err := r.decoder.Decode(&raw); err != nil {
			return inside(err)
		}
		spans := make([]zipkinSpan, 1)
		var to any = &spans[0]
		if raw[0] == '[' {
			to = &spans
		}
		understood, err := r.unmarshal(raw, to)
		if err != nil {
			return err
		}
		if !understood {
			continue
		}
		for i := range spans {
			if err := r.span(spans[i].plain()); err != nil {
				return err
			}
		}
	}
	return inside(r.expect(']'))
}

type zipkinSpan struct {
	Name          string            `json:"name"`
	ParentID      string            `json:"parentId"`
	Kind          string            `json:"kind"`
	Start         number            `json:"timestamp"` // µs
	Duration      number            `json:"duration"`  // µs
	Tags          map[string]string `json:"tags"`
	LocalEndpoint struct {
		ServiceName string `json:"serviceName"`
	} `json:"localEndpoint"`
}

func (s *zipkinSpan) plain() *span {
	out := &span{service: s.LocalEndpoint.ServiceName}
	out.Name, out.Kind = s.Name, kindNamed(s.Kind)
	out.lasting(s.Start, s.Duration)
	for _, key := range slices.Sorted(maps.Keys(s.Tags)) {
		out.Attributes = append(out.Attributes, attribute.String(key, s.Tags[key]))
	}
	failure, isFailure := s.Tags["error"]
	out.Failed = isFailure && failure != "false" || s.Tags["otel.status_code"] == "ERROR"
	if !noID(s.ParentID) {
		out.parent = someParent
	}
	method := s.Tags["http.request.method"]
	if method == "" {
		method = s.Tags["http.method"]
	}
	if n := len(method); n > 0 && len(s.Name) >= n && strings.EqualFold(s.Name[:n], method) { // Zipkin makes names small
		out.Name = method + s.Name[n:]
	}
	return out
}
