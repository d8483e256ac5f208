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
// cannot crowd each other out; jobs and consumers have a quarter of the rows at most, servers of other protocols an eighth, and routes
// that may be paths (conventions.Guesses) three quarters. HTTP has a quarter of its own, and RPC an eighth once there is one. Where [Link.Digest] is called, rows that had few requests long ago make room when there
// is little left, and what they had is in the overflow endpoint's numbers from then on. A row takes at most about 30 KiB of numbers, and
// that of an endpoint at most 26 KiB more of what
// tells its slow requests apart. Methods and routes are clipped to 256 bytes. The recorder's logs are bounded by package
// latency's Recorder.
//
// Slow and failed requests are in a slowlog.Store with bounds of its own. At most 100 requests a second (burst 200) are put there,
// besides any that took longer than all before them at their endpoint. At most 4096 running requests are known, and 1024 (and 16 for each CPU,
// at least 64) that began within the last two seconds; of more than 500 that begin within a second some may be left out. At most 500 error groups are stored, with
// one more for each kind of endpoint.
//
// Child spans go to a log when they end, which is written over: at most 8192 of at most 4 KiB each, and 128 for each of four parts a CPU where not
// many requests run at a time; their names and descriptions of status are weighed 32 at a time, so that those of 31 spans for each part may be longer. Of those that are about to be written over, or have been there for a second, and of heavier ones, those whose
// local root runs are held until it ends (with [WithInFlight] off, all are): at most 8 MiB in the process, by an estimate that counts every span as 1 KiB
// at least (so 8192 spans), 256 spans of a request (of those that run at a time with one trace, together), and of those that have most at most as much as is left for others. Where there is no
// room, requests that have been running for more than ten seconds (streams, consumers' loops) let go of theirs first; else those that
// have most give up some for those that have less. A span waits for a minute, and where a request of its trace is known to run, for an
// hour at most. Slow and failed requests wait with their children for [Link.Digest], and the 32 that were kept last ten seconds for late children; with samples of
// ordinary requests that is 16 MiB at most, and of one endpoint at most as much as is left for others. A span above 8 KiB is stored as a
// copy in which texts are cut to at most 2 KiB. Digest builds anatomies for 50 ms, or of 1 MiB of spans, and leaves the rest to the next
// call. What has no room is counted in [Stats]; numbers, the slow log's entries and exported spans are not affected, but a rescued child
// is exported as it is stored.
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
