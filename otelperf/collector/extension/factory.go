// SPDX-License-Identifier: Apache-2.0

// Package extension is the extension "otelperf" of the OpenTelemetry Collector: it serves what the connectors of the same name judge, as a page, as
// JSON and as streams, one companion endpoint for each service. The README of package collector, above, has the configuration.
package extension

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/metadata"
)

// NewFactory returns the factory of the extension "otelperf".
func NewFactory() extension.Factory {
	return extension.NewFactory(metadata.Type, createDefaultConfig, func(_ context.Context, set extension.Settings, cfg component.Config) (extension.Extension, error) {
		return newServer(cfg.(*Config), set.TelemetrySettings), nil
	}, metadata.ExtensionStability)
}
