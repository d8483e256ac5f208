// SPDX-License-Identifier: Apache-2.0

// Package footprint has the smallest service that otelhttp measures, without and with otelperf: what programs grow by.
package footprint
