// SPDX-License-Identifier: Apache-2.0

package format

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// span is what is needed of a span.
type span struct {
	ParentSpanID string      `json:"parentSpanId"`
	Name         string      `json:"name"`
	Kind         spanKind    `json:"kind"`
	Flags        number      `json:"flags"`
	Start        nanos       `json:"startTimeUnixNano"`
	End          nanos       `json:"endTimeUnixNano"`
	Attributes   []attribute `json:"attributes"`
	Status       struct {
		Code statusCode `json:"code"`
	} `json:"status"`
}

const (
	knowsRemote = 1 << 8 // flags of a span: the next one means something
	isRemote    = 1 << 9 // its parent is of another process
)

// record fills rec with what a span was, if it was a request or job of its own.
func (s *span) record(service string, rec *Record) (isRequest bool, err error) {
	kind, method, route := s.endpoint()
	if !s.localRoot() || kind == conventions.KindDependency {
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
	*rec = Record{
		Time: int64(s.End), Duration: d, Kind: kind, Service: service,
		Method: append(rec.Method[:0], method...), Route: append(rec.Route[:0], route...), Outcome: s.outcome(kind),
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
	return s.Kind == serverSpan || s.Kind == consumerSpan
}

// endpoint names what was called, as the span processor does.
func (s *span) endpoint() (kind conventions.Kind, method, route string) {
	name := s.Name
	if name == "" {
		name = "(no name)"
	}
	switch s.Kind {
	case serverSpan:
	case consumerSpan:
		return conventions.KindConsumer, "consumer", name
	case 0, internalSpan:
		return conventions.KindJob, "job", name
	default:
		return conventions.KindDependency, "", name
	}
	if method = find(s.Attributes, "http.request.method", "http.method"); method != "" {
		route = find(s.Attributes, "http.route")
		if route == "" {
			route = routeOfName(method, s.Name)
		}
		return conventions.KindHTTP, method, route
	}
	if system := find(s.Attributes, "rpc.system.name", "rpc.system"); system != "" {
		return conventions.KindRPC, system, name
	}
	return conventions.KindServer, "server", name
}

// routeOfName takes the route from a name like "GET /users/{id}".
func routeOfName(method, name string) string {
	for _, prefix := range [...]string{method, "HTTP"} {
		if rest, ok := strings.CutPrefix(name, prefix); ok && (rest == "" || rest[0] == ' ') {
			name = strings.TrimPrefix(rest, " ")
			break
		}
	}
	if name == "" {
		return conventions.UnmatchedRoute
	}
	return name
}

func (s *span) outcome(kind conventions.Kind) slowlog.Outcome {
	if o, ok := slowlog.ParseOutcome(find(s.Attributes, string(conventions.OutcomeKey))); ok {
		return o
	}
	if kind == conventions.KindHTTP {
		if code, err := strconv.Atoi(find(s.Attributes, "http.response.status_code", "http.status_code")); err == nil && code > 0 {
			return outcomeOf(code)
		}
	}
	if s.Status.Code == errorStatus {
		return slowlog.OutcomeServerError
	}
	return slowlog.OutcomeOK
}
