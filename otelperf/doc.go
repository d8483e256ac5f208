// SPDX-License-Identifier: Apache-2.0

// Package otelperf tells a Go service, from inside the process, what the real p99 of each of its endpoints is, whether
// it just left its normal, which requests were slow, and why. It is added to an OpenTelemetry pipeline that already exists:
//
//	mon, err := otelperf.New()
//	tp := sdktrace.NewTracerProvider(
//		sdktrace.WithSampler(mon.Sampler(root)),
//		sdktrace.WithSpanProcessor(mon.SpanProcessor(batcher)))
//	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(mon.Reader()))
//	srv := otelhttp.NewHandler(mon.Middleware(mux), "shop", otelhttp.WithFilter(mon.Filter))
//	admin.Handle("/debug/otelperf/", http.StripPrefix("/debug/otelperf", mon.Handler()))
//	defer mon.Shutdown(ctx)
//
// A program without a pipeline calls [Setup] instead.
//
// The [Monitor] measures where spans end, in package spikeprocessor; once a second the [Reader] moves what came into
// windows and baselines (the [Engine]); a [Summary] is the answer that Go code, the JSON endpoint and the command share.
//
// All exported methods are safe for concurrent use unless they say otherwise. Everything that is kept has a bound, named in
// the doc comment of the type that keeps it; the whole of a Monitor with the default options is at most about 64 MiB of
// endpoints and dependencies, 32 MiB of slow requests and 8 MiB of held spans, and typically a hundredth of that.
package otelperf
