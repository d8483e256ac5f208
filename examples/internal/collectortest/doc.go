// SPDX-License-Identifier: Apache-2.0

// Package collectortest puts a service with otelperf in front of a real collector, for tests that look at what arrives. Its own
// tests are about what must hold of every pipeline: all arrives, values and units are right, a collector in trouble is
// nobody's trouble, and nothing of the program's own telemetry changes.
package collectortest
