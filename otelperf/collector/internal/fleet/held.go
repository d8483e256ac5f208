// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"cmp"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// heldSpan is a span that is held: 64 bytes without a pointer. What it was and called is what its row says, of which one span is kept as an
// example; other spans have their name.
type heldSpan struct {
	trace      trace.TraceID
	id, parent trace.SpanID
	start, end int64 // unix nanoseconds
	row        int32 // that it was counted in; -1 for none
	name       int32 // where it has no row: of names.texts
	failure    int32 // number of its failure, if it failed and that is known; -1
	kind       uint8 // trace.SpanKind
	status     uint8 // ptrace.StatusCode
}

// held are the spans of a service that are held, the oldest first.
type held struct {
	chunks   []*chunk
	open     *chunk // that is written to; the last of chunks
	user     bool   // counts as one of those who share
	wanted   int64  // second in which a chunk was asked for last
	names    names
	failures failures
}

// hold holds a span, if there is room. The lock is held.
func (s *Service) hold(sp ptrace.Span, name string, kind trace.SpanKind, row int32, now time.Time) {
	c := s.held.open
	if c == nil || len(c.spans) == cap(c.spans) {
		if c = s.fleet.chunks.next(&s.held, now.Unix()); c == nil {
			s.tally.spansDropped++
			return
		}
	}
	h := c.add(trace.TraceID(sp.TraceID()), int64(sp.EndTimestamp()), now.Unix())
	h.id, h.parent, h.start = trace.SpanID(sp.SpanID()), trace.SpanID(sp.ParentSpanID()), int64(sp.StartTimestamp())
	h.row, h.name, h.failure, h.kind, h.status = row, -1, -1, uint8(kind), uint8(sp.Status().Code())
	if row < 0 {
		h.name = s.held.names.of(name)
	} else if r := s.rows.all[row]; r.example == nil {
		r.example = exampleOf(sp, kind)
	}
	if ptrace.StatusCode(h.status) == ptrace.StatusCodeError {
		h.failure = s.held.failures.add(sp, now.Unix())
	}
}

// example is what a span of a row was.
type example struct {
	name string
	call slowlog.Call
}

// exampleOf reads a span in memory of its own. What tells one call of a row from another is left out: paths, and texts of statements.
func exampleOf(sp ptrace.Span, kind trace.SpanKind) *example {
	var r conventions.CallReader
	n := 0
	for k, v := range sp.Attributes().All() {
		if n++; n > conventions.MaxAttributes {
			break
		}
		if key := conventions.KeyOf(k); key != 0 {
			value := valueOf(v)
			value.Text = strings.Clone(conventions.Clip(value.Text))
			r.Take(key, value)
		}
	}
	c := r.Call(kind)
	if c.DBStatement != "" {
		c.DBSummary = cmp.Or(c.DBSummary, slowlog.QuerySummary(c.DBStatement, c.DBSystem))
	}
	c.DBStatement, c.URLFull, c.URLTemplate, c.HTTPStatus, c.HTTPResends, c.DBStatus, c.RPCStatus, c.ErrorType = "", "", "", 0, 0, "", "", ""
	c.Upkeep, _ = conventions.Upkeep(sp.Name())
	return &example{strings.Clone(conventions.Clip(sp.Name())), c}
}

// names are those of spans without a row: at most maxNames of 256 bytes.
type names struct {
	ids   map[string]int32
	texts []string
}

const maxNames = 1024

// otherName is that of spans beyond.
const otherName = "(other)"

func (n *names) of(name string) int32 {
	name = conventions.Clip(name)
	if id, ok := n.ids[name]; ok {
		return id
	}
	if n.ids == nil {
		n.ids, n.texts = map[string]int32{}, []string{otherName}
	}
	if len(n.texts) > maxNames {
		return 0
	}
	name = strings.Clone(name)
	n.ids[name] = int32(len(n.texts))
	n.texts = append(n.texts, name)
	return n.ids[name]
}

// failures are the last errors of spans: a few in a second.
type failures struct {
	last          [128]failure
	next          int32 // number of the next one
	second, taken int64
}

type failure struct{ typ, message string }

const failuresEach = 16 // in a second

func (f *failures) add(sp ptrace.Span, second int64) int32 {
	if second != f.second {
		f.second, f.taken = second, 0
	}
	if f.taken++; f.taken > failuresEach {
		return -1
	}
	f.next = max(0, f.next+1)
	f.last[f.next%int32(len(f.last))] = failureOf(sp)
	return f.next
}

// of is one that is known still.
func (f *failures) of(number int32) (is failure) {
	if number >= 0 && number <= f.next && f.next-number < int32(len(f.last)) {
		is = f.last[number%int32(len(f.last))]
	}
	return is
}

// failureOf reads what a span failed with, in memory of its own: its exception, or else error.type and the description of its status.
func failureOf(sp ptrace.Span) failure {
	typ, message := thrownBy(sp.Events())
	if typ == "" {
		typ = text(sp.Attributes(), conventions.ErrorTypeKey)
	}
	message = cmp.Or(message, sp.Status().Message())
	return failure{strings.Clone(conventions.Clip(typ)), strings.Clone(conventions.ErrorText(message[:min(len(message), 1024)]))}
}

func text(m pcommon.Map, key string) string {
	if v, ok := m.Get(key); ok {
		return v.Str()
	}
	return ""
}

// plain is a copy for the slow log. The lock is held.
func (s *Service) plain(h *heldSpan) (out slowlog.Span) {
	out = slowlog.Span{SpanID: h.id, Parent: h.parent, Kind: trace.SpanKind(h.kind), Start: time.Unix(0, h.start), End: time.Unix(0, h.end)}
	switch ptrace.StatusCode(h.status) {
	case ptrace.StatusCodeError:
		out.Status = codes.Error
	case ptrace.StatusCodeOk:
		out.Status = codes.Ok
	}
	f := s.held.failures.of(h.failure)
	out.ErrType, out.ErrMessage = f.typ, f.message
	if h.row < 0 {
		out.Name = s.held.names.texts[h.name]
		return out
	}
	if int(h.row) < len(s.rows.all) && s.rows.all[h.row] != nil && s.rows.all[h.row].example != nil {
		r := s.rows.all[h.row]
		out.Name, out.Call = r.example.name, r.example.call
		if r.endpoint.Kind == conventions.KindDependency {
			out.Call.Dependency = r.endpoint.Route
		}
		return out
	}
	out.Name = otherName // its row has made room for others
	return out
}
