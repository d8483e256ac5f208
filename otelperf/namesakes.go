// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"context"
	"reflect"
	"sync"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// living are the Monitors of this process, from New to Shutdown. Those of one name on one MeterProvider overwrite each other's metrics.
var living struct {
	mu  sync.Mutex // guards all; held while all is looked through
	all map[*Monitor]struct{}
}

func (m *Monitor) enlist() {
	living.mu.Lock()
	defer living.mu.Unlock()
	if living.all == nil {
		living.all = map[*Monitor]struct{}{}
	}
	living.all[m] = struct{}{}
}

func (m *Monitor) delist() {
	living.mu.Lock()
	defer living.mu.Unlock()
	delete(living.all, m)
}

// hasNamesake reports whether another Monitor of this name is on the same MeterProvider. Where nobody reads metrics, there is nothing to
// overwrite: then that is asked of a MeterProvider of the SDK alone, which most likely has a reader that is going to collect.
func (m *Monitor) hasNamesake(unread bool) bool {
	if m.metering == nil {
		return false
	}
	if unread {
		_, unread = m.meters().(*sdkmetric.MeterProvider)
	}
	living.mu.Lock()
	defer living.mu.Unlock()
	for other := range living.all {
		if other != m && other.cfg.name == m.cfg.name && other.metering != nil && same(other.meters(), m.meters()) &&
			(unread || m.metering.observed.Load() && other.metering.observed.Load()) {
			return true
		}
	}
	return false
}

// meters is the MeterProvider of our instruments. The global one may be another by now: what was made with the first goes to it, too.
func (m *Monitor) meters() metric.MeterProvider {
	if m.cfg.meterProvider != nil {
		return m.cfg.meterProvider
	}
	return otel.GetMeterProvider()
}

func same(a, b metric.MeterProvider) bool {
	return reflect.ValueOf(a).Comparable() && reflect.ValueOf(b).Comparable() && a == b
}

const namesakeText = "Another Monitor of the same name, or without one as this, reports to the same MeterProvider: they overwrite each other's " +
	"metrics. Give each a name of its own (WithName)."

// observed notes that our metrics are read, and warns once if another Monitor overwrites them.
func (m *Monitor) observed(in *instruments) {
	if !in.observed.Swap(true) && m.hasNamesake(false) {
		m.audits.warn(namesakeText)
	}
}

// namedProducer adds the name of a Monitor to the points of its Producer.
type namedProducer struct {
	sdkmetric.Producer
	name []attribute.KeyValue
}

// Produce implements sdkmetric.Producer.
func (n namedProducer) Produce(ctx context.Context) ([]metricdata.ScopeMetrics, error) {
	scopes, err := n.Producer.Produce(ctx)
	for _, sm := range scopes {
		for _, m := range sm.Metrics {
			h, ok := m.Data.(metricdata.ExponentialHistogram[float64])
			if !ok {
				continue
			}
			for i := range h.DataPoints {
				set := &h.DataPoints[i].Attributes
				*set = attribute.NewSet(append(set.ToSlice(), n.name...)...)
			}
		}
	}
	return scopes, err
}
