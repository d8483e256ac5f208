// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// isCall reports whether spans of the kind are calls to dependencies.
func isCall(kind trace.SpanKind) bool {
	return kind == trace.SpanKindClient || kind == trace.SpanKindProducer
}

// measured is a call to be recorded: its word for the recorder, and the row that it is of, nil for none.
type measured struct {
	row  *entry
	word word
}

// measureCall finds what a client or producer span called; nothing for what only comes with another call and did not fail. It
// allocates only for a statement that it has not seen before.
func (c *core) measureCall(s sdktrace.ReadOnlySpan, kind trace.SpanKind, name string, attrs []attribute.KeyValue, status codes.Code) (call measured) {
	if _, part := conventions.Upkeep(name); part && status != codes.Error {
		return call
	}
	end := s.EndTime()
	d := max(0, end.Sub(s.StartTime()))
	outcome := slowlog.OutcomeOK
	if status == codes.Error {
		outcome = slowlog.OutcomeServerError
	}
	e := c.table.lookup(c.dependency(s, kind, attrs, end))
	return measured{row: e, word: packWord(e.id, outcome, d)}
}

func (c *core) recordCall(call measured) {
	if call.row != nil {
		c.rec.Record(call.word)
	}
}

// dependency names the row of a call that ended at a time.
func (c *core) dependency(s sdktrace.ReadOnlySpan, kind trace.SpanKind, attrs []attribute.KeyValue, end time.Time) (row class, prefix, name string) {
	category, prefix, name, statement, port := c.calls.Dependency(kind, attrs)
	if name == "" && statement != "" {
		name = c.queries.summary(statement, prefix, end)
	}
	if name == "" {
		if name, statement = category.NameOf(s.Name(), attrs); statement != "" {
			name = c.queries.summary(statement, prefix, end)
		}
	}
	return dependencyClass(category, port), prefix, name
}
