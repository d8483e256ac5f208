// SPDX-License-Identifier: Apache-2.0

// Package otelperf says, from inside a Go service, what the real p99 of each of its endpoints is, whether it has just left
// its normal range, which requests were slow, and where their time went. It is added to an OpenTelemetry pipeline that exists:
//
//	mon, err := otelperf.New()
//	tp := sdktrace.NewTracerProvider(
//		sdktrace.WithSpanProcessor(mon.SpanProcessor(batcher)),
//		sdktrace.WithSampler(mon.Sampler(root)))
//	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(mon.Reader()))
//	srv := otelhttp.NewHandler(mon.Middleware(mux), "shop", otelhttp.WithFilter(mon.Filter))
//	admin.Handle("/debug/otelperf/", http.StripPrefix("/debug/otelperf", mon.Handler()))
//	...
//	err = errors.Join(mon.Shutdown(ctx), tp.Shutdown(ctx), mp.Shutdown(ctx))
//
// A program without a pipeline calls [Setup] instead. The README of the module has both as whole programs.
//
// # Parts
//
// The [Monitor] measures where spans end, in package spikeprocessor. Once a second the [Reader] moves what came into windows and
// baselines, which package engine keeps. A [Summary] is the answer that Go code, the JSON endpoint, the page and the command share.
//
// SpanProcessor is the part that measures; each of the others adds something and may be left out. With [WithMetricSource] the
// numbers come from the duration metrics of the instrumentation instead, and no processor is needed.
//
// # Bounds
//
// Everything that is stored has a bound, which the doc comment of its type names. With the default options a Monitor takes
//
//   - at most about 100 KiB for each of 500 endpoints and 75 KiB for each of 500 dependencies, about 85 MiB in all, if their durations
//     are spread from microseconds to hours; about 25 KiB for each with ordinary ones
//   - at most 256 KiB for an hour of the runtime's signals, and 40 KiB for each of at most 16 connection pools
//   - with [WithEvidence] at most 20 MiB of recordings, and 100 MiB for some seconds while one is read
//   - at most 32 MiB of slow and failed requests, and about 3 MiB of error groups and stacks
//   - about 8 MiB of child spans that ended last, at most 8192 of at most 4 KiB, with few requests at a time 128 for each of four parts a CPU
//   - at most 8 MiB of other child spans whose request has not ended (8192 at most), and 16 MiB of those of slow requests that wait for their
//     anatomy, or ten seconds for late children
//
// Analytics events have bounds of their own, see package events.
//
// # Concurrency
//
// All exported functions and methods are safe for concurrent use unless they say otherwise.
package otelperf
