// SPDX-License-Identifier: Apache-2.0

// Package spikeprocessor turns spans that have ended into latency numbers by endpoint, and stores of slow and failed requests where
// their time went.
//
// A [Processor] is an sdktrace.SpanProcessor that stands in front of the processor a program already had, or
// alone:
//
//	proc, err := spikeprocessor.New(batcher)
//	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(proc), sdktrace.WithSampler(proc.Sampler(nil)))
//
// Spans that are exported say what is known of them: the attributes are in package conventions, and the README lists them.
//
// Of every local root, the span whose parent is remote or absent, it records the duration under an endpoint:
// the method and the route template for an HTTP server span, the full method for RPC, the span name for message
// consumers and jobs; of every client and producer span, under what it called (package conventions says how all of them are
// named). The record is one 64-bit word in a sharded log (see package latency): no allocation, no lock
// that waits, no clock. Whoever asks for numbers, a metric reader through [Processor.Produce] or the engine through
// [Link.TakeDeltas], brings the cells up to date first, so every span that ended before the question is in the answer.
//
// # Bounds
//
// At most [WithMaxEndpoints] endpoints (500 by default) are kept apart; later ones share one overflow endpoint per
// kind with the route conventions.OverflowRoute. Dependencies have rows of their own, as many again, so that they and the endpoints
// cannot crowd each other out. A row takes at most about 30 KiB of numbers, and that of an endpoint at most 26 KiB more of what
// tells its slow requests apart. Methods and routes are clipped to 256 bytes. The recorder's logs are bounded by package
// latency's Recorder.
//
// Slow and failed requests are in a slowlog.Store with bounds of its own. At most 100 requests a second (burst 200) are put there,
// besides any that took longer than all before them at their endpoint. Ended child spans are held until their local root ends, at
// most 8192 in the process and 256 of a request. At most 1024 running requests are noted, and at most 500 error groups are stored,
// with one more for each kind of endpoint.
//
// # Faults
//
// Nothing on the span path logs or panics. What could not be counted as it should have been is counted in [Stats].
//
// All exported methods are safe for concurrent use unless they say otherwise.
package spikeprocessor
