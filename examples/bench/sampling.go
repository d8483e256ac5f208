// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelperf/otelperf-go/spikeprocessor"
)

// Sampling at one percent, with and without our sampler.
const (
	sNever  = "1 % head sampling, no-op processor"
	sAlways = "AlwaysSample, no-op processor"
)

func samplingSubjects(level func(*sdktrace.TracerProvider) func(n int)) []subject {
	root := sdktrace.ParentBased(sdktrace.TraceIDRatioBased(0.01))
	tp := func(s sdktrace.Sampler, p sdktrace.SpanProcessor) *sdktrace.TracerProvider {
		return sdktrace.NewTracerProvider(sdktrace.WithSampler(s), sdktrace.WithSpanProcessor(p))
	}
	out := []subject{
		timed(sNever, level(tp(root, noop{}))),
		timed(sAlways, level(tp(sdktrace.AlwaysSample(), noop{}))),
	}
	for _, m := range []struct {
		name string
		mode spikeprocessor.SamplerMode
	}{{"RecordAll", spikeprocessor.RecordAll}, {"RecordRoots", spikeprocessor.RecordRoots}, {"RecordSuspects", spikeprocessor.RecordSuspects}} {
		p := processor(spikeprocessor.WithSamplerMode(m.mode))
		out = append(out, timed("1 % and otelperf, "+m.name, level(tp(p.Sampler(root), p))))
	}
	return out
}

func samplingTable(w io.Writer, quick bool) {
	for _, l := range []struct {
		title string
		level func(*sdktrace.TracerProvider) func(n int)
	}{
		{"A span without children, 100 endpoints, by sampler", func(tp *sdktrace.TracerProvider) func(n int) { return spansOf(tp.Tracer(""), endpoints) }},
		{"A request with five database calls, by sampler", func(tp *sdktrace.TracerProvider) func(n int) { return familyOf(tp.Tracer(""), 5) }},
		{"A whole otelhttp request, by sampler", func(tp *sdktrace.TracerProvider) func(n int) { return serving(handler(shop(), tp, meters())) }},
	} {
		t := measure(samplingSubjects(l.level), plan{rounds(quick, 31, 201), 5 * time.Millisecond})
		g := &grid{title: l.title, head: []string{"", "ns", "more than " + sNever + ", ns", "of what AlwaysSample adds"}}
		for _, name := range t.names {
			g.row(name, t.times(name).ns(), t.over(name, sNever).ns(), t.ratio(name, sAlways, sNever).ratio())
		}
		g.print(w)
	}
}
