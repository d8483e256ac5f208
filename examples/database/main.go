// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
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
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelperf/otelperf-go/otelperf"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8083", "address to serve at")
	postgres := flag.String("postgres", "", "PostgreSQL to use, such as postgres://localhost/test; SQLite in memory if empty")
	redis := flag.String("redis", "", "Redis to use as a cache, host:port; one of its own in this process if empty")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *listen, *postgres, *redis); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, listen, postgresURL, redisAddress string) (err error) {
	var db store
	if postgresURL == "" {
		db, err = openSQLite(ctx, ofSQLite)
	} else {
		db, err = openPostgres(ctx, postgresURL)
	}
	if err != nil {
		return err
	}
	defer db.Close()

	// A request of more than 0.2 ms is slow here, since SQLite in memory is so fast.
	mon, shutdown, err := otelperf.Setup(ctx, otelperf.WithServiceName("orders"), otelperf.WithSlowThreshold(200*time.Microsecond),
		otelperf.WithSampler(sdktrace.TraceIDRatioBased(0.05)), otelperf.WithDB("orders", db))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, shutdown(context.WithoutCancel(ctx))) }()

	if redisAddress == "" {
		stop, address, err := startRedis()
		if err != nil {
			return err
		}
		defer stop()
		redisAddress = address
	}
	c, err := openCache(redisAddress)
	if err != nil {
		return err
	}
	defer c.Close()

	mux := routes(db, c)
	mux.Handle("/debug/otelperf/", http.StripPrefix("/debug/otelperf", mon.Handler()))
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	fmt.Printf("orders: http://%s/orders/1\n", l.Addr())
	srv := &http.Server{Handler: otelhttp.NewHandler(mon.Middleware(mux), "orders", otelhttp.WithFilter(mon.Filter)), ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { _ = srv.Shutdown(context.WithoutCancel(ctx)) })
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return cmp.Or(err, http.ErrServerClosed)
	}
	return nil
}
