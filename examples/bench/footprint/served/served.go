// SPDX-License-Identifier: Apache-2.0

// Package served is the service of the programs that have otelperf in their pipeline.
package served

import (
	"fmt"
	"net/http"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelperf/otelperf-go/otelperf"
)

// With serves with all that a Monitor adds to a pipeline.
func With(mon *otelperf.Monitor) error {
	root := sdktrace.ParentBased(sdktrace.TraceIDRatioBased(0.01))
	otel.SetTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSampler(mon.Sampler(root)), sdktrace.WithSpanProcessor(mon.SpanProcessor(nil))))
	otel.SetMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(mon.Reader())))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /hello/{name}", func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintln(w, "Hello,", r.PathValue("name"))
	})
	mux.Handle("/debug/otelperf/", http.StripPrefix("/debug/otelperf", mon.Handler()))
	return http.ListenAndServe("localhost:8080", otelhttp.NewHandler(mon.Middleware(mux), "shop", otelhttp.WithFilter(mon.Filter)))
}
