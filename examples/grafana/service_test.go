// SPDX-License-Identifier: Apache-2.0

package grafana

import (
	"context"
	"database/sql"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/otlptranslator"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf"
)

const token = "a token of sixteen bytes or more"

// service is a Monitor with traffic, in a synctest bubble, with all that the dashboards can ask.
type service struct {
	mon      *otelperf.Monitor
	tracer   trace.Tracer
	registry *prometheus.Registry
}

// pool is a connection pool that is in use.
type pool struct{}

func (pool) Stats() sql.DBStats {
	return sql.DBStats{MaxOpenConnections: 10, OpenConnections: 4, InUse: 2}
}

// producer breaks the circle of exporter, provider and Monitor: the exporter needs the Monitor's producer, the Monitor the
// provider that has the exporter.
type producer struct{ of *otelperf.Monitor }

func (p *producer) Produce(ctx context.Context) ([]metricdata.ScopeMetrics, error) {
	return p.of.Producer().Produce(ctx)
}

// newService has the exporter's settings of examples/prometheus.
func newService(t *testing.T) *service {
	t.Helper()
	s, late := &service{registry: prometheus.NewRegistry()}, &producer{}
	exporter, err := otelprometheus.New(otelprometheus.WithRegisterer(s.registry), otelprometheus.WithProducer(late),
		otelprometheus.WithTranslationStrategy(otlptranslator.UnderscoreEscapingWithSuffixes), otelprometheus.WithoutScopeInfo())
	must(t, err)
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(exporter))
	s.mon, err = otelperf.New(otelperf.WithMeterProvider(mp), otelperf.WithBearerToken(token), otelperf.WithLogger(slog.New(slog.DiscardHandler)),
		otelperf.WithDB("orders", pool{}), otelperf.WithObjective("**", otelperf.Objective{
			Name: "shop", SuccessTarget: 0.99, Latency: 300 * time.Millisecond, LatencyTarget: 0.99, Period: 30 * 24 * time.Hour,
		}))
	must(t, err)
	late.of = s.mon
	exported := sdktrace.NewSimpleSpanProcessor(tracetest.NewNoopExporter())
	tp := sdktrace.NewTracerProvider(sdktrace.WithSampler(s.mon.Sampler(nil)), sdktrace.WithSpanProcessor(s.mon.SpanProcessor(exported)))
	s.tracer = tp.Tracer("simulated")
	t.Cleanup(func() {
		_ = s.mon.Shutdown(context.Background())
		_ = tp.Shutdown(context.Background())
		_ = mp.Shutdown(context.Background())
	})
	return s
}

// duringSpike calls use in the bubble of a service that has run well for 20 minutes, and whose GET /checkout has then been
// four times slower for 40 seconds. Its database calls have a baseline, too; POST /orders fails. Two RPC methods and two jobs
// have run now and then.
func duringSpike(t *testing.T, use func(t *testing.T, s *service)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		s.run(20*time.Minute, 20*time.Millisecond)
		s.request("GET", "/items", 200, time.Second)
		s.run(40*time.Second, 80*time.Millisecond)
		synctest.Wait()
		use(t, s)
	})
}

// run sends ten requests a second to /checkout, which take about usual, and fewer to others.
func (s *service) run(d, usual time.Duration) {
	for n := range int(10 * d / time.Second) {
		time.Sleep(100 * time.Millisecond)
		spread := time.Duration(n * 7919 % 100)
		s.request("GET", "/checkout", 200, usual+usual*spread/200)
		s.request("GET", "/items", 200, 5*time.Millisecond+spread*20*time.Microsecond)
		if n%20 == 0 {
			s.request("POST", "/orders", 500, 10*time.Millisecond)
			for _, name := range []string{"Get", "Put"} {
				s.other("shop.Stock/"+name, trace.SpanKindServer, attribute.String("rpc.system.name", "grpc"), attribute.String("rpc.method", "shop.Stock/"+name))
				s.other("job "+name, trace.SpanKindInternal)
			}
		}
	}
}

// request records a request that ends now, with a call of a database in its last half.
func (s *service) request(method, route string, status int, took time.Duration) {
	end := time.Now()
	ctx, span := s.tracer.Start(context.Background(), method+" "+route, trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(end.Add(-took)),
		trace.WithAttributes(attribute.String("http.request.method", method), attribute.String("http.route", route), attribute.Int("http.response.status_code", status)))
	_, call := s.tracer.Start(ctx, "SELECT "+route[1:], trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(end.Add(-took/2)),
		trace.WithAttributes(attribute.String("db.system.name", "postgresql"), attribute.String("db.query.summary", "SELECT "+route[1:])))
	call.End(trace.WithTimestamp(end))
	if status >= 500 {
		span.SetStatus(codes.Error, "")
	}
	span.End(trace.WithTimestamp(end))
}

// other records a root that is no HTTP request.
func (s *service) other(name string, kind trace.SpanKind, attrs ...attribute.KeyValue) {
	end := time.Now()
	_, span := s.tracer.Start(context.Background(), name, trace.WithSpanKind(kind), trace.WithTimestamp(end.Add(-10*time.Millisecond)), trace.WithAttributes(attrs...))
	span.End(trace.WithTimestamp(end))
}

// get asks the JSON endpoint as the data source would.
func (s *service) get(url string) (status int, body []byte) {
	r := httptest.NewRequest(http.MethodGet, url, nil)
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	s.mon.Handler().ServeHTTP(w, r)
	return w.Code, w.Body.Bytes()
}
