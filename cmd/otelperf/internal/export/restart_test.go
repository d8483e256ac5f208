// SPDX-License-Identifier: Apache-2.0

package export

import (
	"bytes"
	"context"
	"encoding/csv"
	"math"
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
	"github.com/otelperf/otelperf-go/otelperf/history/historytest"
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

// Of the same time a file and a service write the same rows: of what is stored by minutes, by ten minutes and by hours, amid steps, and of a minute
// of which a part was observed.
func TestFileAndServiceAreAlike(t *testing.T) {
	store, err := bolt.Open(filepath.Join(t.TempDir(), "shop.db"), bolt.WithRetention(history.Retention{Minutes: time.Hour, TenMinutes: 3 * time.Hour}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	shop, from := historytest.NewShop(5, 3), time.Now().UTC().Truncate(time.Hour).Add(-9*time.Hour)
	for m := range 9 * 60 {
		b := shop.Minute(from.Add(time.Duration(m) * time.Minute))
		switch {
		case m%97 == 20: // a restart
			b.Observed = []history.Observed{{Spans: []history.Span{{From: b.Time, To: b.Time.Add(10 * time.Second)}, {From: b.Time.Add(30 * time.Second), To: b.Time.Add(time.Minute)}}}}
		case m%97 > 50 && m%97 < 60: // down
			continue
		}
		historytest.Put(t, store, b)
	}
	mon, err := otelperf.New(otelperf.WithHistory(store), otelperf.WithBearerToken("token-of-a-test-123"))
	if err != nil {
		t.Fatal(err)
	}
	defer mon.Shutdown(context.Background()) //nolint:errcheck // was not looked at
	web := httptest.NewServer(http.StripPrefix("/debug/otelperf", mon.Handler()))
	defer web.Close()
	asked, err := client.New(web.URL, client.Options{Timeout: time.Minute, Token: "token-of-a-test-123"})
	if err != nil {
		t.Fatal(err)
	}
	defer asked.Close()
	for _, tt := range []struct {
		from, to, step time.Duration
		rows           int
	}{
		{8*time.Hour + 17*time.Minute, 8*time.Hour + 37*time.Minute, history.Minute, 5 * 20},
		{17 * time.Minute, 37 * time.Minute, history.Minute, 5},
		{6*time.Hour + 37*time.Minute, 7*time.Hour + 3*time.Minute, history.Minute, 5*3 + 5*3},
		{6*time.Hour + 37*time.Minute, 7*time.Hour + 3*time.Minute, history.TenMinutes, 5 * 4},
		{37 * time.Minute, 7*time.Hour + 3*time.Minute, history.Hour, 5 * 8},
	} {
		var tables [2][][]string
		for i, src := range []Source{store, Service{asked}} {
			text, _ := run(t, Config{Format: CSV, What: "endpoints", Step: tt.step, From: from.Add(tt.from), To: from.Add(tt.to), Source: src})
			rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
			if err != nil || len(rows) != tt.rows+1 {
				t.Errorf("from %v to %v by %v: %d rows, want %d, %v", tt.from, tt.to, tt.step, len(rows)-1, tt.rows, err)
			}
			tables[i] = rows
		}
		for i := range min(len(tables[0]), len(tables[1])) {
			for j, file := range tables[0][i] {
				service := tables[1][i][j]
				x, err := strconv.ParseFloat(file, 64)
				y, err2 := strconv.ParseFloat(service, 64)
				if file != service && (err != nil || err2 != nil || math.Abs(x-y) > 1e-3*max(x, y)) {
					t.Fatalf("from %v to %v by %v: %s of row %d is %q of the file and %q of the service", tt.from, tt.to, tt.step, tables[0][0][j], i, file, service)
				}
			}
		}
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
