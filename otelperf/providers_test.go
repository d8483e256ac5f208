// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"errors"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"weak"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric/noop"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// provider is a TracerProvider of a program, with a processor that it had and an otelhttp server.
type provider struct {
	*sdktrace.TracerProvider
	processor sdktrace.SpanProcessor
	ended     *tracetest.SpanRecorder
	server    http.Handler
}

func newProvider(mon *otelperf.Monitor, opts ...sdktrace.TracerProviderOption) *provider {
	p := &provider{ended: tracetest.NewSpanRecorder()}
	p.processor = mon.SpanProcessor(p.ended)
	p.TracerProvider = sdktrace.NewTracerProvider(append(opts, sdktrace.WithSpanProcessor(p.processor))...)
	p.server = otelhttp.NewHandler(testrig.Shop(nil), "shop", otelhttp.WithTracerProvider(p), otelhttp.WithMeterProvider(noop.NewMeterProvider()))
	return p
}

func newMonitor(t testing.TB, opts ...otelperf.Option) *otelperf.Monitor {
	t.Helper()
	mon, err := otelperf.New(append([]otelperf.Option{
		otelperf.WithMeterProvider(noop.NewMeterProvider()), otelperf.WithLogger(slog.New(slog.DiscardHandler)),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mon.Shutdown(t.Context()) })
	return mon
}

// healthCheck returns a check of health.
func healthCheck(t testing.TB, mon *otelperf.Monitor, name string) otelperf.HealthCheck {
	t.Helper()
	for _, c := range mon.Health().Checks {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("health has no check %q", name)
	return otelperf.HealthCheck{}
}

// Neither the Shutdown of one provider nor the removal of its processor ends the counting of others, of its own successor, or health;
// the Shutdown of the Monitor does, and health says so.
func TestProvidersThatEndBeforeTheMonitor(t *testing.T) {
	mon := newMonitor(t)
	a, b := newProvider(mon), newProvider(mon)
	want := uint64(0)
	serve := func(p *provider) {
		t.Helper()
		want++
		testrig.Call(p.server, http.MethodGet, "/users/1")
		if n := mon.Summary(otelperf.WindowAll).TotalRequests; n != want {
			t.Fatalf("%d requests counted, want %d", n, want)
		}
		if c := healthCheck(t, mon, "counting"); c.Status != "pass" {
			t.Fatalf("health is %+v", c)
		}
	}
	serve(a)
	serve(b)
	if err := a.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	serve(b)
	a = newProvider(mon)
	serve(a)
	b.UnregisterSpanProcessor(b.processor)
	serve(a)
	b.RegisterSpanProcessor(mon.SpanProcessor(b.ended))
	serve(b)
	if err := errors.Join(a.Shutdown(t.Context()), b.Shutdown(t.Context())); err != nil {
		t.Fatal(err)
	}
	c := newProvider(mon)
	serve(c)
	if n := len(a.ended.Ended()) + len(b.ended.Ended()) + len(c.ended.Ended()); n != 2+3+1 {
		t.Errorf("the program's processors have %d spans, want 6", n)
	}
	if err := mon.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	testrig.Call(c.server, http.MethodGet, "/users/1")
	if n := mon.Summary(otelperf.WindowAll).TotalRequests; n != want {
		t.Errorf("%d requests counted after Shutdown of the Monitor, want %d", n, want)
	}
	if c := healthCheck(t, mon, "counting"); c.Status != "warn" || !strings.Contains(c.Detail, "Shutdown") {
		t.Errorf("after Shutdown of the Monitor health is %+v", c)
	}
}

// A provider that is made anew a thousand times leaves nothing behind.
func TestThousandReloads(t *testing.T) {
	mon := newMonitor(t)
	const reloads = 1000
	goroutines := runtime.NumGoroutine()
	old := make([]weak.Pointer[tracetest.SpanRecorder], reloads)
	for i := range old {
		p := newProvider(mon, sdktrace.WithSampler(mon.Sampler(sdktrace.NeverSample())), sdktrace.WithBatcher(tracetest.NewNoopExporter()))
		testrig.Call(p.server, http.MethodGet, "/users/1")
		testrig.Call(p.server, http.MethodGet, "/fail")
		if err := p.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		old[i] = weak.Make(p.ended)
	}
	if n := mon.Summary(otelperf.WindowAll).TotalRequests; n != 2*reloads {
		t.Errorf("%d requests counted, want %d", n, 2*reloads)
	}
	testrig.Eventually(t, "no goroutine more than before", func() bool { return runtime.NumGoroutine() <= goroutines })
	testrig.Eventually(t, "no processor of old", func() bool {
		runtime.GC()
		left := 0
		for _, p := range old {
			if p.Value() != nil {
				left++
			}
		}
		return left == 0
	})
	if n := mon.Diagnostics().Processor.Faults; n != 0 {
		t.Errorf("%d faults", n)
	}
}

// What ends late below a rescued request is not sent to a processor that was shut down.
func TestLateSpansOfAProviderThatWasShutDown(t *testing.T) {
	mon := newMonitor(t)
	sampler := mon.Sampler(sdktrace.NeverSample())
	a, b := newProvider(mon, sdktrace.WithSampler(sampler)), newProvider(mon, sdktrace.WithSampler(sampler))
	for _, shut := range []bool{false, true} {
		before := len(a.ended.Ended())
		ctx, root := a.Tracer("test").Start(t.Context(), "job")
		_, late := b.Tracer("test").Start(ctx, "late")
		root.SetStatus(codes.Error, "failed")
		root.End()
		if shut {
			if err := a.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		late.End()
		if n, want := len(a.ended.Ended())-before, map[bool]int{false: 2, true: 1}[shut]; n != want {
			t.Errorf("shut down %v: the processor got %d spans, want %d", shut, n, want)
		}
	}
}
