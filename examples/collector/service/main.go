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

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/baseline"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8082", "address to serve at")
	slowAfter := flag.Duration("slow-after", 15*time.Second, "when checkout becomes slow, for 20s")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *listen, *slowAfter); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, listen string, slowAfter time.Duration) (err error) {
	spans, err := otlptracegrpc.New(ctx)
	if err != nil {
		return err
	}
	metrics, err := otlpmetricgrpc.New(ctx)
	if err != nil {
		return err
	}
	logs, err := otlploggrpc.New(ctx)
	if err != nil {
		return err
	}
	events := sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewBatchProcessor(logs)))

	mon, shutdown, err := otelperf.Setup(ctx,
		otelperf.WithServiceName("shop"), // unless OTEL_SERVICE_NAME says otherwise
		otelperf.WithSpanExporter(spans),
		otelperf.WithMetricExporter(metrics),
		otelperf.WithLoggerProvider(events),                        // spikes as log records
		otelperf.WithBaseline(baseline.Config{Grace: time.Second}), // so that the example need not run for minutes
	)
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		err = errors.Join(err, shutdown(ctx), events.Shutdown(ctx))
	}()

	shop := newShop(time.Now().Add(slowAfter))
	mux := shop.routes()
	mux.Handle("/debug/otelperf/", http.StripPrefix("/debug/otelperf", mon.Handler()))
	return serve(ctx, listen, otelhttp.NewHandler(mon.Middleware(mux), "shop", otelhttp.WithFilter(mon.Filter)))
}

// serve serves until ctx ends, with its own traffic.
func serve(ctx context.Context, listen string, h http.Handler) error {
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	url := "http://" + l.Addr().String()
	fmt.Printf("shop: %s/debug/otelperf/\n", url)
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	customers(ctx, url)
	shutdown, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := srv.Shutdown(shutdown); err != nil {
		return err
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
