// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"go.opentelemetry.io/contrib/zpages"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelperf/otelperf-go/spikeprocessor"
)

// Names of the variants that others are compared with.
const (
	vNone      = "no processor"
	vNoop      = "no-op processor"
	vZpages    = "contrib zpages"
	vBatch     = "BatchSpanProcessor, exporter that discards"
	vClassic   = "the classic: mutex, last 1000"
	vFloor     = "the five questions to the span, nothing recorded"
	vOurs      = "otelperf"
	vLean      = "otelperf, WithInFlight(false)"
	vNoAnatomy = "otelperf, WithAnatomy(false)"
	vNoDeps    = "otelperf, WithDependencies(false)"
	vBare      = "otelperf, all three off"
	vWrapped   = "otelperf around that BatchSpanProcessor"
)

// variant is a span processor to compare. make returns nil for none at all.
type variant struct {
	name string
	make func() sdktrace.SpanProcessor
}

func variants() []variant {
	return append([]variant{
		{vNone, func() sdktrace.SpanProcessor { return nil }},
		{vNoop, func() sdktrace.SpanProcessor { return noop{} }},
		{vBatch, batcher},
		{vZpages, func() sdktrace.SpanProcessor { return zpages.NewSpanProcessor() }},
		{vClassic, func() sdktrace.SpanProcessor { return newClassic() }},
		{vFloor, func() sdktrace.SpanProcessor { return &floor{} }},
	}, ours()...)
}

// ours are the modes of otelperf's processor, standing alone but for the last.
func ours() []variant {
	off := []spikeprocessor.Option{spikeprocessor.WithInFlight(false), spikeprocessor.WithAnatomy(false), spikeprocessor.WithDependencies(false)}
	return []variant{
		{vOurs, func() sdktrace.SpanProcessor { return processor() }},
		{vLean, func() sdktrace.SpanProcessor { return processor(off[0]) }},
		{vNoAnatomy, func() sdktrace.SpanProcessor { return processor(off[1]) }},
		{vNoDeps, func() sdktrace.SpanProcessor { return processor(off[2]) }},
		{vBare, func() sdktrace.SpanProcessor { return processor(off...) }},
		{vWrapped, func() sdktrace.SpanProcessor { return around(batcher()) }},
	}
}

// batcher is what most services have.
func batcher() sdktrace.SpanProcessor { return sdktrace.NewBatchSpanProcessor(discard{}) }

// processor is ours standing alone.
func processor(opts ...spikeprocessor.Option) *spikeprocessor.Processor { return around(nil, opts...) }

// around is ours as a Monitor has it: somebody takes deltas from it. The first Take says so.
func around(next sdktrace.SpanProcessor, opts ...spikeprocessor.Option) *spikeprocessor.Processor {
	p, err := spikeprocessor.New(next, opts...)
	if err != nil {
		panic(err)
	}
	p.Link().TakeDeltas(func(*spikeprocessor.Delta) {})
	return p
}

// named returns the variants with these names.
func named(names ...string) (out []variant) {
	all := variants()
	for _, name := range names {
		for _, v := range all {
			if v.name == name {
				out = append(out, v)
			}
		}
	}
	return out
}

// noop is the least that a processor can do.
type noop struct{}

// OnStart implements sdktrace.SpanProcessor.
func (noop) OnStart(context.Context, sdktrace.ReadWriteSpan) {}

// OnEnd implements sdktrace.SpanProcessor.
func (noop) OnEnd(sdktrace.ReadOnlySpan) {}

// Shutdown implements sdktrace.SpanProcessor.
func (noop) Shutdown(context.Context) error { return nil }

// ForceFlush implements sdktrace.SpanProcessor.
func (noop) ForceFlush(context.Context) error { return nil }

// discard is an exporter that exports nothing.
type discard struct{}

// ExportSpans implements sdktrace.SpanExporter.
func (discard) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error { return nil }

// Shutdown implements sdktrace.SpanExporter.
func (discard) Shutdown(context.Context) error { return nil }
