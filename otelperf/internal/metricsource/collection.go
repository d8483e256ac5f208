// SPDX-License-Identifier: Apache-2.0

package metricsource

import (
	"context"
	"errors"
	"fmt"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/otelperf/otelperf-go/slowlog/fault"
)

// collection is one of the SDK, which returns when the last of the program's callbacks has.
type collection struct {
	done chan struct{} // closed: data and err are there
	data metricdata.ResourceMetrics
	err  error
}

// gather collects, and returns within ctx. What comes later is dropped, since the next collection has it all; that one begins when no
// callback runs any more.
func (m *Source) gather(ctx context.Context) (*metricdata.ResourceMetrics, error) {
	if m.late != nil {
		if err := m.late.wait(ctx); err != nil {
			return nil, err
		}
		m.late = nil
	}
	c := &collection{done: make(chan struct{}), err: errors.New("otelperf: a callback of the MeterProvider panicked")}
	go func() {
		defer close(c.done)
		fault.Contain(&m.panics, func() { c.err = m.collect(ctx, &c.data) })
	}()
	if err := c.wait(ctx); err != nil {
		m.late = c
		return nil, err
	}
	return &c.data, c.err
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
