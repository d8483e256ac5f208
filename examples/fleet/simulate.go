// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/spikeprocessor"
)

// endpoint is one of the service's: most instances serve it alike, a few are ill.
type endpoint struct {
	route       string
	usual, tail time.Duration // most requests take about usual, one in fifty about tail
	requests    int           // of a healthy instance
}

var endpoints = []endpoint{
	{"/search", 20 * time.Millisecond, 50 * time.Millisecond, 300},
	{"/checkout", 80 * time.Millisecond, 400 * time.Millisecond, 100},
	{"/health", time.Millisecond, 3 * time.Millisecond, 50},
}

// instances differ as real ones do: one in ten gets a quarter of the traffic, being new, and is eight times slower.
func (e endpoint) durations(random *rand.Rand, instance int) []time.Duration {
	n, factor := e.requests, 1.0
	if instance%10 == 0 {
		n, factor = n/4, 8
	}
	out := make([]time.Duration, n)
	for i := range out {
		typical := e.usual
		if random.IntN(50) == 0 {
			typical = e.tail
		}
		out[i] = time.Duration(float64(typical) * factor * math.Exp(0.3*random.NormFloat64()))
	}
	return out
}

// truth is what nobody knows in production: every duration, by route, and those of each instance.
type truth struct {
	all         map[string][]time.Duration
	perInstance map[string][]float64 // p99 of each, seconds
	points      int                  // histogram points that were pushed
}

// simulate has n instances serve their requests and push what they measured.
func simulate(ctx context.Context, n int, to sdkmetric.Exporter) (truth, error) {
	known := truth{all: map[string][]time.Duration{}, perInstance: map[string][]float64{}}
	for i := range n {
		random := rand.New(rand.NewPCG(uint64(i), 99))
		in, err := newInstance(i)
		if err != nil {
			return known, err
		}
		for _, e := range endpoints {
			durations := e.durations(random, i)
			in.serve(ctx, e.route, durations)
			known.all[e.route] = append(known.all[e.route], durations...)
			known.perInstance[e.route] = append(known.perInstance[e.route], exact(durations, 0.99))
		}
		pushed, err := in.push(ctx, to)
		if err != nil {
			return known, err
		}
		known.points += pushed
	}
	return known, nil
}

// instance is one process of the fleet.
type instance struct {
	tracer trace.Tracer
	reader *sdkmetric.ManualReader
	stop   func(context.Context) error
}

func newInstance(i int) (*instance, error) {
	p, err := spikeprocessor.New(nil)
	if err != nil {
		return nil, err
	}
	res := resource.NewSchemaless(semconv.ServiceName("shop"), semconv.ServiceInstanceID(fmt.Sprintf("shop-%d", i)))
	tp := sdktrace.NewTracerProvider(sdktrace.WithResource(res), sdktrace.WithSampler(p.Sampler(sdktrace.NeverSample())), sdktrace.WithSpanProcessor(p))
	reader := sdkmetric.NewManualReader(sdkmetric.WithProducer(p))
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithResource(res), sdkmetric.WithReader(reader))
	return &instance{tp.Tracer("shop"), reader, func(ctx context.Context) error {
		return errors.Join(tp.Shutdown(ctx), mp.Shutdown(ctx))
	}}, nil
}

func (in *instance) serve(ctx context.Context, route string, durations []time.Duration) {
	now := time.Now()
	for _, d := range durations {
		_, span := in.tracer.Start(ctx, "GET "+route, trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(now.Add(-d)), trace.WithAttributes(
			attribute.String("http.request.method", "GET"), attribute.String("http.route", route), attribute.Int("http.response.status_code", 200)))
		span.End(trace.WithTimestamp(now))
	}
}

// push exports as a PeriodicReader does, and ends the instance.
func (in *instance) push(ctx context.Context, to sdkmetric.Exporter) (points int, err error) {
	var rm metricdata.ResourceMetrics
	if err := in.reader.Collect(ctx, &rm); err != nil {
		return 0, err
	}
	for _, sm := range rm.ScopeMetrics {
		for _, m := range sm.Metrics {
			if h, ok := m.Data.(metricdata.ExponentialHistogram[float64]); ok {
				points += len(h.DataPoints)
			}
		}
	}
	return points, errors.Join(to.Export(ctx, &rm), in.stop(ctx))
}

// exact is a quantile by sorting, in seconds.
func exact(durations []time.Duration, q float64) float64 {
	sorted := slices.Sorted(slices.Values(durations))
	return sorted[int(math.Ceil(q*float64(len(sorted))))-1].Seconds()
}
