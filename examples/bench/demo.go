// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// demo is a shop with the endpoints and the spans of `otelperf demo`, without its waits: they would hide what is measured.
func demo(tracer trace.Tracer, failing bool) http.Handler {
	query := func(ctx context.Context, summary string) {
		_, s := tracer.Start(ctx, summary, trace.WithSpanKind(trace.SpanKindClient),
			trace.WithAttributes(attribute.String("db.system.name", "postgresql"), attribute.String("db.query.summary", summary)))
		s.End()
	}
	call := func(ctx context.Context, method, path string) {
		_, s := tracer.Start(ctx, method, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
			attribute.String("http.request.method", method), attribute.String("server.address", "inventory"),
			attribute.String("url.full", "http://inventory"+path), attribute.Int("http.response.status_code", 200)))
		s.End()
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /products", func(w http.ResponseWriter, r *http.Request) {
		query(r.Context(), "SELECT products")
		reply(w, http.StatusOK, []string{"teapot", "kettle", "samovar"})
	})
	mux.HandleFunc("GET /products/{id}", func(w http.ResponseWriter, r *http.Request) {
		query(r.Context(), "SELECT products")
		call(r.Context(), http.MethodGet, "/stock/17")
		reply(w, http.StatusOK, map[string]string{"id": r.PathValue("id"), "name": "teapot"})
	})
	mux.HandleFunc("GET /checkout", func(w http.ResponseWriter, r *http.Request) {
		query(r.Context(), "SELECT carts")
		for range 12 {
			query(r.Context(), "SELECT articles")
		}
		call(r.Context(), http.MethodPost, "/reservations")
		reply(w, http.StatusOK, map[string]bool{"reserved": true})
	})
	var orders atomic.Uint64
	mux.HandleFunc("POST /orders", func(w http.ResponseWriter, r *http.Request) {
		query(r.Context(), "INSERT orders")
		if failing && orders.Add(1)%25 == 0 {
			http.Error(w, "the order was not saved: deadlock detected", http.StatusInternalServerError)
			return
		}
		reply(w, http.StatusCreated, map[string]int{"articles": 2})
	})
	return mux
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // a client that left is no concern
}

// mark is where the service process stands.
type mark struct {
	Before, After time.Duration // CPU time, without and with what the mark itself took: a collection
	GC            float64       // CPU time of all collections, s
	Heap          int64         // bytes reachable
}

// serviceProcess runs a setup until its standard input ends. It writes its address first, and a mark for each line that it reads.
func serviceProcess(name string) {
	all := setups()
	i := slices.IndexFunc(all, func(s setup) bool { return s.name == name })
	if i < 0 {
		panic("bench: no setup " + name)
	}
	defer profiling()()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	srv := &http.Server{Handler: all[i].handler(), ReadHeaderTimeout: time.Minute}
	go func() { _ = srv.Serve(l) }()
	_, _ = fmt.Println(l.Addr())
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		if err := json.NewEncoder(os.Stdout).Encode(marked()); err != nil && err != io.ErrClosedPipe {
			panic(err)
		}
	}
}

func marked() (m mark) {
	m.Before = cpuTime()
	runtime.GC() // the runtime counts CPU time by kind at the end of a collection only
	m.GC, m.Heap = gcTime(), heap()
	m.After = cpuTime()
	return m
}
