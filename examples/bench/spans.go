// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/spikeprocessor"
)

// endpoints is how many take turns in the levels above the hot one.
const endpoints = 100

// ended is a span of the SDK as a processor gets it at its start and at its end.
type ended struct {
	start sdktrace.ReadWriteSpan
	end   sdktrace.ReadOnlySpan
}

// grab keeps the last span.
type grab struct {
	noop
	last ended
}

// OnStart implements sdktrace.SpanProcessor.
func (g *grab) OnStart(_ context.Context, s sdktrace.ReadWriteSpan) { g.last.start = s }

// OnEnd implements sdktrace.SpanProcessor.
func (g *grab) OnEnd(s sdktrace.ReadOnlySpan) { g.last.end = s }

// serverAttrs are those that otelhttp and a router give a server span, in their order.
func serverAttrs(i int) []attribute.KeyValue {
	return []attribute.KeyValue{
		attribute.String("server.address", "shop.example"), attribute.String("http.request.method", "GET"),
		attribute.String("url.scheme", "http"), attribute.Int("server.port", 8080),
		attribute.String("network.peer.address", "10.0.0.1"), attribute.Int("network.peer.port", 40000),
		attribute.String("user_agent.original", "Mozilla/5.0"), attribute.String("client.address", "10.0.0.1"),
		attribute.String("url.path", "/items/17"), attribute.String("network.protocol.version", "1.1"),
		attribute.String("http.route", route(i)),
		attribute.Int("http.response.body.size", 512), attribute.Int("http.response.status_code", 200),
	}
}

// route is the i-th route: always the same string, as it comes from a router's table.
func route(i int) string { return routes[i] }

var routes = func() (r [1000]string) {
	for i := range r {
		r[i] = fmt.Sprintf("/api/v1/items%d/{id}", i)
	}
	return r
}()

// spans returns n ended server spans of as many endpoints.
func spans(n int) []ended { return spansBelow(context.Background(), n) }

// remote is what a request brings whose caller is traced as well: a parent in another process.
func remote() context.Context {
	return trace.ContextWithRemoteSpanContext(context.Background(), trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled, Remote: true}))
}

func spansBelow(ctx context.Context, n int) []ended {
	g := &grab{}
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(g), sdktrace.WithSampler(sdktrace.AlwaysSample())).Tracer("")
	out := make([]ended, n)
	for i := range out {
		_, s := tracer.Start(ctx, "GET "+route(i), trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(serverAttrs(i)...))
		s.End()
		out[i] = g.last
	}
	return out
}

// hot is OnStart and OnEnd of one span, over and over.
func hot(v variant) subject { return again(v, spans(1)[0]) }

// hotRemote is the same with a span whose parent is in another process.
func hotRemote(v variant) subject { return again(v, spansBelow(remote(), 1)[0]) }

func again(v variant, s ended) subject { return timed(v.name, startAndEnd(v.make(), s)) }

func startAndEnd(p sdktrace.SpanProcessor, s ended) func(n int) {
	ctx := context.Background()
	return func(n int) {
		for range n {
			p.OnStart(ctx, s.start)
			p.OnEnd(s.end)
		}
	}
}

// hotTicked is hot with a tick before each turn, which is not counted: what a request waits for, where hot has all the CPU time
// that it leads to.
func hotTicked(v variant) subject {
	p := v.make()
	run := startAndEnd(p, spans(1)[0])
	ours, ok := p.(*spikeprocessor.Processor)
	return subject{v.name, func(n int) time.Duration {
		if ok {
			ours.Link().TakeDeltas(func(*spikeprocessor.Delta) {})
		}
		return cpuOf(func() { run(n) })
	}}
}

// swept is the same for endpoints that nobody asked for since something else had the caches. What the SDK has just
// written when it calls a processor, the span, is brought back first.
func swept(v variant) subject {
	const burst = 16
	p, all, ctx := v.make(), spans(endpoints), context.Background()
	sweep, sum := make([]uint64, 4<<20/8), uint64(0)
	at := 0
	return subject{v.name, func(n int) (total time.Duration) {
		for done := 0; done < n; done += burst {
			for i := 0; i < len(sweep); i += 8 {
				sweep[i]++
			}
			some := all[at : at+burst]
			at = (at + burst) % (endpoints - burst)
			for _, s := range some {
				sum += touch(s)
			}
			began := cpuTime()
			for _, s := range some {
				p.OnStart(ctx, s.start)
				p.OnEnd(s.end)
			}
			total += cpuTime() - began
		}
		if sum == 0 {
			panic("bench: spans without attributes")
		}
		return total * time.Duration(n) / time.Duration((n+burst-1)/burst*burst)
	}}
}

func touch(s ended) (n uint64) {
	for _, kv := range s.end.Attributes() {
		n += uint64(len(kv.Key) + len(kv.Value.AsString()))
	}
	return n + uint64(s.start.SpanContext().SpanID()[0])
}

// whole is a span from start to end, of 100 endpoints in turn.
func whole(v variant) subject { return wholeOf(endpoints)(v) }

// wholeOf is a whole span, of so many endpoints in turn.
func wholeOf(endpoints int) func(variant) subject {
	return func(v variant) subject { return timed(v.name, spansOf(provider(v.make()).Tracer(""), endpoints)) }
}

func spansOf(tracer trace.Tracer, endpoints int) func(n int) {
	attrs := make([][]attribute.KeyValue, endpoints)
	names := make([]string, endpoints)
	for i := range attrs {
		attrs[i], names[i] = serverAttrs(i), "GET "+route(i)
	}
	i := 0
	return func(n int) {
		for range n {
			_, s := tracer.Start(context.Background(), names[i], trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(attrs[i]...))
			s.End()
			i = (i + 1) % endpoints
		}
	}
}

// withChildren is a request with five calls to a database.
func withChildren(v variant) subject {
	return timed(v.name, familyOf(provider(v.make()).Tracer(""), 5))
}

// familyOf is a request with so many calls.
func familyOf(tracer trace.Tracer, children int) func(n int) {
	attrs := serverAttrs(1)
	call := []attribute.KeyValue{attribute.String("db.system.name", "postgresql"), attribute.String("db.query.summary", "SELECT users")}
	return func(n int) {
		for range n {
			ctx, root := tracer.Start(context.Background(), "GET "+route(1), trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(attrs...))
			for range children {
				_, c := tracer.Start(ctx, "SELECT users", trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(call...))
				c.End()
			}
			root.End()
		}
	}
}

func provider(p sdktrace.SpanProcessor) *sdktrace.TracerProvider {
	opts := []sdktrace.TracerProviderOption{sdktrace.WithSampler(sdktrace.AlwaysSample())}
	if p != nil {
		opts = append(opts, sdktrace.WithSpanProcessor(p))
	}
	return sdktrace.NewTracerProvider(opts...)
}
