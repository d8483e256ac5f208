// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"time"

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

// measureCall records a client or producer span under what it called. It allocates only for a statement that it has not seen before.
func (c *core) measureCall(s sdktrace.ReadOnlySpan) {
	kind := s.SpanKind()
	if !isCall(kind) {
		return
	}
	plain := conventions.Span{Kind: kind, Name: s.Name(), Attributes: s.Attributes()}
	end := s.EndTime()
	d := c.dependency(&plain, end)
	outcome := slowlog.OutcomeOK
	if s.Status().Code == codes.Error {
		outcome = slowlog.OutcomeServerError
	}
	e := c.table.lookup(classOf(&d), d.Prefix, d.Name)
	c.rec.Record(packWord(e.id, outcome, max(0, end.Sub(s.StartTime()))))
}

// dependency names what a call that ended at a time went to.
func (c *core) dependency(s *conventions.Span, end time.Time) conventions.Dependency {
	return s.Dependency(func(statement, system string) string { return c.queries.summary(statement, system, end) })
}
