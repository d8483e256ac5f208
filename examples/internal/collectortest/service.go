// SPDX-License-Identifier: Apache-2.0

package collectortest

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf"
)

// Service is an HTTP service with everything otelperf offers wired in.
type Service struct {
	Mon     *otelperf.Monitor
	Handler http.Handler

	tp  *sdktrace.TracerProvider
	mp  *sdkmetric.MeterProvider
	lp  *sdklog.LoggerProvider
	seq time.Duration
}

// Config says what is special about a Service.
type Config struct {
	Sampler sdktrace.Sampler // nil: every trace
	Options []otelperf.Option
}

// NewService starts a service that exports every 50 ms, and ends it with the test.
func NewService(t testing.TB, to Exporters, c Config) *Service {
	t.Helper()
	if c.Sampler == nil {
		c.Sampler = sdktrace.AlwaysSample()
	}
	res := resource.NewSchemaless(semconv.ServiceName("shop"), semconv.ServiceInstanceID("shop-1"))
	s := &Service{lp: sdklog.NewLoggerProvider(sdklog.WithResource(res),
		sdklog.WithProcessor(sdklog.NewBatchProcessor(to.Logs, sdklog.WithExportInterval(50*time.Millisecond), sdklog.WithExportTimeout(exportLimit))))}
	// The Monitor wants the provider of its own instruments, which wants the Monitor's histograms: the reader is
	// given them by a Producer that asks later.
	histograms := &lateProducer{}
	s.mp = sdkmetric.NewMeterProvider(sdkmetric.WithResource(res), sdkmetric.WithReader(
		sdkmetric.NewPeriodicReader(to.Metrics, sdkmetric.WithInterval(50*time.Millisecond), sdkmetric.WithTimeout(exportLimit), sdkmetric.WithProducer(histograms))))
	mon, err := otelperf.New(append([]otelperf.Option{
		otelperf.WithLogger(slog.New(slog.DiscardHandler)), otelperf.WithMeterProvider(s.mp), otelperf.WithLoggerProvider(s.lp),
	}, c.Options...)...)
	must(t, err)
	s.Mon = mon
	histograms.Store(mon.Producer())
	s.tp = sdktrace.NewTracerProvider(sdktrace.WithResource(res), sdktrace.WithSampler(mon.Sampler(c.Sampler)),
		sdktrace.WithSpanProcessor(mon.SpanProcessor(sdktrace.NewBatchSpanProcessor(to.Spans, sdktrace.WithBatchTimeout(50*time.Millisecond), sdktrace.WithExportTimeout(exportLimit)))))
	s.Handler = otelhttp.NewHandler(mon.Middleware(routes()), "shop", otelhttp.WithFilter(mon.Filter),
		otelhttp.WithTracerProvider(s.tp), otelhttp.WithMeterProvider(s.mp))
	t.Cleanup(s.close)
	return s
}

func routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /items/{id}", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /fail", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	mux.HandleFunc("GET /sleep", func(_ http.ResponseWriter, r *http.Request) {
		ctx, outer := tracer(r).Start(r.Context(), "load")
		_, inner := tracer(r).Start(ctx, "SELECT items", trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attribute.String("db.system.name", "postgresql")))
		time.Sleep(SleepsFor)
		inner.End()
		outer.End()
	})
	return mux
}

// SleepsFor is how long /sleep takes.
const SleepsFor = time.Second

func tracer(r *http.Request) trace.Tracer {
	return trace.SpanFromContext(r.Context()).TracerProvider().Tracer("simulated")
}

// Get has the service answer one request, and returns how long its caller waited.
func (s *Service) Get(path string) time.Duration {
	began := time.Now()
	s.Handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, nil))
	return time.Since(began)
}

// Request records a request of GET route that took d, without waiting for it, and returns where in a trace it was.
func (s *Service) Request(route string, d time.Duration) trace.SpanContext {
	s.seq++ // no two end at the same time
	end := time.Now().Add(s.seq)
	_, span := s.tp.Tracer("simulated").Start(context.Background(), "GET "+route, trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(end.Add(-d)),
		trace.WithAttributes(attribute.String("http.request.method", "GET"), attribute.String("http.route", route), attribute.Int("http.response.status_code", 200)))
	span.End(trace.WithTimestamp(end))
	return span.SpanContext()
}

// Flush exports what has been recorded so far.
func (s *Service) Flush(ctx context.Context) error {
	return errors.Join(s.Mon.Reader().ForceFlush(ctx), s.tp.ForceFlush(ctx), s.mp.ForceFlush(ctx), s.lp.ForceFlush(ctx))
}

// close gives the exporters a second: a test may have left them without a collector.
func (s *Service) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = errors.Join(s.Mon.Shutdown(ctx), s.tp.Shutdown(ctx), s.mp.Shutdown(ctx), s.lp.Shutdown(ctx))
}
