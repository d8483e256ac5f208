// SPDX-License-Identifier: Apache-2.0

package frameworks

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/gin-gonic/gin"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf"
)

func newMonitor(t *testing.T) (*otelperf.Monitor, *sdktrace.TracerProvider) {
	t.Helper()
	mon, err := otelperf.New(otelperf.WithSlowThreshold(slowFor/2), otelperf.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	tp := sdktrace.NewTracerProvider(sdktrace.WithSampler(mon.Sampler(sdktrace.NeverSample())), sdktrace.WithSpanProcessor(mon.SpanProcessor(nil)))
	t.Cleanup(func() {
		if err := mon.Shutdown(context.Background()); err != nil {
			t.Log(err)
		}
	})
	return mon, tp
}

func TestRouters(t *testing.T) {
	gin.SetMode(gin.ReleaseMode)
	for _, f := range []struct {
		name  string
		build func(*otelperf.Monitor, trace.TracerProvider) http.Handler
		user  string // the route as the framework writes it
		none  string // where requests without a route are counted
	}{
		{"gin", Gin, "GET /users/:id", "GET (unmatched)"},
		{"echo", Echo, "GET /users/:id", "GET (unmatched)"},
		{"chi", Chi, "GET /users/{id}", "GET (unmatched)"},
		{"gorilla", Gorilla, "GET /users/{id}", "GET (unmatched)"},
	} {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			mon, tp := newMonitor(t)
			srv := httptest.NewServer(f.build(mon, tp))
			t.Cleanup(srv.Close)
			for n := range 20 {
				get(t, fmt.Sprintf("%s/users/%d", srv.URL, n), http.StatusOK)
			}
			for range 3 {
				get(t, srv.URL+"/fail", http.StatusBadGateway)
				get(t, srv.URL+"/slow", http.StatusOK)
				get(t, srv.URL+"/no/such/page", http.StatusNotFound)
			}
			get(t, srv.URL+"/healthz", http.StatusNotFound) // left out by mon.Filter

			s := mon.Summary(otelperf.WindowAll)
			counts := map[string]uint64{}
			for _, row := range s.Endpoints {
				counts[row.Name()] = row.Count
			}
			want := map[string]uint64{f.user: 20, "GET /fail": 3, "GET /slow": 3, f.none: 3}
			if !maps.Equal(counts, want) {
				t.Errorf("endpoints %v, want %v", counts, want)
			}
			for _, row := range s.Endpoints {
				checkRow(t, row)
			}
			if s.SlowQueriesCount != 3 || s.TotalRequests != 29 {
				t.Errorf("%d of %d requests are slow, want 3 of 29", s.SlowQueriesCount, s.TotalRequests)
			}
		})
	}
}

func checkRow(t *testing.T, row otelperf.EndpointRow) {
	t.Helper()
	failed := uint64(0)
	if row.Route == "/fail" {
		failed = row.Count
	}
	if row.ErrorCount != failed {
		t.Errorf("%s: %d of %d failed, want %d", row.Name(), row.ErrorCount, row.Count, failed)
	}
	if least := float64(slowFor.Milliseconds()); row.Route == "/slow" && (row.P50Ms == nil || *row.P50Ms < least*0.99) {
		t.Errorf("the median of /slow is %v ms, want at least %v", row.P50Ms, least)
	}
	if row.Kind != "http" {
		t.Errorf("%s is of kind %s, want http", row.Name(), row.Kind)
	}
}

// TestPanics is about what the recovery of a framework leaves for us to see.
func TestPanics(t *testing.T) {
	gin.SetMode(gin.ReleaseMode)
	for _, f := range []struct {
		name  string
		build func(*otelperf.Monitor, trace.TracerProvider) http.Handler
	}{{"gin", Gin}, {"echo", Echo}, {"chi", Chi}} {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			mon, tp := newMonitor(t)
			srv := httptest.NewServer(f.build(mon, tp))
			t.Cleanup(srv.Close)
			get(t, srv.URL+"/panic", http.StatusInternalServerError)
			rows := mon.Summary(otelperf.WindowAll).Endpoints
			if len(rows) != 1 || rows[0].Route != "/panic" || rows[0].ErrorCount != 1 {
				t.Errorf("rows %+v: want one failed request of /panic", rows)
			}
			t.Logf("outcomes %v", slices.Collect(maps.Keys(rows[0].ByOutcome)))
		})
	}
}

func get(t *testing.T, url string, want int) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != want {
		t.Errorf("GET %s answers %d, want %d", url, resp.StatusCode, want)
	}
}
