// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"context"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

func TestMarkRoots(t *testing.T) {
	p, err := New(nil, WithSlowThreshold(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	type marked struct {
		span     trace.SpanID
		endpoint string
		d        time.Duration
		slow     bool
	}
	var got []marked
	p.Link().MarkRoots(func(span trace.SpanID, ep conventions.Endpoint, d time.Duration, slow bool) {
		got = append(got, marked{span, ep.String(), d, slow})
	})
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(p)).Tracer("")
	start := time.Now()
	request := func(took time.Duration) trace.SpanID {
		ctx, root := tracer.Start(context.Background(), "GET", trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(start),
			trace.WithAttributes(attribute.String("http.request.method", "GET"), attribute.String("http.route", "/cart"), attribute.Int("http.response.status_code", 200)))
		_, child := tracer.Start(ctx, "query", trace.WithSpanKind(trace.SpanKindClient))
		child.End()
		root.End(trace.WithTimestamp(start.Add(took)))
		return root.SpanContext().SpanID()
	}
	want := []marked{{request(time.Millisecond), "GET /cart", time.Millisecond, false}, {request(2 * time.Second), "GET /cart", 2 * time.Second, true}}
	p.Link().MarkRoots(nil)
	request(time.Second)
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("marked %v, want %v", got, want)
	}
}
