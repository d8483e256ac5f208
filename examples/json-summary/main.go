// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	_ "embed"
	"errors"
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

//go:embed dashboard.html
var dashboard []byte

func main() {
	listen := flag.String("listen", "127.0.0.1:8085", "address to serve at")
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
	fmt.Printf("dashboard: http://%s/dashboard\n", l.Addr())
	srv := &http.Server{Handler: handler(mon), ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { _ = srv.Shutdown(context.WithoutCancel(ctx)) })
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// options leave the dashboard's own requests out of the numbers.
func options() []otelperf.SetupOption {
	return []otelperf.SetupOption{otelperf.WithServiceName("shop"), otelperf.WithIgnoredPaths("/dashboard", "/favicon.ico")}
}

func handler(mon *otelperf.Monitor) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /quick", func(http.ResponseWriter, *http.Request) { time.Sleep(rand.N(5 * time.Millisecond)) })
	mux.HandleFunc("GET /slow", func(http.ResponseWriter, *http.Request) { time.Sleep(600 * time.Millisecond) })
	mux.Handle("/debug/otelperf/", http.StripPrefix("/debug/otelperf", mon.Handler()))
	// The page is served from where the JSON is: a browser lets no page read the answers of another origin.
	mux.HandleFunc("GET /dashboard", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(dashboard)
	})
	return otelhttp.NewHandler(mon.Middleware(mux), "shop", otelhttp.WithFilter(mon.Filter))
}
