// SPDX-License-Identifier: Apache-2.0

package collectortest

import (
	"context"
	"sync/atomic"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// lateProducer produces nothing until it is given another Producer, and then what that one does.
type lateProducer struct {
	to atomic.Pointer[sdkmetric.Producer]
}

func (p *lateProducer) Store(to sdkmetric.Producer) { p.to.Store(&to) }

// Produce implements sdkmetric.Producer.
func (p *lateProducer) Produce(ctx context.Context) ([]metricdata.ScopeMetrics, error) {
	if to := p.to.Load(); to != nil {
		return (*to).Produce(ctx)
	}
	return nil, nil
}
