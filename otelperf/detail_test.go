// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
	"github.com/otelperf/otelperf-go/spikeprocessor"
)

func TestWhatIsDifferentAboutSlowRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mon, err := otelperf.New(everybody, otelperf.WithProcessorOptions(spikeprocessor.WithDimensions("tenant.id")))
		if err != nil {
			t.Fatal(err)
		}
		tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(mon.SpanProcessor(nil))).Tracer("")
		request := func(tenant string, took time.Duration) {
			end := time.Now()
			ctx, root := tracer.Start(context.Background(), "GET /", trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(end.Add(-took)), trace.WithAttributes(
				attribute.String("http.request.method", "GET"), attribute.String("http.route", "/"), attribute.Int("http.response.status_code", 200), attribute.String("tenant.id", tenant)))
			_, call := tracer.Start(ctx, "SELECT users", trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(end.Add(-took/2)), trace.WithAttributes(attribute.String("db.system.name", "postgresql")))
			call.End(trace.WithTimestamp(end))
			root.End(trace.WithTimestamp(end))
		}
		for i := range 300 {
			time.Sleep(time.Second)
			for range 5 {
				request(fmt.Sprint("tenant", i%10), 20*time.Millisecond)
			}
			if i%5 == 0 {
				request("tenant3", 700*time.Millisecond)
			}
		}
		var d struct {
			Differences []struct {
				Key, Value string
				Lift       float64
			}
			Dimensions []struct {
				Rows []struct {
					Value string
					P99Ms float64 `json:"p99_ms"`
				}
			}
			NormalMs      map[string]float64 `json:"normal_ms"`
			NormalSamples int                `json:"normal_samples"`
		}
		body := testrig.Call(mon.Handler(), http.MethodGet, "/endpoints/detail?method=GET&route=/").Body.Bytes()
		if err := json.Unmarshal(body, &d); err != nil || len(d.Differences) == 0 {
			t.Fatalf("got %s, %v, want a difference", body, err)
		}
		if first := d.Differences[0]; first.Key != "tenant.id" || first.Value != "tenant3" || first.Lift < 5 {
			t.Errorf("the first difference is %+v, want tenant3 with a lift of about 10", first)
		}
		if len(d.Dimensions) != 1 || len(d.Dimensions[0].Rows) != 10 {
			t.Fatalf("dimensions %+v, want tenant.id with ten values", d.Dimensions)
		}
		for _, row := range d.Dimensions[0].Rows {
			if slow := row.P99Ms > 500; slow != (row.Value == "tenant3") {
				t.Errorf("%s: p99 %v ms", row.Value, row.P99Ms)
			}
		}
		if d.NormalMs["db"] < 8 || d.NormalMs["db"] > 12 || d.NormalSamples < 50 {
			t.Errorf("normal is %v of %d samples, want 10 ms in db", d.NormalMs, d.NormalSamples)
		}
		if rows := mon.Summary(otelperf.Window5m).Dependencies; len(rows) != 1 || rows[0].Name() != "db postgresql SELECT users" {
			t.Errorf("dependencies %+v, want the query", rows)
		}
		_ = mon.Shutdown(t.Context())
	})
}

func TestCountryHeader(t *testing.T) {
	rg := newRig(t, plan{}, otelperf.WithCountryHeader("X-Country"))
	rg.Serve(t, rg.instrument(rg.mon.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))), false)
	for _, country := range []string{"DE", "<script>", "", "de"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, rg.Server.URL, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Country", country)
		resp, err := rg.Server.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
	}
	var got strings.Builder
	for _, s := range rg.Spans.Ended() {
		for _, kv := range s.Attributes() {
			if kv.Key == "geo.country.iso_code" {
				got.WriteString(kv.Value.AsString() + ",")
			}
		}
	}
	if got.String() != "DE," {
		t.Errorf("countries noted: %q, want DE alone", got.String())
	}
}
