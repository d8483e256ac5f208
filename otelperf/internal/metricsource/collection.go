// SPDX-License-Identifier: Apache-2.0

package metricsource

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/otelperf/otelperf-go/slowlog/fault"
	"github.com/otelperf/otelperf-go/spikeprocessor"
)

// collection is one of the SDK, which returns when the last of the program's callbacks has.
type collection struct {
	done chan struct{} // closed: data and err are there
	data metricdata.ResourceMetrics
	err  error
}

// Collect calls use with what came since the last call of use, up to now. It returns within ctx; after an error, what is lacking comes with a later
// call: a collection that comes late is used when it comes, before another one begins, and never do two run at once.
func (m *Source) Collect(ctx context.Context, use func(time.Time, iter.Seq[*spikeprocessor.Delta])) error {
	if late := m.late; late != nil {
		if err := late.wait(ctx); err != nil {
			return err
		}
		m.late = nil
		_ = m.take(late, use) // if it failed, the next one has it all
	}
	c := m.begin(ctx)
	if err := c.wait(ctx); err != nil {
		m.late = c
		m.waits.Add(1)
		return err
	}
	return m.take(c, use)
}

func (m *Source) begin(ctx context.Context) *collection {
	c := &collection{done: make(chan struct{}), err: errors.New("otelperf: a callback of the MeterProvider panicked")}
	go func() {
		defer close(c.done)
		fault.Contain(&m.panics, func() { c.err = m.collect(ctx, &c.data) })
	}()
	return c
}

// take feeds what a collection has, that of one whose callbacks gave up when their context ended, too: the SDK fills in the histograms.
func (m *Source) take(c *collection, use func(time.Time, iter.Seq[*spikeprocessor.Delta])) error {
	timedOut := errors.Is(c.err, context.DeadlineExceeded) || errors.Is(c.err, context.Canceled)
	if c.err != nil && (!timedOut || c.data.Resource == nil) {
		return c.err
	}
	m.resource.Store(c.data.Resource)
	m.readAll(c.data.ScopeMetrics)
	use(time.Now(), m.deltas)
	return nil
}

func (m *Source) collect(ctx context.Context, to *metricdata.ResourceMetrics) error {
	err := m.Reader.Collect(ctx, to)
	if err != nil && !errors.Is(err, sdkmetric.ErrReaderNotRegistered) {
		return fmt.Errorf("otelperf: collecting the MeterProvider: %w", err)
	}
	return err
}

func (c *collection) wait(ctx context.Context) error {
	select {
	case <-c.done:
		return nil
	default:
	}
	select {
	case <-c.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("otelperf: collecting the MeterProvider: a callback has not returned: %w", ctx.Err())
	}
}
