// SPDX-License-Identifier: Apache-2.0

// Package collector is the connector "otelperf" of the OpenTelemetry Collector: it judges the latency, the failures and the silence of every
// service whose spans pass, over all its instances and in any language, as package otelperf does within a process of Go. Incidents leave
// it as logs, what it measures as metrics. The README has the configuration.
package collector
