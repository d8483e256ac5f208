// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/otlptranslator"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/otelperf/otelperf-go/otelperf"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8084", "address to serve at")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *listen); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, listen string) error {
	s, err := newService()
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return errors.Join(err, s.shutdown(ctx))
	}
	fmt.Printf("serving http://%s/work, scraped at /metrics\n", l.Addr())
	srv := &http.Server{Handler: s.handler, ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { _ = srv.Shutdown(context.WithoutCancel(ctx)) })
	if err = srv.Serve(l); errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return errors.Join(err, s.shutdown(context.WithoutCancel(ctx)))
}

// service is what main serves.
type service struct {
	mon     *otelperf.Monitor
	tp      *sdktrace.TracerProvider
	mp      *sdkmetric.MeterProvider
	handler http.Handler
}

func newService() (*service, error) {
	// The Monitor comes first here: its own instruments wait for the global MeterProvider, or are given one by an option.
	// Here the exporter needs the Monitor's Producer, and the Monitor the provider with the exporter, so the latter is global.
	mon, err := otelperf.New()
	if err != nil {
		return nil, err
	}
	registry := prometheus.NewRegistry()
	exporter, err := otelprometheus.New(otelprometheus.WithRegisterer(registry), otelprometheus.WithProducer(mon.Producer()),
		otelprometheus.WithTranslationStrategy(otlptranslator.UnderscoreEscapingWithSuffixes), otelprometheus.WithoutScopeInfo())
	if err != nil {
		return nil, errors.Join(err, mon.Shutdown(context.Background()))
	}
	res := sdktrace.WithResource(resource.NewSchemaless(semconv.ServiceName("worker")))
	s := &service{mon: mon, mp: sdkmetric.NewMeterProvider(sdkmetric.WithReader(exporter)),
		tp: sdktrace.NewTracerProvider(res, sdktrace.WithSampler(mon.Sampler(nil)), sdktrace.WithSpanProcessor(mon.SpanProcessor(nil)))}
	install(s)

	mux := http.NewServeMux()
	mux.HandleFunc("GET /work", work)
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	mux.Handle("/debug/otelperf/", http.StripPrefix("/debug/otelperf", mon.Handler()))
	s.handler = otelhttp.NewHandler(mon.Middleware(mux), "worker", otelhttp.WithFilter(func(r *http.Request) bool { return r.URL.Path != "/metrics" && mon.Filter(r) }))
	return s, nil
}

func (s *service) shutdown(ctx context.Context) error {
	return errors.Join(s.mon.Shutdown(ctx), s.tp.Shutdown(ctx), s.mp.Shutdown(ctx))
}
