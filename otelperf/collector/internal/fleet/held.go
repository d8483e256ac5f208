// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"encoding/binary"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// Spans are held as bytes, one after the other in chunks without a pointer: a head of headBytes, the name, and those attributes that
// explain a call.
//
//	length u16 | trace id 16 | span id 8 | parent id 8 | start i64 | end i64 | kind u8 | status u8 | length of the name u8 | name
//	then: key u8 | type u8 | of a text its length u16 and it, of all else an i64
const (
	atTrace   = 2
	atSpan    = atTrace + 16
	atParent  = atSpan + 8
	atStart   = atParent + 8
	atEnd     = atStart + 8
	atKind    = atEnd + 8
	atStatus  = atKind + 1
	atName    = atStatus + 1
	headBytes = atName + 1

	maxHeldName      = 128
	maxHeldText      = 256
	maxHeldStatement = 1024
	maxHeldSpan      = 4096 // attributes beyond are left out

	keyException        = 0xff // what was thrown: its type, and its message
	keyExceptionMessage = 0xfe
	keyRow              = 0xfd // number of the row that it was counted in
	keyStatusMessage    = 0xfc
)

// held are the spans of a service that are held, the oldest first.
type held struct {
	chunks []*chunk
	open   *chunk // that is written to; the last of chunks
	from   int    // where the span that is being written begins
}

// hold begins to hold a span, and reports whether there is room. What follows goes to s.held, until its end.
func (s *Service) hold(sp ptrace.Span, name string, kind trace.SpanKind, now time.Time) bool {
	c := s.held.open
	if c == nil || len(c.bytes)+maxHeldSpan > chunkBytes {
		if c = s.fleet.chunks.next(&s.held); c == nil {
			s.tally.spansDropped++
			return false
		}
	}
	c.arrived = now.Unix()
	start, end := int64(sp.StartTimestamp()), int64(sp.EndTimestamp())
	c.oldest, c.newest = min(c.oldest, start), max(c.newest, end)
	name = conventions.Clip(name)
	name = name[:min(len(name), maxHeldName)]
	id, parent, traceID := sp.SpanID(), sp.ParentSpanID(), sp.TraceID()
	b := c.bytes
	s.held.from = len(b)
	b = append(b, 0, 0)
	b = append(b, traceID[:]...)
	b = append(b, id[:]...)
	b = append(b, parent[:]...)
	b = binary.LittleEndian.AppendUint64(b, uint64(start))
	b = binary.LittleEndian.AppendUint64(b, uint64(end))
	b = append(b, byte(kind), byte(sp.Status().Code()), byte(len(name)))
	c.bytes = append(b, name...)
	return true
}

// attribute adds one to the span that is being written.
func (h *held) attribute(key conventions.Key, v conventions.Value) {
	switch {
	case v.Type == conventions.TypeText:
		h.text(byte(key), v.Text, maxHeldStatement)
	case v.Type != conventions.TypeOther && h.room(10):
		b := append(h.open.bytes, byte(key), byte(v.Type))
		h.open.bytes = binary.LittleEndian.AppendUint64(b, uint64(v.Number))
	}
}

func (h *held) exception(typ, message string) {
	h.text(keyException, typ, maxHeldName)
	h.text(keyExceptionMessage, message, maxHeldText)
}

func (h *held) text(key byte, text string, limit int) {
	if len(text) > maxHeldText && !conventions.Key(key).IsStatement() {
		limit = min(limit, maxHeldText)
	}
	text = text[:min(len(text), limit)]
	if !h.room(4 + len(text)) {
		return
	}
	b := append(h.open.bytes, key, byte(conventions.TypeText), byte(len(text)), byte(len(text)>>8))
	h.open.bytes = append(b, text...)
}

func (h *held) room(n int) bool { return len(h.open.bytes)-h.from+n <= maxHeldSpan }

// row notes in which row the call was counted.
func (h *held) row(id int32) {
	h.attribute(keyRow, conventions.Value{Number: int64(id), Type: conventions.TypeInteger})
}

// end ends the span.
func (h *held) end() {
	binary.LittleEndian.PutUint16(h.open.bytes[h.from:], uint16(len(h.open.bytes)-h.from))
}

// heldSpan is one of them. It is valid while the lock of its service is held.
type heldSpan []byte

func (b heldSpan) traceID() (id trace.TraceID) { return trace.TraceID(b[atTrace:atSpan]) }

// each yields the spans of a chunk.
func (c *chunk) each(yield func(heldSpan) bool) {
	for b := c.bytes; len(b) > 0; {
		n := int(binary.LittleEndian.Uint16(b))
		if n < headBytes || !yield(heldSpan(b[:n])) { // one that was never ended
			return
		}
		b = b[n:]
	}
}

// plain is a copy for the slow log. The lock is held.
func (svc *Service) plain(b heldSpan) (s slowlog.Span) {
	s = slowlog.Span{
		SpanID: trace.SpanID(b[atSpan:atParent]), Parent: trace.SpanID(b[atParent:atStart]), Kind: trace.SpanKind(b[atKind]),
		Start: timeAt(b[atStart:]), End: timeAt(b[atEnd:]),
	}
	switch ptrace.StatusCode(b[atStatus]) {
	case ptrace.StatusCodeError:
		s.Status = codes.Error
	case ptrace.StatusCodeOk:
		s.Status = codes.Ok
	}
	rest := b[headBytes:]
	n := int(b[atName])
	s.Name, rest = string(rest[:n]), rest[n:]
	var r conventions.CallReader
	dependency := ""
	for len(rest) > 0 {
		key, typ := rest[0], conventions.Type(rest[1])
		var v conventions.Value
		if typ == conventions.TypeText {
			n := 4 + int(binary.LittleEndian.Uint16(rest[2:]))
			v, rest = conventions.Value{Type: typ, Text: string(rest[4:n])}, rest[n:]
		} else {
			v, rest = conventions.Value{Type: typ, Number: int64(binary.LittleEndian.Uint64(rest[2:]))}, rest[10:]
		}
		switch key {
		case keyException:
			s.ErrType = v.Text
		case keyExceptionMessage:
			s.ErrMessage = conventions.ErrorText(v.Text)
		case keyStatusMessage:
			s.StatusMessage = conventions.ErrorText(v.Text)
		case keyRow:
			dependency = svc.rows.route(v.Number)
		default:
			r.Take(conventions.Key(key), v)
		}
	}
	s.Call = r.Call(s.Kind)
	upkeep, _ := conventions.Upkeep(s.Name)
	s.Call.Upkeep, s.Call.Dependency = upkeep, dependency
	return s
}

func timeAt(b []byte) time.Time { return time.Unix(0, int64(binary.LittleEndian.Uint64(b))) }
