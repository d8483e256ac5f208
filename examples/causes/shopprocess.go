// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/XSAM/otelsql"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/evidence"
)

// shopSetup is what the parent tells a shop at its start.
type shopSetup struct {
	Backend   addresses
	StateFile string
	Live      int // objects on the heap
}

// grace is how long a shop is watched before it is learned from and judged. A service would take the default, which is longer.
const grace = 3 * time.Second

// shopProcess serves the shop until its input ends. A line of input is a fault to inject; it is answered by a line.
func shopProcess() error {
	in := json.NewDecoder(os.Stdin)
	var setup shopSetup
	if err := in.Decode(&setup); err != nil {
		return err
	}
	fillHeap(setup.Live)
	db, err := otelsql.Open("pgx", "postgres://shop@"+setup.Backend.Database+"/shop?sslmode=disable&default_query_exec_mode=simple_protocol")
	if err != nil {
		return err
	}
	mon, err := otelperf.New(otelperf.WithEvidence(evidence.New()), otelperf.WithStateFile(setup.StateFile), otelperf.WithDB("main", db), otelperf.WithLogger(slog.New(slog.DiscardHandler)),
		otelperf.WithBaseline(baseline.Config{Grace: grace}))
	if err != nil {
		return err
	}
	res := resource.NewSchemaless(semconv.ServiceName("shop"))
	tp := sdktrace.NewTracerProvider(sdktrace.WithResource(res), sdktrace.WithSpanProcessor(mon.SpanProcessor(nil)))
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(mon.Reader()))
	s := newShop(db, setup.Backend.Inventory, otelhttp.NewTransport(&http.Transport{MaxIdleConnsPerHost: 100},
		otelhttp.WithTracerProvider(tp), otelhttp.WithMeterProvider(mp)), tp.Tracer("shop"))
	shop, err := serve(otelhttp.NewHandler(mon.Middleware(s.routes()), "shop", otelhttp.WithTracerProvider(tp),
		otelhttp.WithMeterProvider(mp), otelhttp.WithFilter(mon.Filter)))
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/debug/otelperf/", http.StripPrefix("/debug/otelperf", mon.Handler()))
	admin, err := serve(mux)
	if err != nil {
		return err
	}
	if err := hello(addresses{Shop: shop, Admin: admin}); err != nil {
		return err
	}
	for {
		var name string
		err := in.Decode(&name)
		if errors.Is(err, io.EOF) {
			return mon.Shutdown(context.Background())
		}
		if err == nil {
			err = s.injectNamed(name)
		}
		if err = errors.Join(err, json.NewEncoder(os.Stdout).Encode("injected")); err != nil {
			return err
		}
	}
}

// serve serves a handler on a port of this machine.
func serve(h http.Handler) (address string, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute, ConnContext: func(ctx context.Context, c net.Conn) context.Context {
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetWriteBuffer(256 << 10) // else the system takes a whole download, however slowly it is read
		}
		return ctx
	}}
	go func() { _ = server.Serve(l) }()
	return "http://" + l.Addr().String(), nil
}
