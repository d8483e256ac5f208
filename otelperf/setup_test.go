// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/stdout/stdoutmetric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// keepGlobals puts back the global providers after a test that calls Setup.
func keepGlobals(t *testing.T) {
	tp, mp, p := otel.GetTracerProvider(), otel.GetMeterProvider(), otel.GetTextMapPropagator()
	t.Cleanup(func() {
		otel.SetTracerProvider(tp)
		otel.SetMeterProvider(mp)
		otel.SetTextMapPropagator(p)
	})
}

// kept is a span exporter that keeps what it got over its Shutdown.
type kept struct {
	mu    sync.Mutex
	spans []sdktrace.ReadOnlySpan
	down  int
}

func (k *kept) ExportSpans(_ context.Context, s []sdktrace.ReadOnlySpan) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.spans = append(k.spans, s...)
	return nil
}

func (k *kept) Shutdown(context.Context) error { k.down++; return nil }

// One call gives a program without a pipeline all of it: spans and metrics go out, numbers are there, one function
// ends it.
func TestSetup(t *testing.T) {
	keepGlobals(t)
	var spans, more kept
	var out bytes.Buffer
	exporter, err := stdoutmetric.New(stdoutmetric.WithWriter(&out))
	if err != nil {
		t.Fatal(err)
	}
	mon, shutdown, err := otelperf.Setup(t.Context(),
		otelperf.WithSpanExporter(&spans), otelperf.WithSpanExporter(&more), otelperf.WithMetricExporter(exporter),
		otelperf.WithResource(resource.NewSchemaless(semconv.ServiceName("shop"), semconv.ServiceVersion("1.2.3"), semconv.ServiceInstanceID("shop-1"))),
		otelperf.WithSampler(sdktrace.NeverSample()), otelperf.WithSlowThreshold(time.Hour)) // a slow request is rescued
	if err != nil {
		t.Fatal(err)
	}
	h := otelhttp.NewHandler(mon.Middleware(testrig.Shop(nil)), "shop", otelhttp.WithFilter(mon.Filter)) // by the global providers
	sendOrdinary(h, 10)
	s := mon.Summary(otelperf.Window5m)
	if s.TotalRequests != 10 || s.Service != "shop" || s.Version != "1.2.3" || s.Instance != "shop-1" {
		t.Errorf("%d requests of %s %s, instance %s, want 10 of shop 1.2.3, shop-1", s.TotalRequests, s.Service, s.Version, s.Instance)
	}
	if !s.Diagnostics.ReaderRegistered || !s.Diagnostics.Processor.SamplerUsed {
		t.Errorf("reader registered: %v, sampler used: %v, want both", s.Diagnostics.ReaderRegistered, s.Diagnostics.Processor.SamplerUsed)
	}
	for range 2 {
		if err := shutdown(t.Context()); err != nil {
			t.Errorf("shutdown: %v", err)
		}
	}
	if len(spans.spans) != 0 || spans.down != 1 || more.down != 1 {
		t.Errorf("%d unsampled spans exported; exporters shut down %d and %d times, want once", len(spans.spans), spans.down, more.down)
	}
	for _, name := range []string{"otelperf.request.duration", "http.server.request.duration"} {
		if !strings.Contains(out.String(), name) {
			t.Errorf("%s was not exported", name)
		}
	}
}

// The sampler comes from the environment unless it is given, and sampled spans reach every exporter.
func TestSetupReadsTheSamplersVariables(t *testing.T) {
	for _, tt := range []struct {
		sampler string
		want    int
	}{{"always_off", 0}, {"always_on", 10}, {"", 10}} {
		t.Run("sampler "+tt.sampler, func(t *testing.T) {
			keepGlobals(t)
			t.Setenv("OTEL_TRACES_SAMPLER", tt.sampler)
			var one, two kept
			mon, shutdown, err := otelperf.Setup(t.Context(), otelperf.WithSpanExporter(&one), otelperf.WithSpanExporter(&two),
				otelperf.WithSlowThreshold(time.Hour)) // a slow request is rescued
			if err != nil {
				t.Fatal(err)
			}
			sendOrdinary(otelhttp.NewHandler(testrig.Shop(nil), "shop"), 10)
			if n := total(mon); n != 10 {
				t.Errorf("%d requests counted, want 10", n)
			}
			if err := shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			if len(one.spans) != tt.want || len(two.spans) != tt.want {
				t.Errorf("%d and %d spans exported, want %d", len(one.spans), len(two.spans), tt.want)
			}
		})
	}
}

// A reader of the program's own is fed, the metric source works in what Setup builds.
func TestSetupWithReaderAndMetricSource(t *testing.T) {
	keepGlobals(t)
	reader := sdkmetric.NewManualReader()
	mon, shutdown, err := otelperf.Setup(t.Context(), otelperf.WithMetricReader(reader), otelperf.WithMetricSource())
	if err != nil {
		t.Fatal(err)
	}
	send(otelhttp.NewHandler(testrig.Shop(nil), "shop"), 20)
	if n := total(mon); n != 20 {
		t.Errorf("%d requests counted, want 20", n)
	}
	var rm metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &rm); err != nil || len(rm.ScopeMetrics) == 0 {
		t.Errorf("the program's reader has %d scopes, %v", len(rm.ScopeMetrics), err)
	}
	if err := shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

// A shutdown whose context is over says so, and does not hang.
func TestSetupShutdownHonoursItsContext(t *testing.T) {
	keepGlobals(t)
	_, shutdown, err := otelperf.Setup(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if err := shutdown(over); !errors.Is(err, context.Canceled) {
		t.Errorf("shutdown: %v, want context.Canceled", err)
	}
}

// OTEL_SDK_DISABLED means no SDK at all: nothing is exported.
func TestSetupWithTheSDKDisabled(t *testing.T) {
	keepGlobals(t)
	t.Setenv("OTEL_SDK_DISABLED", "true")
	var spans kept
	var out bytes.Buffer
	exporter, err := stdoutmetric.New(stdoutmetric.WithWriter(&out))
	if err != nil {
		t.Fatal(err)
	}
	mon, shutdown, err := otelperf.Setup(t.Context(), otelperf.WithSpanExporter(&spans), otelperf.WithMetricExporter(exporter))
	if err != nil {
		t.Fatal(err)
	}
	h := otelhttp.NewHandler(mon.Middleware(testrig.Shop(nil)), "shop")
	if w := testrig.Call(h, http.MethodGet, "/users/7"); w.Code != http.StatusOK {
		t.Errorf("reply is %d", w.Code)
	}
	if err := shutdown(t.Context()); err != nil {
		t.Errorf("shutdown: %v", err)
	}
	if len(spans.spans) > 0 || strings.Contains(out.String(), "http.server.request.duration") {
		t.Errorf("with the SDK disabled %d spans and %d bytes of metrics were exported", len(spans.spans), out.Len())
	}
}

// A context that is over before anything was made leaves the program as it was.
func TestSetupWhenItIsTooLate(t *testing.T) {
	before := otel.GetTracerProvider()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if mon, _, err := otelperf.Setup(ctx); mon != nil || !errors.Is(err, context.Canceled) || otel.GetTracerProvider() != before {
		t.Errorf("got %v and %v, want no Monitor, context.Canceled and the global provider as it was", mon, err)
	}
}
