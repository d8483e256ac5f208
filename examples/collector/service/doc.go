// SPDX-License-Identifier: Apache-2.0

// Command service is a shop that had no OpenTelemetry before: otelperf.Setup builds its pipeline, and the OTLP exporters read the
// standard OTEL_* variables. It sends requests to itself, and after a while its checkout becomes slow.
package main
