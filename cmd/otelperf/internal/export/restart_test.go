// SPDX-License-Identifier: Apache-2.0

package export

import (
	"bytes"
	"context"
	"encoding/csv"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/bolt"
)

// The minute of restarts has what all processes did in it, each request once, when a service is asked for it minute by minute.
func TestServiceOverRestarts(t *testing.T) {
	store, err := bolt.Open(filepath.Join(t.TempDir(), "shop.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	began, sent := time.Now().Truncate(time.Minute), 0
	for _, n := range []int{30, 20, 7} {
		mon, err := otelperf.New(otelperf.WithHistory(store), otelperf.WithBearerToken("token-of-a-test-123"))
		if err != nil {
			t.Fatal(err)
		}
		tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(mon.SpanProcessor(nil)))
		for range n {
			_, span := tp.Tracer("test").Start(t.Context(), "GET /a", trace.WithSpanKind(trace.SpanKindServer),
				trace.WithAttributes(attribute.String("http.request.method", "GET"), attribute.String("http.route", "/a"), attribute.Int("http.response.status_code", 200)))
			span.End()
		}
		sent += n
		web := httptest.NewServer(http.StripPrefix("/debug/otelperf", mon.Handler()))
		asked, err := client.New(web.URL, client.Options{Timeout: time.Minute, Token: "token-of-a-test-123"})
		if err != nil {
			t.Fatal(err)
		}
		text, _ := run(t, Config{Format: CSV, What: "endpoints", Step: history.Minute, From: began, To: time.Now().Truncate(time.Minute).Add(time.Minute), Source: Service{asked}})
		total, minutes := 0, requestsByMinute(t, text)
		for _, in := range minutes {
			total += in
		}
		if total != sent {
			t.Errorf("%d requests in %v, want %d", total, minutes, sent)
		}
		if time.Now().Truncate(time.Minute).Equal(began) && len(minutes) != 1 {
			t.Errorf("what is of one minute is of %v", minutes)
		}
		asked.Close()
		web.Close()
		if err := mon.Shutdown(context.Background()); err != nil {
			t.Fatal(err)
		}
		_ = tp.Shutdown(context.Background())
	}
}

// requestsByMinute reads a table, which is to have one row for each minute.
func requestsByMinute(t *testing.T, text []byte) map[string]int {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff")))).ReadAll()
	if err != nil || len(rows) < 2 || rows[0][0] != "time" || rows[0][5] != "requests" {
		t.Fatalf("%v in\n%s", err, text)
	}
	out := map[string]int{}
	for _, r := range rows[1:] {
		n, err := strconv.Atoi(r[5])
		if _, twice := out[r[0]]; err != nil || twice {
			t.Errorf("the row %q: %v, twice: %v", r, err, twice)
		}
		out[r[0]] = n
	}
	return out
}
