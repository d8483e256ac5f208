// SPDX-License-Identifier: Apache-2.0

// Command prometheus is a service that Prometheus scrapes: otelperf's gauges and, as native histograms, the endpoints' durations.
package main
