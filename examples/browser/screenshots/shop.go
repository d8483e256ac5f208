// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/baseline"
)

// shop is the service in the pictures: an ordinary one with a database and another service behind it.
type shop struct {
	mon    *otelperf.Monitor
	tracer trace.Tracer
	server *httptest.Server
	url    string
	client *http.Client
	locked atomic.Bool // a lock in the database makes GET /products/{id} slow
	close  func()
}

// openShop starts it, with the endpoints of some tenants besides its own.
func openShop(tenants int, opts ...otelperf.Option) (*shop, error) {
	mon, err := otelperf.New(append(opts, otelperf.WithLogger(slog.New(slog.DiscardHandler)), otelperf.WithSlowThreshold(400*time.Millisecond),
		otelperf.WithEvents(), otelperf.WithIgnoredPaths("/t/"), otelperf.WithBaseline(baseline.Config{Grace: 5 * time.Second}),
		otelperf.WithMaxEndpoints(1000), otelperf.WithTraceURL("https://jaeger.example.com/trace/{trace_id}"))...)
	if err != nil {
		return nil, err
	}
	tp := sdktrace.NewTracerProvider(sdktrace.WithSampler(mon.Sampler(sdktrace.TraceIDRatioBased(0.1))), sdktrace.WithSpanProcessor(mon.SpanProcessor(nil)),
		sdktrace.WithResource(resource.NewSchemaless(semconv.ServiceName("shop"), semconv.ServiceVersion("1.4.2"), semconv.ServiceInstanceID("shop-7d9f4c"))))
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(mon.Reader()))
	instrument := []otelhttp.Option{otelhttp.WithTracerProvider(tp), otelhttp.WithMeterProvider(mp)}
	stock := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(about(4 * time.Millisecond)) }))
	s := &shop{mon: mon, tracer: tp.Tracer("shop"), client: &http.Client{Transport: otelhttp.NewTransport(http.DefaultTransport, instrument...)}}
	s.server = httptest.NewUnstartedServer(otelhttp.NewHandler(mon.Middleware(s.mux(stock.URL, tenants)), "shop", append(instrument, otelhttp.WithFilter(mon.Filter))...))
	s.server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) // panics are part of the pictures
	s.server.Start()
	s.url = s.server.URL
	s.close = func() {
		for _, srv := range []*httptest.Server{s.server, stock} {
			srv.CloseClientConnections()
			srv.Close()
		}
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = errors.Join(mon.Shutdown(ctx), tp.Shutdown(ctx), mp.Shutdown(ctx)) // the pictures are taken
	}
	return s, nil
}

func (s *shop) mux(stock string, tenants int) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/debug/otelperf/", http.StripPrefix("/debug/otelperf", s.mon.Handler()))
	mux.Handle("/t/", http.StripPrefix("/t", s.mon.TrackHandler()))
	mux.HandleFunc("GET /products", func(_ http.ResponseWriter, r *http.Request) { s.query(r, "SELECT products", 2*time.Millisecond) })
	mux.HandleFunc("GET /search", func(_ http.ResponseWriter, r *http.Request) {
		s.query(r, "SELECT products", 9*time.Millisecond)
		time.Sleep(about(5 * time.Millisecond)) // ranking
	})
	mux.HandleFunc("GET /products/{id}", func(_ http.ResponseWriter, r *http.Request) {
		wait := 3 * time.Millisecond
		if s.locked.Load() {
			wait = 110 * time.Millisecond
		}
		s.query(r, "SELECT products", wait)
		s.call(r, http.MethodGet, stock+"/stock")
	})
	mux.HandleFunc("GET /cart", func(_ http.ResponseWriter, r *http.Request) { // a query for each article: N+1
		s.query(r, "SELECT carts", 3*time.Millisecond)
		for range 3 + rand.IntN(12) {
			s.query(r, "SELECT articles", 2*time.Millisecond)
		}
	})
	mux.HandleFunc("POST /orders", func(w http.ResponseWriter, r *http.Request) {
		s.query(r, "SELECT carts", 3*time.Millisecond)
		if rand.IntN(40) == 0 {
			http.Error(w, "deadlock detected", http.StatusInternalServerError)
			return
		}
		s.query(r, "INSERT orders", 8*time.Millisecond)
		s.call(r, http.MethodPost, stock+"/reservations")
		w.WriteHeader(http.StatusCreated)
	})
	for i := range tenants {
		table := "SELECT " + kinds[i%len(kinds)]
		mux.HandleFunc("GET "+tenantPath(i), func(_ http.ResponseWriter, r *http.Request) {
			s.query(r, table, time.Duration(2+i%23)*time.Millisecond)
		})
	}
	mux.HandleFunc("GET /export", s.export)
	mux.HandleFunc("GET /report", func(_ http.ResponseWriter, r *http.Request) { pause(r.Context(), 40*time.Second) })
	mux.HandleFunc("GET /voucher", func(http.ResponseWriter, *http.Request) { panic("shop: voucher without a value") })
	return mux
}

// kinds are what a tenant has.
var kinds = [...]string{"deployments", "environments", "invoices", "members", "permissions", "pipelines", "webhooks"}

// tenantPath is that of the i-th endpoint of the tenants: long, and alike but for its end.
func tenantPath(i int) string {
	return fmt.Sprintf("/api/v1/organizations/tenant-%d/projects/default/settings/%s", i/len(kinds), kinds[i%len(kinds)])
}

// export is slow for a reason that its waterfall shows: customers are fetched one by one.
func (s *shop) export(_ http.ResponseWriter, r *http.Request) {
	s.query(r, "SELECT orders", 60*time.Millisecond)
	for range 87 {
		s.query(r, "SELECT customers", 6*time.Millisecond)
	}
	time.Sleep(about(45 * time.Millisecond)) // writes the file
	s.query(r, "UPDATE exports", 12*time.Millisecond)
}

// query plays a query as an instrumented driver would make its span.
func (s *shop) query(r *http.Request, summary string, typical time.Duration) {
	_, span := s.tracer.Start(r.Context(), summary, trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(semconv.DBSystemNamePostgreSQL, semconv.DBQuerySummary(summary), semconv.ServerAddress("db-1")))
	defer span.End()
	pause(r.Context(), about(typical))
}

// call asks the service for the stock. Without an answer it goes on.
func (s *shop) call(r *http.Request, method, address string) {
	req, err := http.NewRequestWithContext(r.Context(), method, address, http.NoBody)
	if err != nil {
		return
	}
	if resp, err := s.client.Do(req); err == nil {
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
}

// about varies a duration as services do: most are near it, a few take twice as long.
func about(d time.Duration) time.Duration {
	return time.Duration(float64(d) * math.Exp(0.25*rand.NormFloat64()))
}
