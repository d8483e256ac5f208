// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"expvar"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"

	"github.com/otelperf/otelperf-go/otelperf"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8086", "address to serve at")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *listen); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, listen string) (err error) {
	mon, shutdown, err := otelperf.Setup(ctx, options()...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, shutdown(context.WithoutCancel(ctx))) }()
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	fmt.Printf("serving http://%s/work, variables at /debug/vars\n", l.Addr())
	srv := &http.Server{Handler: handler(mon), ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { _ = srv.Shutdown(context.WithoutCancel(ctx)) })
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// options leave the readers of the variables out of the numbers.
func options() []otelperf.SetupOption {
	return []otelperf.SetupOption{otelperf.WithServiceName("worker"), otelperf.WithIgnoredPaths("/debug/vars")}
}

// handler publishes the summary. It can be called once in a process: expvar panics if a name is published again.
func handler(mon *otelperf.Monitor) http.Handler {
	expvar.Publish("otelperf", mon.Var())
	mux := http.NewServeMux()
	mux.HandleFunc("GET /work", func(http.ResponseWriter, *http.Request) { time.Sleep(rand.N(5 * time.Millisecond)) })
	// expvar has put itself into http.DefaultServeMux, where it asks nobody for a token. This mux is another one, so that
	// here its place is chosen; on a port that strangers reach it wants a guard.
	mux.Handle("GET /debug/vars", expvar.Handler())
	return otelhttp.NewHandler(mon.Middleware(mux), "worker", otelhttp.WithFilter(mon.Filter))
}
