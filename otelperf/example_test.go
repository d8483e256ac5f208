// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf"
)

// users is a service for the examples.
func users() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /users/{id}", func(w http.ResponseWriter, r *http.Request) { _, _ = fmt.Fprintln(w, "user", r.PathValue("id")) })
	return mux
}

// visits stand for the requests that come in from a network.
func visits(h http.Handler, paths ...string) {
	for _, path := range paths {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, http.NoBody))
	}
}

// A program that has an OpenTelemetry pipeline adds the Monitor to it. Head sampling at 1 % stays as it is; all requests
// are counted.
func ExampleNew() {
	mon, err := otelperf.New()
	if err != nil {
		log.Fatal(err)
	}
	batcher := sdktrace.NewBatchSpanProcessor(tracetest.NewNoopExporter()) // had been there
	tp := sdktrace.NewTracerProvider(
		sdktrace.WithSampler(mon.Sampler(sdktrace.TraceIDRatioBased(0.01))),
		sdktrace.WithSpanProcessor(mon.SpanProcessor(batcher)))
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(mon.Reader()))
	defer func() {
		ctx := context.Background()
		if err := errors.Join(mon.Shutdown(ctx), tp.Shutdown(ctx), mp.Shutdown(ctx)); err != nil {
			log.Print(err)
		}
	}()

	h := otelhttp.NewHandler(mon.Middleware(users()), "shop",
		otelhttp.WithTracerProvider(tp), otelhttp.WithMeterProvider(mp), otelhttp.WithFilter(mon.Filter))
	visits(h, "/users/1", "/users/2", "/users/3", "/.env", "/healthz")

	s := mon.Summary(otelperf.Window5m)
	for _, row := range s.Endpoints {
		fmt.Println(row.Name(), row.Count)
	}
	fmt.Println("total:", s.TotalRequests)
	// Output:
	// GET (unmatched) 1
	// GET /users/{id} 3
	// total: 4
}

// A program without a pipeline has one made and installed.
func ExampleSetup() {
	ctx := context.Background()
	mon, shutdown, err := otelperf.Setup(ctx,
		otelperf.WithServiceName("shop"),
		otelperf.WithSpanExporter(tracetest.NewNoopExporter())) // an OTLP exporter, say
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = shutdown(ctx) }()

	visits(otelhttp.NewHandler(mon.Middleware(users()), "shop"), "/users/1", "/users/2")
	fmt.Println(mon.Summary(otelperf.WindowAll).TotalRequests)
	// Output: 2
}

// The companion endpoint has the same numbers as JSON.
func ExampleMonitor_Handler() {
	mon, err := otelperf.New(otelperf.WithBearerToken("a token of 16 bytes or more"))
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = mon.Shutdown(context.Background()) }()
	tp := sdktrace.NewTracerProvider(sdktrace.WithSampler(mon.Sampler(nil)), sdktrace.WithSpanProcessor(mon.SpanProcessor(nil)))
	admin := http.NewServeMux()
	admin.Handle("/debug/otelperf/", http.StripPrefix("/debug/otelperf", mon.Handler()))
	visits(otelhttp.NewHandler(mon.Middleware(users()), "shop", otelhttp.WithTracerProvider(tp)), "/users/1")

	r := httptest.NewRequest(http.MethodGet, "/debug/otelperf/summary?window=1m", http.NoBody)
	r.Header.Set("Authorization", "Bearer a token of 16 bytes or more")
	w := httptest.NewRecorder()
	admin.ServeHTTP(w, r)
	var s struct {
		Window  string `json:"window"`
		Total   int    `json:"total_requests"`
		Classic map[string]struct {
			Count int `json:"count"`
		} `json:"endpoint_breakdown"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &s); err != nil {
		log.Fatal(err)
	}
	fmt.Println(s.Window, s.Total, s.Classic)
	// Output: 1m 1 map[GET /users/{id}:{1}]
}

// The endpoints' histograms go out with the program's own metrics, through any reader.
func ExampleMonitor_Producer() {
	mon, err := otelperf.New()
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = mon.Shutdown(context.Background()) }()
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(mon.SpanProcessor(nil)))
	reader := sdkmetric.NewManualReader(sdkmetric.WithProducer(mon.Producer())) // or a PeriodicReader with an exporter
	_ = sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	visits(otelhttp.NewHandler(users(), "shop", otelhttp.WithTracerProvider(tp)), "/users/1", "/users/2")

	var rm metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &rm); err != nil {
		log.Fatal(err)
	}
	for _, sm := range rm.ScopeMetrics {
		for _, m := range sm.Metrics {
			if h, ok := m.Data.(metricdata.ExponentialHistogram[float64]); ok {
				fmt.Println(m.Name, m.Unit, h.DataPoints[0].Count)
			}
		}
	}
	// Output: otelperf.request.duration s 2
}

// Without the span processor the numbers come from the duration metrics that the instrumentation records.
func ExampleWithMetricSource() {
	mon, err := otelperf.New(otelperf.WithMetricSource())
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = mon.Shutdown(context.Background()) }()
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(mon.Reader()))
	visits(otelhttp.NewHandler(users(), "shop", otelhttp.WithMeterProvider(mp)), "/users/1", "/users/2")

	if err := mp.ForceFlush(context.Background()); err != nil { // else they are collected every 10 s
		log.Fatal(err)
	}
	s := mon.Summary(otelperf.Window5m)
	fmt.Println(s.Endpoints[0].Name(), s.Count)
	// Output: GET /users/{id} 2
}

// The middleware works without a pipeline, too: headers and the request line need no span.
func ExampleMonitor_Middleware() {
	mon, err := otelperf.New()
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = mon.Shutdown(context.Background()) }()
	w := httptest.NewRecorder()
	mon.Middleware(users()).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/users/1", http.NoBody))
	took, err := time.ParseDuration(w.Header().Get("X-Response-Time"))
	fmt.Println(took >= 0, err)
	// Output: true <nil>
}

// Slow requests are kept with what leads to their traces.
func ExampleMonitor_SlowLog() {
	mon, err := otelperf.New(otelperf.WithEndpointSlowThreshold("GET /reports/**", 2*time.Second))
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = mon.Shutdown(context.Background()) }()
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(mon.SpanProcessor(nil)))
	start := time.Now().Add(-time.Minute)
	for _, d := range []time.Duration{1500 * time.Millisecond, 3 * time.Second} {
		_, span := tp.Tracer("example").Start(context.Background(), "GET /reports/{year}", trace.WithTimestamp(start),
			trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(semconv.HTTPRequestMethodGet))
		span.End(trace.WithTimestamp(start.Add(d)))
	}
	for e := range mon.SlowLog().All() {
		fmt.Println(e.Endpoint(), e.Duration, e.TraceID.IsValid())
	}
	// Output: GET /reports/{year} 3s true
}

func ExampleParseWindow() {
	w, err := otelperf.ParseWindow("1h")
	fmt.Println(w, err)
	_, err = otelperf.ParseWindow("2h")
	fmt.Println(err)
	// Output:
	// 1h <nil>
	// otelperf: window is "2h", accepted are 1m, 5m, 1h, 24h, 7d, all
}
