// SPDX-License-Identifier: Apache-2.0

package frameworks

import (
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf"
)

// TestOutcomesBelowMiddleware is about spans that end before Middleware, which stands around the router, sees the end of the request.
func TestOutcomesBelowMiddleware(t *testing.T) {
	gin.SetMode(gin.ReleaseMode)
	for _, f := range []struct {
		name  string
		build func(*otelperf.Monitor, trace.TracerProvider) http.Handler
	}{{"gin", Gin}, {"echo", Echo}, {"chi", Chi}, {"gorilla", Gorilla}} {
		for _, http2 := range []bool{false, true} {
			t.Run(f.name+map[bool]string{false: "/HTTP 1", true: "/HTTP 2"}[http2], func(t *testing.T) {
				t.Parallel()
				checkOutcomes(t, f.build, http2)
			})
		}
	}
}

func checkOutcomes(t *testing.T, build func(*otelperf.Monitor, trace.TracerProvider) http.Handler, http2 bool) {
	mon, _ := newMonitor(t)
	spans := tracetest.NewSpanRecorder()
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(mon.SpanProcessor(spans)))
	srv := httptest.NewUnstartedServer(build(mon, tp))
	srv.EnableHTTP2 = http2
	if http2 {
		srv.StartTLS()
	} else {
		srv.Start()
	}
	t.Cleanup(srv.Close)

	leave(t, srv, "/events") // after its first bytes
	leave(t, srv, "/half")
	resp, err := srv.Client().Get(srv.URL + "/users/7")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	waitFor(t, "three spans", func() bool { return len(spans.Ended()) == 3 })

	got := map[string]uint64{}
	for _, row := range mon.Summary(otelperf.WindowAll).Endpoints {
		for outcome, n := range row.ByOutcome {
			got[row.Route+" "+outcome] += n
		}
		if row.Route == "/events" && row.P50Ms != nil {
			t.Errorf("a stream is timed: %v ms", *row.P50Ms)
		}
	}
	user := "/users/:id ok"
	if _, ok := got[user]; !ok {
		user = "/users/{id} ok"
	}
	if want := map[string]uint64{"/events stream": 1, "/half canceled": 1, user: 1}; !maps.Equal(got, want) {
		t.Errorf("outcomes %v, want %v", got, want)
	}
	exported := map[string]int{}
	for _, s := range spans.Ended() {
		for _, kv := range s.Attributes() {
			if kv.Key == "otelperf.outcome" {
				exported[kv.Value.AsString()]++
			}
		}
	}
	if want := map[string]int{"stream": 1, "canceled": 1, "ok": 1}; !maps.Equal(exported, want) {
		t.Errorf("exported spans have the outcomes %v, want %v", exported, want)
	}
}

// leave reads the first bytes of a reply, and goes.
func leave(t *testing.T, srv *httptest.Server, path string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, srv.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(resp.Body, make([]byte, 4)); err != nil {
		t.Fatal(err)
	}
	cancel()
	_ = resp.Body.Close()
}

func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("still no %s", what)
		}
	}
}
