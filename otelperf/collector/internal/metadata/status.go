// SPDX-License-Identifier: Apache-2.0

// Package metadata is what metadata.yaml says of the connector, for the code; a test compares the two.
package metadata

import "go.opentelemetry.io/collector/component"

// Type is that of the connector.
var Type = component.MustNewType("otelperf")

// ScopeName is the instrumentation scope of what the connector says of itself.
const ScopeName = "github.com/otelperf/otelperf-go/otelperf/collector"

// ExtensionStability is that of the extension of the same name.
const ExtensionStability = component.StabilityLevelDevelopment

// Stability of the pairs of signals.
const (
	TracesToLogsStability     = component.StabilityLevelDevelopment
	TracesToMetricsStability  = component.StabilityLevelDevelopment
	MetricsToLogsStability    = component.StabilityLevelDevelopment
	MetricsToMetricsStability = component.StabilityLevelDevelopment
)
