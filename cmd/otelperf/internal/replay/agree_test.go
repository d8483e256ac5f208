// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/replay/format"
	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/slowlog"
)

// pipeline has the same requests seen three times: live by a span processor, by the metrics of the instrumentation, and by the
// trace that a file exporter would have written.
type pipeline struct {
	live, metrics *otelperf.Monitor
	exported      *tracetest.SpanRecorder // spans as the instrumentation left them
	tp            *sdktrace.TracerProvider
	mp            *sdkmetric.MeterProvider
}

func newPipeline(t *testing.T) *pipeline {
	t.Helper()
	silent := otelperf.WithLogger(slog.New(slog.DiscardHandler))
	live, err := otelperf.New(silent)
	if err != nil {
		t.Fatal(err)
	}
	metrics, err := otelperf.New(silent, otelperf.WithMetricSource())
	if err != nil {
		t.Fatal(err)
	}
	p := &pipeline{live: live, metrics: metrics, exported: tracetest.NewSpanRecorder()}
	p.tp = sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(p.exported), sdktrace.WithSpanProcessor(live.SpanProcessor(nil)), sdktrace.WithSampler(sdktrace.AlwaysSample()))
	p.mp = sdkmetric.NewMeterProvider(sdkmetric.WithReader(metrics.Reader()))
	t.Cleanup(func() {
		ctx := context.Background()
		_, _, _, _ = live.Shutdown(ctx), metrics.Shutdown(ctx), p.tp.Shutdown(ctx), p.mp.Shutdown(ctx)
	})
	return p
}

// rows are the outcomes by kind and endpoint.
type rows map[string]slowlog.OutcomeCounts

func (r rows) add(kind, method, route string, counts slowlog.OutcomeCounts) {
	name := strings.Join([]string{kind, method, route}, " ")
	old := r[name]
	old.Add(&counts)
	r[name] = old
}

// rowsOf are those that a Monitor has.
func rowsOf(t *testing.T, m *otelperf.Monitor) rows {
	t.Helper()
	if err := m.Reader().ForceFlush(t.Context()); err != nil {
		t.Fatal(err)
	}
	out, s := rows{}, m.Summary(otelperf.WindowAll)
	for _, r := range append(s.Endpoints, s.Jobs...) {
		out.add(r.Kind, r.Method, r.Route, r.Outcomes)
	}
	return out
}

// recorded is a sink that counts.
type recorded struct {
	t *testing.T
	*endpoints
	rows
}

func (r recorded) Request(_ int, rec *format.Record) error {
	var one slowlog.OutcomeCounts
	one[rec.Outcome] = 1
	ep := r.all[r.of(rec)]
	r.rows.add(ep.Kind.String(), ep.Method, ep.Route, one)
	return nil
}

func (r recorded) Bad(line int, reason error) error {
	r.t.Errorf("line %d: %v", line, reason)
	return nil
}

// replayed are those that the recorded trace gives.
func (p *pipeline) replayed(t *testing.T) rows {
	t.Helper()
	var file bytes.Buffer
	for _, s := range p.exported.Ended() {
		if err := json.NewEncoder(&file).Encode(document(s)); err != nil {
			t.Fatal(err)
		}
	}
	r, err := format.Open(&file, format.Options{Format: "otlp"})
	if err != nil {
		t.Fatal(err)
	}
	got := recorded{t, newEndpoints(), rows{}}
	if err := r.Run(got); err != nil {
		t.Fatal(err)
	}
	return got.rows
}

type object = map[string]any

// document is a span as a file exporter writes it.
func document(s sdktrace.ReadOnlySpan) object {
	var events []object
	for _, e := range s.Events() {
		events = append(events, object{"name": e.Name, "attributes": written(e.Attributes)})
	}
	flags := 1 << 8
	if s.Parent().IsRemote() {
		flags |= 1 << 9
	}
	span := object{
		"name": s.Name(), "kind": int(s.SpanKind()), "flags": flags, "attributes": written(s.Attributes()), "events": events,
		"startTimeUnixNano": strconv.FormatInt(s.StartTime().UnixNano(), 10), "endTimeUnixNano": strconv.FormatInt(s.EndTime().UnixNano(), 10),
		"status": object{"code": map[codes.Code]int{codes.Ok: 1, codes.Error: 2}[s.Status().Code]},
	}
	if s.Parent().HasSpanID() {
		span["parentSpanId"] = s.Parent().SpanID().String()
	}
	return object{"resourceSpans": []object{{"scopeSpans": []object{{"spans": []object{span}}}}}}
}

func written(attrs []attribute.KeyValue) (out []object) {
	for _, kv := range attrs {
		value := object{"stringValue": kv.Value.String()}
		if kv.Value.Type() == attribute.INT64 {
			value = object{"intValue": kv.Value.String()}
		}
		out = append(out, object{"key": kv.Key, "value": value})
	}
	return out
}

// shop answers with the status that is asked for.
func shop() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /users/{id}", func(w http.ResponseWriter, r *http.Request) {
		if status, err := strconv.Atoi(r.PathValue("id")); err == nil {
			w.WriteHeader(status)
		}
	})
	mux.HandleFunc("/na\u00efve/{id}", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/reports/"+strings.Repeat("\u20ac", 100), func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /panic", func(http.ResponseWriter, *http.Request) { panic("out of stock") })
	mux.HandleFunc("GET /abort", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	mux.HandleFunc("GET /events", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "data: hello\n\n")
	})
	return mux
}

// send sends one request of each sort. toMetrics are those that the metrics of otelhttp can tell: it records none of a handler that
// panics, and knows no streams.
func send(t *testing.T, url string, all bool) {
	t.Helper()
	toMetrics := []string{
		"GET /users/x", "GET /users/404", "GET /users/503", "GET /users/499", "GET /users/304", "POST /users/x", "GET /nowhere", "BREW /pot",
		"GET /na%C3%AFve/1", "PUT /reports/" + strings.Repeat("%E2%82%AC", 100),
	}
	if all {
		toMetrics = append(toMetrics, "GET /panic", "GET /abort", "GET /events")
	}
	for _, what := range toMetrics {
		method, path, _ := strings.Cut(what, " ")
		req, err := http.NewRequestWithContext(t.Context(), method, url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		reply, err := http.DefaultClient.Do(req)
		if err != nil {
			continue // of a handler that panicked
		}
		_, _ = io.Copy(io.Discard, reply.Body)
		_ = reply.Body.Close()
	}
}

// call is a span and, for servers, the metric point of one RPC.
func (p *pipeline) call(name string, kind trace.SpanKind, metricName string, failed bool, attrs ...attribute.KeyValue) {
	_, s := p.tp.Tracer("rpc").Start(context.Background(), name, trace.WithSpanKind(kind), trace.WithAttributes(attrs...))
	if failed {
		s.SetStatus(codes.Error, "")
	}
	s.End()
	if metricName == "" {
		return
	}
	h, err := p.mp.Meter("rpc").Float64Histogram(metricName)
	if err != nil {
		panic(err)
	}
	h.Record(context.Background(), 0.01, metric.WithAttributes(attrs...))
}

// TestAllThreeAgree: the same requests have the same endpoints and the same outcomes wherever they are seen.
func TestAllThreeAgree(t *testing.T) {
	str := attribute.String
	for _, repaired := range []bool{true, false} {
		for _, all := range []bool{true, false} {
			t.Run(fmt.Sprintf("middleware=%v,all=%v", repaired, all), func(t *testing.T) {
				p := newPipeline(t)
				handler := shop()
				if repaired {
					handler = p.live.Middleware(handler)
				}
				srv := httptest.NewUnstartedServer(otelhttp.NewHandler(handler, "shop", otelhttp.WithTracerProvider(p.tp), otelhttp.WithMeterProvider(p.mp)))
				srv.Config.ErrorLog = log.New(io.Discard, "", 0)
				srv.Start()
				send(t, srv.URL, all)
				srv.Close() // and with it all of its spans
				p.call("shop.Cart/Add", trace.SpanKindServer, "rpc.server.call.duration", false, str("rpc.system.name", "grpc"), str("rpc.method", "shop.Cart/Add"), str("rpc.response.status_code", "OK"))
				p.call("shop.Cart/Add", trace.SpanKindServer, "rpc.server.call.duration", true, str("rpc.system.name", "grpc"), str("rpc.method", "shop.Cart/Add"), str("rpc.response.status_code", "UNAVAILABLE"))
				p.call("shop.Cart/Del", trace.SpanKindServer, "rpc.server.duration", false, str("rpc.system", "grpc"), str("rpc.service", "shop.Cart"), str("rpc.method", "Del"), attribute.Int("rpc.grpc.status_code", 5))
				p.call("shop.Cart/Del", trace.SpanKindServer, "rpc.server.duration", true, str("rpc.system", "connect_rpc"), str("rpc.service", "shop.Cart"), str("rpc.method", "Del"), str("rpc.connect_rpc.error_code", "internal"))
				for range 2 {
					p.call("scan.S/Get", trace.SpanKindServer, "rpc.server.call.duration", true, str("rpc.system.name", "grpc"), str("rpc.method", "scan.S/Get"), str("rpc.response.status_code", "UNIMPLEMENTED"))
				}
				if all {
					p.call("FROB /x", trace.SpanKindServer, "", false, str("http.method", "FROB"), attribute.Int("http.status_code", 405))
					p.call("process user-17", trace.SpanKindConsumer, "", false, str("messaging.destination.name", "user-17"), str("messaging.destination.template", "user-{id}"))
					p.call("process orders", trace.SpanKindConsumer, "", true, str("messaging.system", "kafka"))
					p.call("nightly", trace.SpanKindInternal, "", false)
					p.call("handler", trace.SpanKindInternal, "", false, str("http.request.method", "GET"), str("http.route", "/x"), attribute.Int("http.response.status_code", 500))
					p.call("HTTP GET route not found", trace.SpanKindServer, "", false, str("http.method", "GET"), attribute.Int("http.status_code", 404))
				}
				live, replayed := rowsOf(t, p.live), p.replayed(t)
				if !maps.Equal(live, replayed) {
					t.Errorf("live      %v\nreplayed  %v", live, replayed)
				}
				if metrics := rowsOf(t, p.metrics); !all && !maps.Equal(live, metrics) {
					t.Errorf("live      %v\nmetrics   %v", live, metrics)
				}
				if len(live) < 9 {
					t.Errorf("only %d rows: %v", len(live), live)
				}
			})
		}
	}
}
