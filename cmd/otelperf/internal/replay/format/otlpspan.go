// SPDX-License-Identifier: Apache-2.0

package format

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// span is what is needed of a span.
type span struct {
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

// record fills rec with what a span was, if it was a request or job of its own.
func (s *span) record(service string, rec *Record) (isRequest bool, err error) {
	if !s.localRoot() {
		return false, nil
	}
	plain := conventions.Span{Kind: trace.SpanKind(s.Kind), Name: s.Name, Attributes: s.Attributes, Failed: s.Status.Code == errorStatus}
	for i := range s.Events {
		plain.Event(s.Events[i].Name, s.Events[i].Attributes)
	}
	req := plain.Request()
	if req.Kind == conventions.KindDependency {
		return false, nil
	}
	d := time.Duration(s.End - s.Start)
	switch {
	case s.End <= 0 || s.Start <= 0 || time.Unix(0, int64(s.End)).UTC().Year() > lastYear:
		return false, fmt.Errorf("span %.40q has no start or end from 1970 to 2261", s.Name)
	case d < 0:
		return false, fmt.Errorf("span %.40q ends before it begins", s.Name)
	case d > MaxDuration:
		return false, fmt.Errorf("span %.40q took longer than 24 h", s.Name)
	}
	ep := req.Endpoint()
	*rec = Record{
		Time: int64(s.End), Duration: d, Kind: ep.Kind, Service: service,
		Method: append(rec.Method[:0], ep.Method...), Route: append(rec.Route[:0], ep.Route...), Outcome: req.Outcome,
	}
	return true, nil
}

// localRoot tells whether no other span of the same process is above this one. Where flags do not tell, only spans of kind
// server and consumer are taken to have a remote parent.
func (s *span) localRoot() bool {
	if strings.Trim(s.ParentSpanID, "0") == "" {
		return true
	}
	if flags, err := strconv.ParseUint(string(s.Flags), 10, 32); err == nil && flags&knowsRemote != 0 {
		return flags&isRemote != 0
	}
	return trace.SpanKind(s.Kind) == trace.SpanKindServer || trace.SpanKind(s.Kind) == trace.SpanKindConsumer
}
