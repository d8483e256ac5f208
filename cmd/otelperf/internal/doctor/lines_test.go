// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"net/http"
	"os"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/evidence"
)

// What a program has.
var (
	ctx        = context.Background()
	mon        *otelperf.Monitor
	mux, below *http.ServeMux
	batcher    sdktrace.SpanProcessor
	tracer     trace.Tracer
)

// For no_processor, doubled.
func Processor() {
	tp := sdktrace.NewTracerProvider(
		sdktrace.WithSampler(mon.Sampler(nil)),
		sdktrace.WithSpanProcessor(mon.SpanProcessor(batcher)), // the only one, with the processor you had inside
	)
	otel.SetTracerProvider(tp)
}

// For no_requests.
func Global() {
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(mon.SpanProcessor(batcher)))
	otel.SetTracerProvider(tp) // before otelhttp.NewHandler, or give that otelhttp.WithTracerProvider(tp)
	handler := otelhttp.NewHandler(mon.Middleware(mux), "server", otelhttp.WithFilter(mon.Filter))
	_ = handler
}

// For sampler.
func Sampler() {
	tp := sdktrace.NewTracerProvider(
		sdktrace.WithSampler(mon.Sampler(sdktrace.ParentBased(sdktrace.TraceIDRatioBased(0.1)))), // the sampler you had inside
		sdktrace.WithSpanProcessor(mon.SpanProcessor(batcher)),
	)
	_ = tp
}

// For no_middleware, unrouted, unmatched, unmatched_panics, named_by_path, named_otherwise, own_requests.
func Middleware() {
	// next to the mux, inside of otelhttp; and no otelhttp.WithSpanNameFormatter
	handler := otelhttp.NewHandler(mon.Middleware(mux), "server", otelhttp.WithFilter(mon.Filter))
	_ = handler
}

// For subtrees.
func Subtrees() {
	mux.Handle("/api/", mon.Middleware(below)) // below is the ServeMux that decides there
}

// For metric_reader, no_reader.
func Reader() {
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(mon.Reader())) // besides the readers you had
	otel.SetMeterProvider(mp)
}

// For coarse_metrics.
func View() {
	// in the place of the View that gives the durations explicit buckets
	fine := sdkmetric.NewView(
		sdkmetric.Instrument{Name: "http.server.request.duration"},
		sdkmetric.Stream{Aggregation: sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 160, MaxScale: 20}},
	)
	_ = fine
}

// For metric_overflow.
func Limit() {
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(mon.Reader()), sdkmetric.WithCardinalityLimit(10_000))
	_ = mp
}

// For metric_late.
func Interval() {
	mon, err := otelperf.New(otelperf.WithMetricSource(), otelperf.WithMetricInterval(30*time.Second))
	_ = mon
	_ = err
}

// For shared_metrics.
func Names() {
	admin, err := otelperf.New(otelperf.WithName("admin")) // each Monitor another name
	_ = admin
	_ = err
}

// For max_endpoints.
func Rows() {
	mon, err := otelperf.New(otelperf.WithMaxEndpoints(2000))
	_ = mon
	_ = err
}

// For no_state_file, state_file, state_file_conflict.
func StateFile() {
	mon, err := otelperf.New(otelperf.WithStateFile("/var/lib/shop/otelperf.state")) // a file of its own for each process
	_ = mon
	_ = err
}

// For no_evidence.
func Record() {
	mon, err := otelperf.New(otelperf.WithEvidence(evidence.New()))
	_ = mon
	_ = err
}

// For open_behind_proxy.
func Token() {
	mon, err := otelperf.New(otelperf.WithBearerToken(os.Getenv("PERF_TOKEN"))) // 16 bytes or more
	_ = mon
	_ = err
}

// For no_service_name, no_service_version.
func Identity() {
	res := resource.NewSchemaless(semconv.ServiceName("shop"), semconv.ServiceVersion("1.5.0"))
	tp := sdktrace.NewTracerProvider(sdktrace.WithResource(res), sdktrace.WithSpanProcessor(mon.SpanProcessor(batcher)))
	_ = tp
}

// For leaked.
func End() {
	ctx, span := tracer.Start(ctx, "job")
	defer span.End()
	_ = ctx
}

// For stale_spans, long_spans.
func Root() {
	ctx, span := tracer.Start(ctx, "job", trace.WithNewRoot())
	defer span.End()
	_ = ctx
}
