// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"time"

	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// database plays a database: its queries are client spans as an instrumented driver would make them, and take time.
type database struct {
	tracer trace.Tracer
	dice   *dice
}

func newDatabase(tp trace.TracerProvider) *database {
	return &database{tracer: tp.Tracer("demo/database"), dice: newDice(3)}
}

// query takes about as long as median. summary is the low-cardinality name of the query, such as "SELECT products".
func (db *database) query(ctx context.Context, summary string, median time.Duration) error {
	ctx, span := db.tracer.Start(ctx, summary, trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(semconv.DBSystemNamePostgreSQL, semconv.DBQuerySummary(summary)))
	defer span.End()
	return db.dice.wait(ctx, median, 0.4)
}
