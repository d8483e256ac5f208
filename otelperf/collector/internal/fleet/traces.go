// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/inputs"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// Traces takes in a batch that arrived at now. It neither changes nor keeps td, and allocates nothing but for what is new or slow.
func (f *Fleet) Traces(now time.Time, td ptrace.Traces) {
	f.second.Store(now.Unix())
	resources := td.ResourceSpans()
	for i := range resources.Len() {
		rs := resources.At(i)
		f.Service(nameOf(rs.Resource())).take(now, rs.Resource(), rs.ScopeSpans())
	}
}

// nameOf reads the name of a service from its resource, as the SDKs' default has it where there is none.
func nameOf(r pcommon.Resource) (n Name) {
	for k, v := range r.Attributes().All() {
		switch k {
		case "service.name":
			n.Name = v.Str()
		case "service.namespace":
			n.Namespace = v.Str()
		}
	}
	if n.Name == "" {
		n.Name = "unknown_service"
	}
	return n
}

func (s *Service) take(now time.Time, resource pcommon.Resource, scopes ptrace.ScopeSpansSlice) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone != nil {
		n := 0
		for i := range scopes.Len() {
			n += scopes.At(i).Spans().Len()
		}
		s.moved(now, n)
		return
	}
	s.tally, s.crew = tally{}, crew{resource: resource}
	s.seen.Store(now.Unix())
	second, holds := now.Unix(), s.set.SpanBytes > 0
	pending := s.fleet.counts.pending.Load()
	for i := range scopes.Len() {
		spans := scopes.At(i).Spans()
		for j := range spans.Len() {
			s.span(spans.At(j), now, second, holds, pending)
		}
	}
	s.reportMember(now)
	s.fleet.counts.add(&s.tally)
}

// span takes in one span. The lock is held.
func (s *Service) span(sp ptrace.Span, now time.Time, second int64, holds bool, pending int64) {
	s.tally.spans++
	kind, root, failed, name := kindOf(sp.Kind()), isLocalRoot(sp), sp.Status().Code() == ptrace.StatusCodeError, sp.Name()
	call := kind == trace.SpanKindClient || kind == trace.SpanKindProducer
	if root && kind == trace.SpanKindInternal && !s.set.Jobs && !hasRoute(sp) {
		root = false
	}
	reads := root || call
	if reads {
		s.reads.Begin(kind, name, failed, root)
	}
	row := int32(-1)
	if reads {
		s.attributes(sp.Attributes())
		if root && sp.Events().Len() > 0 {
			if typ, message := exceptionOf(sp.Events()); typ != "" || message != "" {
				s.reads.Exception(message)
			}
		}
		row = s.read(sp, name, root, failed, now, second, pending)
	}
	if holds {
		s.hold(sp, name, kind, row, second)
	}
}

// maxDuration is the longest that is believed.
const maxDuration = 24 * time.Hour

// read counts the request or call that was read, and returns its row; -1 if it is not counted.
func (s *Service) read(sp ptrace.Span, name string, root, failed bool, now time.Time, second, pending int64) int32 {
	start, end := int64(sp.StartTimestamp()), int64(sp.EndTimestamp())
	if start <= 0 || end < start || end-start > int64(maxDuration) {
		s.tally.invalid++
		return -1
	}
	d := time.Duration(end - start)
	if root {
		q := s.reads.Request()
		if q.Kind != conventions.KindDependency {
			if !s.metered.inputs.Counts(q.Kind, inputs.Spans, end, now) {
				s.fleet.counts.twice.Add(1)
				return -1
			}
			id := s.rows.request(&q)
			s.count(id, q.Kind, sp, second, pending, d, q.Outcome)
			if q.Kind.Request() {
				s.member(id, d, q.Outcome)
				s.weigh(id, sp, q.Outcome, second)
			}
			if q.Outcome.Failed() {
				s.errors.add(s.rows.all[id].endpoint, sp, q.Outcome, d)
			}
			s.look(sp, &q, id, d, now)
			return id
		}
	}
	if _, part := conventions.Upkeep(name); part && !failed {
		return -1
	}
	o := slowlog.OutcomeOK
	if failed {
		o = slowlog.OutcomeServerError
	}
	id := s.rows.call(&s.reads, name, second)
	s.count(id, conventions.KindDependency, sp, second, pending, d, o)
	return id
}

// count counts one request in its second. What there is to note of the row is noted with the first of them.
func (s *Service) count(id int32, kind conventions.Kind, sp ptrace.Span, second, pending int64, d time.Duration, o slowlog.Outcome) {
	s.tally.requests++
	if id == s.rows.shared[kind]-1 {
		s.tally.otherEndpoint++
	}
	sec := s.openAt(int64(sp.EndTimestamp())/int64(time.Second), second)
	if len(sec.records) >= maxCrowd || pending+s.tally.pending >= maxPending {
		s.tally.crowded++
		return
	}
	if s.tally.pending++; sec.add(id, d, o) {
		r := s.rows.all[id]
		if r.seen = second; r.example == nil && s.set.SpanBytes > 0 {
			r.example = exampleOf(sp)
		}
	}
}

// attributes reads those of the span that reading has begun.
func (s *Service) attributes(m pcommon.Map) {
	n := 0
	for k, v := range m.All() {
		if n++; n > conventions.MaxAttributes {
			break
		}
		if key := s.reads.KeyOf(k); key != 0 {
			s.reads.Take(key, valueOf(v))
		}
	}
}

// valueOf is a value of pdata as plain words.
func valueOf(v pcommon.Value) conventions.Value {
	if text := v.Str(); text != "" { // most are
		return conventions.Value{Text: text, Type: conventions.TypeText}
	}
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return conventions.Value{Type: conventions.TypeText}
	case pcommon.ValueTypeInt:
		return conventions.Value{Number: v.Int(), Type: conventions.TypeInteger}
	case pcommon.ValueTypeBool:
		return conventions.Value{Number: int64(count(v.Bool())), Type: conventions.TypeBool}
	}
	return conventions.Value{}
}

// kindOf is the kind as the API has it; the numbers are OTLP's, which are the API's, too.
func kindOf(k ptrace.SpanKind) trace.SpanKind { return trace.ValidateSpanKind(trace.SpanKind(k)) }

// Flags of a span in OTLP.
const (
	knowsRemote = 1 << 8 // the next one means something
	isRemote    = 1 << 9 // its parent is of another process
)

// isLocalRoot tells whether no span of the same process is above this one: by the flags where the SDK sets them, else by the kind.
func isLocalRoot(sp ptrace.Span) bool {
	if sp.ParentSpanID().IsEmpty() {
		return true
	}
	if f := sp.Flags(); f&knowsRemote != 0 {
		return f&isRemote != 0
	}
	return sp.Kind() == ptrace.SpanKindServer || sp.Kind() == ptrace.SpanKindConsumer
}

// hasRoute reports whether a span has an HTTP route: it is a request then, whatever its kind.
func hasRoute(sp ptrace.Span) bool {
	_, ok := sp.Attributes().Get(string(conventions.RouteKey))
	return ok
}
