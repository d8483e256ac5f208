// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"cmp"
	"math"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// heldSpan is a span that is held: 32 bytes without a pointer. What it was and called is what its row says, of which one span is kept as an
// example; other spans have their name.
type heldSpan struct {
	id, parent trace.SpanID // of a record that begins a run: the id of its trace
	start, end int32        // microseconds; of a record that begins a run: how many spans are in it
	is         int32        // the row that it was counted in; of one without, the number of its name, below 0: -1 is the first
	failure    int16        // number of its failure, if it failed and that is known; -1
	kind       uint8        // trace.SpanKind
	status     uint8        // ptrace.StatusCode
}

func (h *heldSpan) beginRun(id trace.TraceID) {
	copy(h.id[:], id[:8])
	copy(h.parent[:], id[8:])
	h.start = 0
}

// traceID is that of a run that the record begins.
func (h *heldSpan) traceID() (id trace.TraceID) {
	copy(id[:8], h.id[:])
	copy(id[8:], h.parent[:])
	return id
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

// hold holds a span, if there is room and its times can be. The lock is held.
func (s *Service) hold(sp ptrace.Span, name string, kind trace.SpanKind, row int32, second int64) {
	start, end := int64(sp.StartTimestamp()), int64(sp.EndTimestamp())
	if start <= 0 || end < start {
		s.tally.spansAstray++
		return
	}
	c := s.held.open
	if c == nil || c.full() {
		if c = s.fleet.chunks.next(&s.held, second); c == nil {
			s.tally.spansDropped++
			return
		}
	}
	h := c.add(trace.TraceID(sp.TraceID()), start, end, second)
	if h == nil {
		s.tally.spansAstray++
		return
	}
	h.id, h.parent = trace.SpanID(sp.SpanID()), trace.SpanID(sp.ParentSpanID())
	h.is, h.failure, h.kind, h.status = row, -1, uint8(kind), uint8(sp.Status().Code())
	if row < 0 {
		h.is = -1 - s.held.names.of(name)
	}
	if ptrace.StatusCode(h.status) == ptrace.StatusCodeError {
		h.failure = s.held.failures.add(sp, second)
	}
}

// example is what a span of a row was.
type example struct {
	name string
	call slowlog.Call
}

// exampleOf reads a span in memory of its own. What tells one call of a row from another is left out: paths, and texts of statements.
func exampleOf(sp ptrace.Span) *example {
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
	c := r.Call(kindOf(sp.Kind()))
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
	next          int16 // number of the next one; they begin anew when all were used
	second, taken int64
}

type failure struct{ typ, message string }

const failuresEach = 16 // in a second

func (f *failures) add(sp ptrace.Span, second int64) int16 {
	if second != f.second {
		f.second, f.taken = second, 0
	}
	if f.taken++; f.taken > failuresEach {
		return -1
	}
	number := f.next
	f.last[int(number)%len(f.last)] = failureOf(sp)
	f.next = (number + 1) & math.MaxInt16
	return number
}

// of is one that is known still. A number that is used again is that of a span that is held no more.
func (f *failures) of(number int16) (is failure) {
	if age := (f.next - number) & math.MaxInt16; number >= 0 && age > 0 && int(age) <= len(f.last) {
		is = f.last[int(number)%len(f.last)]
	}
	return is
}

// failureOf reads what a span failed with, in memory of its own.
func failureOf(sp ptrace.Span) failure {
	f := thrownBy(sp)
	return failure{strings.Clone(conventions.Clip(f.typ)), strings.Clone(conventions.ErrorText(f.message[:min(len(f.message), 1024)]))}
}

func text(m pcommon.Map, key string) string {
	if v, ok := m.Get(key); ok {
		return v.Str()
	}
	return ""
}

// plain is a copy of a span in a chunk for the slow log. The lock is held.
func (s *Service) plain(c *chunk, h *heldSpan) (out slowlog.Span) {
	out = slowlog.Span{SpanID: h.id, Parent: h.parent, Kind: trace.SpanKind(h.kind), Start: c.timeOf(h.start), End: c.timeOf(h.end)}
	switch ptrace.StatusCode(h.status) {
	case ptrace.StatusCodeError:
		out.Status = codes.Error
	case ptrace.StatusCodeOk:
		out.Status = codes.Ok
	}
	f := s.held.failures.of(h.failure)
	out.ErrType, out.ErrMessage = f.typ, f.message
	if h.is < 0 {
		out.Name = s.held.names.texts[-1-h.is]
		return out
	}
	if int(h.is) < len(s.rows.all) && s.rows.all[h.is] != nil && s.rows.all[h.is].example != nil {
		r := s.rows.all[h.is]
		out.Name, out.Call = r.example.name, r.example.call
		if r.endpoint.Kind == conventions.KindDependency {
			out.Call.Dependency = r.endpoint.Route
		}
		return out
	}
	out.Name = otherName // its row has made room for others
	return out
}
