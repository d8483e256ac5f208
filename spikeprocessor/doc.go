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
// Of every local root, the span whose parent is remote or absent, and of spans of kind server and consumer even below another span of
// this process (but for one directly below a running one of its own kind, as where a server is instrumented twice), it records the
// duration under an endpoint:
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
// cannot crowd each other out. A row takes at most about 30 KiB of numbers, and that of an endpoint at most 24 KiB more of what
// tells its slow requests apart. Methods and routes are clipped to 256 bytes. The recorder's logs are bounded by package
// latency's Recorder.
//
// Slow and failed requests are in a slowlog.Store with bounds of its own. At most 100 requests a second (burst 200) are put there,
// besides any that took longer than all before them at their endpoint. Ended child spans are held until their local root ends, at
// most 8192 in the process and 256 of a request. At most 1024 running requests are noted, and at most 500 error groups are stored,
// with one more for each kind of endpoint.
//
// # Several providers
//
// [Processor.With] makes a processor for each tracer provider; all count together, and [Processor.Shutdown] of one ends nothing of the
// others: [Link.Stop] ends the counting. A provider may be made anew, with a processor of its own, as often as there is reason to.
// What next gets is judged for each processor: of spans that are recorded only because of Sampler it gets the start, and the end when
// they are rescued; of all others, start and end. Where a processor sees both unsampled spans of ours and such that the program's own
// sampler has recorded, they cannot be told apart when they end: from the first of these on next gets the end of all unsampled spans,
// and nothing of that provider is rescued.
//
// # Faults
//
// Nothing on the span path logs or panics. What could not be counted as it should have been is counted in [Stats]. A panic of ours is
// recovered and counted; one a minute goes to the OpenTelemetry error handler, with its stack and from a goroutine of its own. After
// 1000 of them the counting ends, which is reported, too. A panic of next is the program's own, and goes on to who ended the span.
//
// All exported methods are safe for concurrent use unless they say otherwise.
package spikeprocessor
