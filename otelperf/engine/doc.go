// SPDX-License-Identifier: Apache-2.0

// Package engine turns deltas of requests into windows, history, baselines and verdicts. It has no clock and no goroutine: time is
// what [Engine.Advance] is given, so that recorded requests run through it as live ones do.
//
// Its answers are plain values in Go's units: durations, counts, times. Package otelperf drives an engine from a span processor or a
// MeterProvider and gives the answers their JSON form; `otelperf replay` drives one with recorded requests.
package engine
