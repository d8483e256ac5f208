// SPDX-License-Identifier: Apache-2.0

package format

import (
	"fmt"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// span is what is needed of a span of any format.
type span struct {
	conventions.Span
	service    string
	parent     parentage
	start, end int64 // ns since 1970; what is not above 0 was not to be understood
	problem    error // why it has no start or end
}

// parentage is what a format says of the span above one.
type parentage uint8

const (
	noParent     parentage = iota
	someParent             // it is not said of which process
	localParent            // of the same process
	remoteParent           // of another one
)

// record fills rec with what a span was, if it was a request or job of its own.
func (s *span) record(rec *Record) (isRequest bool, err error) {
	if !s.localRoot() {
		return false, nil
	}
	req := s.Request()
	if req.Kind == conventions.KindDependency {
		return false, nil
	}
	d := time.Duration(s.end - s.start)
	switch {
	case s.problem != nil:
		return false, fmt.Errorf("span %.40q: %w", s.Name, s.problem)
	case s.end <= 0 || s.start <= 0 || time.Unix(0, s.end).UTC().Year() > lastYear:
		return false, fmt.Errorf("span %.40q has no start or end from 1970 to 2261", s.Name)
	case d < 0:
		return false, fmt.Errorf("span %.40q ends before it begins", s.Name)
	case d > MaxDuration:
		return false, fmt.Errorf("span %.40q took longer than 24 h", s.Name)
	}
	ep := req.Endpoint()
	*rec = Record{
		Time: s.end, Duration: d, Kind: ep.Kind, Service: s.service,
		Method: append(rec.Method[:0], ep.Method...), Route: append(rec.Route[:0], ep.Route...), Outcome: req.Outcome,
		Unproven: req.Unproven, Unmatched: req.Unmatched(),
	}
	return true, nil
}

// localRoot tells whether no other span of the same process is above this one. Where that is not said, only spans of kind server and
// consumer are taken to have a remote parent.
func (s *span) localRoot() bool {
	switch s.parent {
	case noParent, remoteParent:
		return true
	case localParent:
		return false
	}
	return s.Kind == trace.SpanKindServer || s.Kind == trace.SpanKindConsumer
}

// lasting sets start and end from a start and a duration in µs, as Jaeger and Zipkin have them.
func (s *span) lasting(start, duration number) {
	d, ok := parseDuration([]byte(duration), microseconds)
	if !ok {
		s.problem = badDuration("the duration", []byte(duration))
	}
	ns, ok := parseMicros(string(start))
	if !ok {
		s.problem = badTime("the start", []byte(start))
	}
	s.start, s.end = ns, ns+int64(d)
}

// noID tells whether an id is empty or all zeros, in hexadecimal digits or in base64.
func noID(id string) bool { return strings.Trim(id, "0") == "" || strings.Trim(id, "A=") == "" }
