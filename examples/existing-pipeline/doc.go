// SPDX-License-Identifier: Apache-2.0

// Command existing-pipeline is a service that had OpenTelemetry before otelperf: a tracer provider with a batch
// processor and head sampling, a meter provider with a periodic reader, and otelhttp around its mux. README.md shows the lines
// that were added.
//
// Its exporters write to standard error, so that it needs no collector; in a real service they are OTLP.
package main
