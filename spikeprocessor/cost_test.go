// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"context"
	"fmt"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/slowlog"
)

// grab is a processor that keeps the last snapshot that the SDK made, so that OnEnd can be measured with the real thing.
type grab struct{ span sdktrace.ReadOnlySpan }

func (g *grab) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (g *grab) OnEnd(s sdktrace.ReadOnlySpan)                   { g.span = s }
func (g *grab) Shutdown(context.Context) error                  { return nil }
func (g *grab) ForceFlush(context.Context) error                { return nil }

// serverAttrs are those that otelhttp gives a server span, in its order. With a route they are a router's, without
// those around a ServeMux.
func serverAttrs(i int, route bool) []attribute.KeyValue {
	attrs := []attribute.KeyValue{
		attribute.String("server.address", "shop.example"), attribute.String("http.request.method", "GET"),
		attribute.String("url.scheme", "http"), attribute.Int("server.port", 8080),
		attribute.String("network.peer.address", "10.0.0.1"), attribute.Int("network.peer.port", 40000),
		attribute.String("user_agent.original", "Mozilla/5.0"), attribute.String("client.address", "10.0.0.1"),
		attribute.String("url.path", "/items/17"), attribute.String("network.protocol.version", "1.1"),
	}
	if route {
		attrs = append(attrs, attribute.String("http.route", routes[i%len(routes)]))
	}
	return append(attrs, attribute.Int("http.response.body.size", 512), attribute.Int("http.response.status_code", 200))
}

var routes = func() (r [100]string) {
	for i := range r {
		r[i] = fmt.Sprintf("/api/v1/items%d/{id}", i)
	}
	return r
}()

// snapshots returns the SDK's snapshots of n ended server spans.
func snapshots(n int, route bool) []sdktrace.ReadOnlySpan {
	g := &grab{}
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(g), sdktrace.WithSampler(sdktrace.AlwaysSample()))
	out := make([]sdktrace.ReadOnlySpan, n)
	for i := range out {
		_, s := tp.Tracer("").Start(context.Background(), "GET "+routes[i%len(routes)], trace.WithSpanKind(trace.SpanKindServer),
			trace.WithAttributes(serverAttrs(i, route)...))
		s.End()
		out[i] = g.span
	}
	return out
}

// BenchmarkProcessorOnEnd is what the processor adds to span.End, with the SDK's own snapshots.
func BenchmarkProcessorOnEnd(b *testing.B) {
	for _, bm := range []struct {
		name  string
		n     int
		route bool
	}{{"hot", 1, true}, {"hot-name", 1, false}, {"100endpoints", 100, true}, {"100endpoints-name", 100, false}} {
		b.Run(bm.name, func(b *testing.B) {
			p, err := New(nil)
			if err != nil {
				b.Fatal(err)
			}
			p.Link().TakeDeltas(func(*Delta) {})
			spans := snapshots(bm.n, bm.route)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				p.OnEnd(spans[i%len(spans)])
			}
		})
	}
}

// BenchmarkProcessorOnEndParallel is the same with every core on one endpoint.
func BenchmarkProcessorOnEndParallel(b *testing.B) {
	p, err := New(nil)
	if err != nil {
		b.Fatal(err)
	}
	span := snapshots(1, true)[0]
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			p.OnEnd(span)
		}
	})
}

// BenchmarkProcessorSpan is a whole span: without a processor of ours, and with it.
func BenchmarkProcessorSpan(b *testing.B) {
	for _, name := range []string{"sdk-alone", "otelperf"} {
		b.Run(name, func(b *testing.B) {
			opts := []sdktrace.TracerProviderOption{sdktrace.WithSpanProcessor(&grab{}), sdktrace.WithSampler(sdktrace.AlwaysSample())}
			if name == "otelperf" {
				p, err := New(&grab{})
				if err != nil {
					b.Fatal(err)
				}
				opts[0] = sdktrace.WithSpanProcessor(p)
			}
			tracer := sdktrace.NewTracerProvider(opts...).Tracer("")
			attrs := make([][]attribute.KeyValue, len(routes))
			for i := range attrs {
				attrs[i] = serverAttrs(i, true)
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				_, s := tracer.Start(context.Background(), "GET", trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(attrs[i%len(attrs)]...))
				s.End()
			}
		})
	}
}

// BenchmarkTakeDeltas is a tick's share of the processor: 500 endpoints with 20 requests each.
func BenchmarkTakeDeltas(b *testing.B) {
	p, err := New(nil)
	if err != nil {
		b.Fatal(err)
	}
	p.Link().TakeDeltas(func(*Delta) {})
	var ids []*entry
	for i := range 500 {
		ids = append(ids, p.core.table.lookup(httpClass, "GET", fmt.Sprintf("/%d", i)))
	}
	words := make([]uint64, 0, 10_000)
	for i := range 20 {
		for _, e := range ids {
			words = append(words, packWord(e.id, slowlog.OutcomeOK, time.Duration(1+i)*3*time.Millisecond))
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		for _, w := range words {
			p.core.rec.Record(w)
		}
		p.Link().TakeDeltas(func(*Delta) {})
	}
}
