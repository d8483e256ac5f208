// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf"
)

// site is a service on a real server: otelhttp, Middleware, a mux with some handlers, the companion endpoint below /ops/x/ and
// the handler of events below /t/.
type site struct {
	mon    *otelperf.Monitor
	tracer trace.Tracer
	mux    *http.ServeMux
	server *httptest.Server
	base   string // the URL of the page
}

// newSite starts a site whose spans and log records go nowhere.
func newSite(t *testing.T, opts ...otelperf.Option) *site {
	t.Helper()
	return newExportingSite(t, nil, nil, opts...)
}

// newExportingSite starts a site with the processors that a program gives its providers, which may be nil.
func newExportingSite(t *testing.T, spans sdktrace.SpanProcessor, records sdklog.Processor, opts ...otelperf.Option) *site {
	t.Helper()
	return newInstance(t, "", spans, records, opts...)
}

// newInstance starts a site that is one of several of a service, by its service.instance.id, "" for none.
func newInstance(t *testing.T, name string, spans sdktrace.SpanProcessor, records sdklog.Processor, opts ...otelperf.Option) *site {
	t.Helper()
	of := []attribute.KeyValue{attribute.String("service.name", "shop"), attribute.String("service.version", "1.4.2")}
	if name != "" {
		of = append(of, attribute.String("service.instance.id", name))
	}
	s := &site{mux: http.NewServeMux()}
	var logs []sdklog.LoggerProviderOption
	if records != nil {
		logs = append(logs, sdklog.WithProcessor(records))
	}
	lp := sdklog.NewLoggerProvider(logs...)
	mon, err := otelperf.New(append([]otelperf.Option{otelperf.WithLogger(slog.New(slog.DiscardHandler)), otelperf.WithLoggerProvider(lp), otelperf.WithIgnoredPaths("/ops/x/", "/t/", "/favicon.ico")}, opts...)...)
	must(t, err)
	s.mon = mon
	tp := sdktrace.NewTracerProvider(sdktrace.WithSampler(mon.Sampler(sdktrace.AlwaysSample())), sdktrace.WithSpanProcessor(mon.SpanProcessor(spans)),
		sdktrace.WithResource(resource.NewSchemaless(of...)))
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(mon.Reader()))
	s.tracer = tp.Tracer("shop")
	s.routes()
	s.server = httptest.NewServer(otelhttp.NewHandler(mon.Middleware(s.mux), "shop", otelhttp.WithTracerProvider(tp), otelhttp.WithMeterProvider(mp), otelhttp.WithFilter(mon.Filter)))
	s.base = s.server.URL + "/ops/x/"
	t.Cleanup(func() {
		s.server.CloseClientConnections()
		s.server.Close()
		_ = errors.Join(mon.Shutdown(context.Background()), tp.Shutdown(context.Background()), mp.Shutdown(context.Background()), lp.Shutdown(context.Background()))
	})
	return s
}

func (s *site) routes() {
	s.mux.Handle("/ops/x/", http.StripPrefix("/ops/x", s.mon.Handler()))
	s.mux.Handle("/t/", http.StripPrefix("/t", s.mon.TrackHandler()))
	s.mux.HandleFunc("GET /items", func(w http.ResponseWriter, r *http.Request) {
		s.query(r.Context(), "SELECT items", time.Millisecond)
		_, _ = io.WriteString(w, "[]")
	})
	s.mux.HandleFunc("GET /orders/{id}", func(w http.ResponseWriter, r *http.Request) { // a query for each user: N+1
		s.query(r.Context(), "SELECT orders", 2*time.Millisecond)
		for range 25 {
			s.query(r.Context(), "SELECT users", 4*time.Millisecond)
		}
		_, _ = io.WriteString(w, "{}")
	})
}

func (s *site) query(ctx context.Context, summary string, d time.Duration) {
	_, span := s.tracer.Start(ctx, summary, trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(attribute.String("db.system.name", "postgresql"), attribute.String("db.query.summary", summary)))
	time.Sleep(d)
	span.End()
}

// get sends a request to the service.
func (s *site) get(t *testing.T, path string) {
	t.Helper()
	resp, err := http.Get(s.server.URL + path)
	must(t, err)
	_, err = io.Copy(io.Discard, resp.Body)
	must(t, errors.Join(err, resp.Body.Close()))
}

// request is one that is made up: a server span with times of its own, which takes no time to send.
type request struct {
	route, path, failure string
	took                 time.Duration
	calls                []call
}

type call struct {
	name, statement, failure string
	took                     time.Duration
}

// send makes the spans of a request that ends now, and returns its trace id.
func (s *site) send(r request) string {
	end := time.Now()
	at := end.Add(-r.took)
	status := http.StatusOK
	if r.failure != "" {
		status = http.StatusInternalServerError
	}
	ctx, span := s.tracer.Start(context.Background(), "GET "+r.route, trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(at), trace.WithAttributes(
		attribute.String("http.request.method", "GET"), attribute.String("http.route", r.route), attribute.String("url.path", r.path), attribute.Int("http.response.status_code", status)))
	for _, c := range r.calls {
		_, child := s.tracer.Start(ctx, c.name, trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(at),
			trace.WithAttributes(attribute.String("db.system.name", "postgresql"), attribute.String("db.query.summary", c.name), attribute.String("db.query.text", c.statement)))
		at = at.Add(c.took)
		fail(child, c.failure)
		child.End(trace.WithTimestamp(at))
	}
	fail(span, r.failure)
	span.End(trace.WithTimestamp(end))
	return span.SpanContext().TraceID().String()
}

func fail(span trace.Span, why string) {
	if why != "" {
		span.RecordError(errors.New(why), trace.WithStackTrace(true))
		span.SetStatus(codes.Error, why)
	}
}

// steady sends rate requests a second to a route until ctx ends, each of which takes about what took says at that time.
func (s *site) steady(ctx context.Context, route string, rate int, took func() time.Duration) {
	const batches = 20 // a second
	ticker := time.NewTicker(time.Second / batches)
	defer ticker.Stop()
	for n := 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			for range rate / batches {
				n++
				d := took()
				s.send(request{route: route, path: route, took: d + d*time.Duration(n*7919%100)/200}) // times 1 to 1.5
			}
		}
	}
}

// background runs f until the test ends, and waits for it.
func background(t *testing.T, f func(context.Context)) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
}

// some is traffic of every sort: quick requests, a failure, and a slow request with an N+1, whose trace id is returned.
func (s *site) some() string {
	for i := range 300 {
		s.send(request{route: "/items", path: "/items", took: time.Duration(5+i%7) * time.Millisecond, calls: []call{{name: "SELECT items", took: 3 * time.Millisecond}}})
		s.send(request{route: fmt.Sprintf("/kind%d", i%6), path: "/kind", took: time.Duration(i) * time.Millisecond / 10})
	}
	s.send(request{route: "/fail", path: "/fail", took: 3 * time.Millisecond, failure: "connection reset by peer"})
	calls := []call{{name: "SELECT orders", took: 20 * time.Millisecond}}
	for range 87 {
		calls = append(calls, call{name: "SELECT users", statement: "SELECT * FROM users WHERE id = $1", took: 9 * time.Millisecond})
	}
	return s.send(request{route: "/orders/{id}", path: "/orders/7", took: 850 * time.Millisecond, calls: calls})
}
