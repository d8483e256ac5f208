// SPDX-License-Identifier: Apache-2.0

package events

import (
	"context"
	"sync/atomic"

	"go.opentelemetry.io/otel/sdk/instrumentation"
)

// Deliveries counts what an exporter makes of the events of one [Tracker]. The SDK's batch processor gives up what it
// could not export and reports that to the global error handler alone: what arrived is known at the exporter only.
// The zero value is ready; a Deliveries must not be copied.
//
//	deliveries := &events.Deliveries{}
//	lp := sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewBatchProcessor(events.Watch(deliveries, exporter))))
//	tracker, err := events.New(events.WithLoggerProvider(lp), events.WithDeliveries(deliveries))
type Deliveries struct{ delivered, failed atomic.Uint64 }

// Exporter has the methods of the SDK's log exporter for R, its Record. This module does not depend on the SDK for logs.
type Exporter[R any] interface {
	Export(ctx context.Context, records []R) error
	Shutdown(ctx context.Context) error
	ForceFlush(ctx context.Context) error
}

// ScopedRecord is a pointer to a record that knows its instrumentation scope, as the SDK's does.
type ScopedRecord[R any] interface {
	*R
	InstrumentationScope() instrumentation.Scope
}

// Watch returns next as an exporter that counts in d what becomes of events; other records pass uncounted. An export that
// returns an error counts as failed as a whole, though a collector may have taken a part of it. One exporter of a
// pipeline is to be watched: two would count each event twice.
func Watch[R any, P ScopedRecord[R]](d *Deliveries, next Exporter[R]) Exporter[R] {
	return &watched[R, P]{Exporter: next, deliveries: d}
}

type watched[R any, P ScopedRecord[R]] struct {
	Exporter[R]
	deliveries *Deliveries
}

func (w *watched[R, P]) Export(ctx context.Context, records []R) error {
	var n uint64
	for i := range records { // before the export: the slice is not ours after it
		if P(&records[i]).InstrumentationScope().Name == scopeName {
			n++
		}
	}
	err := w.Exporter.Export(ctx, records)
	if err != nil {
		w.deliveries.failed.Add(n)
	} else {
		w.deliveries.delivered.Add(n)
	}
	return err
}
