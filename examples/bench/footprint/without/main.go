// SPDX-License-Identifier: Apache-2.0

// Command without is a service with a pipeline.
package main

import (
	"fmt"
	"log"
	"net/http"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

func main() {
	root := sdktrace.ParentBased(sdktrace.TraceIDRatioBased(0.01))
	otel.SetTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSampler(root)))
	otel.SetMeterProvider(sdkmetric.NewMeterProvider())
	mux := http.NewServeMux()
	mux.HandleFunc("GET /hello/{name}", func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintln(w, "Hello,", r.PathValue("name"))
	})
	log.Fatal(http.ListenAndServe("localhost:8080", otelhttp.NewHandler(mux, "shop")))
}
