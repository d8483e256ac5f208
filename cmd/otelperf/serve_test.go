// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/history/bolt"
)

const serveUsage = `usage: serve NAME files DIR | status CODE | page | hang | monitor INSTANCE MEDIAN [TOKEN] | objectives INSTANCE TARGET | history FILE | unreadable FILE`

// serve NAME KIND [ARG...] starts a server and puts its address into $NAME. The kinds are: the JSON files of a directory
// below /debug/otelperf/; one status, page or nothing at all for every request; a real Monitor that has seen 300
// requests of GET /items, 1 in 100 of them failed and 1 in 50 four times as long as the median, with a median of 20 ms and two
// objectives perhaps; or one whose history is in a file, which perhaps cannot be read.
func serve(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf(serveUsage)
	}
	s := httptest.NewServer(handler(ts, args[1], append(args[2:], "", "", "")))
	ts.Defer(s.Close)
	ts.Setenv(args[0], s.URL)
}

func handler(ts *testscript.TestScript, kind string, args []string) http.Handler {
	switch kind {
	case "files":
		dir := os.DirFS(ts.MkAbs(args[0]))
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			name, ok := strings.CutPrefix(r.URL.Path, "/debug/otelperf/")
			if !ok {
				http.NotFound(w, r)
				return
			}
			if strings.HasSuffix(name, "/bundle") {
				w.Header().Set("Content-Type", "application/zip")
				http.ServeFileFS(w, r, dir, name+".zip")
				return
			}
			http.ServeFileFS(w, r, dir, name+".json")
		})
	case "status":
		status, err := strconv.Atoi(args[0])
		ts.Check(err)
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
	case "page":
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, "<!doctype html><p>hello") })
	case "hang":
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	case "monitor":
		return monitor(ts, args[0], args[1], args[2])
	case "history", "unreadable":
		store, err := bolt.Open(ts.MkAbs(args[0]))
		ts.Check(err)
		ts.Defer(func() { _ = store.Close() })
		if kind == "unreadable" {
			return monitor(ts, "shop-1", "20ms", "", otelperf.WithHistory(unreadable{store}))
		}
		return monitor(ts, "shop-1", "20ms", "", otelperf.WithHistory(store))
	case "objectives":
		target, err := strconv.ParseFloat(args[1], 64)
		ts.Check(err)
		return monitor(ts, args[0], "20ms", "", otelperf.WithObjective("GET /items", otelperf.Objective{
			Name: "items", SuccessTarget: target, Latency: 60 * time.Millisecond, LatencyTarget: target, Period: 30 * 24 * time.Hour,
		}))
	}
	ts.Fatalf(serveUsage)
	return nil
}

// monitor is the endpoint of a real Monitor at a place of its own.
func monitor(ts *testscript.TestScript, instance, median, token string, opts ...otelperf.Option) http.Handler {
	d, err := time.ParseDuration(median)
	ts.Check(err)
	opts = append(opts, otelperf.WithLogger(slog.New(slog.DiscardHandler)))
	if token != "" {
		opts = append(opts, otelperf.WithBearerToken(token))
	}
	mon, err := otelperf.New(opts...)
	ts.Check(err)
	res := resource.NewSchemaless(attribute.String("service.name", "shop"), attribute.String("service.instance.id", instance))
	tp := sdktrace.NewTracerProvider(sdktrace.WithResource(res), sdktrace.WithSpanProcessor(mon.SpanProcessor(nil)))
	ts.Defer(func() {
		_ = mon.Shutdown(context.Background())
		_ = tp.Shutdown(context.Background())
	})
	sendRequests(tp.Tracer("test"), d)
	mux := http.NewServeMux()
	mux.Handle("/perf/", http.StripPrefix("/perf", mon.Handler()))
	return mux
}

// sendRequests ends 300 spans just now.
func sendRequests(tracer trace.Tracer, median time.Duration) {
	for i := range 300 {
		d, status := median, 200
		if i%50 == 0 {
			d *= 4
		}
		if i%100 == 1 {
			status = 503
		}
		end := time.Now()
		_, span := tracer.Start(context.Background(), "GET /items", trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(end.Add(-d)),
			trace.WithAttributes(attribute.String("http.request.method", "GET"), attribute.String("http.route", "/items"), attribute.Int("http.response.status_code", status)))
		span.End(trace.WithTimestamp(end))
	}
}
