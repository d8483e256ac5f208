// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/connector"
	"go.opentelemetry.io/collector/consumer"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/metadata"
)

// NewFactory returns the factory of the connector "otelperf".
func NewFactory() connector.Factory { return newFactory(shares) }

func newFactory(of *shareBook) connector.Factory {
	return connector.NewFactory(metadata.Type, createDefaultConfig,
		connector.WithTracesToLogs(func(_ context.Context, set connector.Settings, cfg component.Config, next consumer.Logs) (connector.Traces, error) {
			return &instance{book: of, set: set, config: cfg.(*Config), input: inputTraces, logs: next}, nil
		}, metadata.TracesToLogsStability),
		connector.WithTracesToMetrics(func(_ context.Context, set connector.Settings, cfg component.Config, next consumer.Metrics) (connector.Traces, error) {
			return &instance{book: of, set: set, config: cfg.(*Config), input: inputTraces, metrics: next}, nil
		}, metadata.TracesToMetricsStability),
		connector.WithMetricsToLogs(func(_ context.Context, set connector.Settings, cfg component.Config, next consumer.Logs) (connector.Metrics, error) {
			return &instance{book: of, set: set, config: cfg.(*Config), input: inputMetrics, logs: next}, nil
		}, metadata.MetricsToLogsStability),
		connector.WithMetricsToMetrics(func(_ context.Context, set connector.Settings, cfg component.Config, next consumer.Metrics) (connector.Metrics, error) {
			return &instance{book: of, set: set, config: cfg.(*Config), input: inputMetrics, metrics: next}, nil
		}, metadata.MetricsToMetricsStability),
	)
}
