// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/metric/noop"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
	"github.com/otelperf/otelperf-go/spikeprocessor"
)

// rowsOf is what the rows of a Monitor have.
func rowsOf(mon *otelperf.Monitor) string { return rows(mon.Summary(otelperf.WindowAll)) }

func instrumented(h http.Handler, tp trace.TracerProvider) http.Handler {
	return otelhttp.NewHandler(h, "shop", otelhttp.WithTracerProvider(tp), otelhttp.WithMeterProvider(noop.NewMeterProvider()))
}

// userPages serves GET /users/{id}.
func userPages(h http.HandlerFunc) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /users/{id}", h)
	return mux
}

// A server whose requests are all below one span, around the whole program, has them counted and stored with what is below them, and
// they are listed while they run.
func TestServerBelowASpanThatNeverEnds(t *testing.T) {
	mon := newMonitor(t, otelperf.WithSlowThreshold(time.Nanosecond), otelperf.WithAuthorizer(func(*http.Request) bool { return true }))
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(mon.SpanProcessor(nil)), sdktrace.WithSampler(mon.Sampler(sdktrace.NeverSample())))
	ctx, program := tp.Tracer("test").Start(t.Context(), "main")
	defer program.End()
	var active string
	srv := httptest.NewUnstartedServer(instrumented(userPages(func(_ http.ResponseWriter, r *http.Request) {
		_, s := tp.Tracer("test").Start(r.Context(), "SELECT users", trace.WithSpanKind(trace.SpanKindClient))
		s.End()
		active = testrig.Call(mon.Handler(), http.MethodGet, "/active").Body.String()
	}), tp))
	srv.Config.BaseContext = func(net.Listener) context.Context { return ctx }
	srv.Start()
	defer srv.Close()
	for range 3 {
		resp, err := srv.Client().Get(srv.URL + "/users/1")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
	testrig.Eventually(t, "3 requests counted", func() bool { return rowsOf(mon) == "GET /users/{id} ok=3" })
	if !strings.Contains(active, "/users/1") {
		t.Errorf("while one runs, active is %s", active)
	}
	testrig.Eventually(t, "the anatomy of 3 slow requests", func() bool {
		n := 0
		for e := range mon.SlowLog().All() {
			if e.Anatomy != nil && e.Anatomy.Spans == 1 {
				n++
			}
		}
		return n == 3
	})
}

// A request counts once, whoever instruments it how often, and whatever is above it. (Where otelhttp is there twice, the outer one does
// not get the route without Middleware.)
func TestRequestsWithLocalParents(t *testing.T) {
	ok := func(http.ResponseWriter, *http.Request) {}
	local := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled})
	type providers struct{ ours, another, strange trace.TracerProvider } // strange has no processor of ours
	span := func(ctx context.Context, tp trace.TracerProvider, name string, kind trace.SpanKind, inside func(context.Context)) {
		ctx, s := tp.Tracer("test").Start(ctx, name, trace.WithSpanKind(kind))
		inside(ctx)
		s.End()
	}
	nothing := func(context.Context) {}
	serve := func(h http.Handler) func(context.Context) {
		return func(ctx context.Context) {
			h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/users/1", http.NoBody))
		}
	}
	const server, consumer, internal, client = trace.SpanKindServer, trace.SpanKindConsumer, trace.SpanKindInternal, trace.SpanKindClient
	for _, tt := range []struct {
		name string
		run  func(context.Context, providers)
		want string
	}{
		{"instrumented twice", func(ctx context.Context, p providers) {
			serve(instrumented(instrumented(userPages(ok), p.ours), p.ours))(ctx)
		}, "GET (unmatched) ok=1"},
		{"instrumented three times", func(ctx context.Context, p providers) {
			serve(instrumented(instrumented(instrumented(userPages(ok), p.ours), p.ours), p.ours))(ctx)
		}, "GET (unmatched) ok=1"},
		{"instrumented twice, with two providers", func(ctx context.Context, p providers) {
			serve(instrumented(instrumented(userPages(ok), p.another), p.ours))(ctx)
		}, "GET (unmatched) ok=1"},
		{"instrumented before by a provider that we do not see", func(ctx context.Context, p providers) {
			serve(instrumented(instrumented(userPages(ok), p.ours), p.strange))(ctx)
		}, "GET /users/{id} ok=1"},
		{"below an internal span of a provider that we do not see", func(ctx context.Context, p providers) {
			span(ctx, p.strange, "main", internal, serve(instrumented(userPages(ok), p.ours)))
		}, "GET /users/{id} ok=1"},
		{"below ids without Remote", func(ctx context.Context, p providers) {
			serve(instrumented(userPages(ok), p.ours))(trace.ContextWithSpanContext(ctx, local))
		}, "GET /users/{id} ok=1"},
		{"one server calls another one in the process", func(ctx context.Context, p providers) {
			inner := instrumented(userPages(ok), p.ours)
			serve(instrumented(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				span(r.Context(), p.ours, "GET", client, serve(inner))
			}), p.ours))(ctx)
		}, "GET (unmatched) ok=1; GET /users/{id} ok=1"},
		{"messages below a span that never ends", func(ctx context.Context, p providers) {
			ctx, _ = p.ours.Tracer("test").Start(ctx, "poll")
			for range 3 {
				span(ctx, p.ours, "process orders", consumer, nothing)
			}
		}, "consumer process orders ok=3"},
		{"messages below ids without Remote", func(ctx context.Context, p providers) {
			span(trace.ContextWithSpanContext(ctx, local), p.ours, "process orders", consumer, nothing)
		}, "consumer process orders ok=1"},
		{"a message that a request hands over", func(ctx context.Context, p providers) {
			serve(instrumented(userPages(func(_ http.ResponseWriter, r *http.Request) {
				span(r.Context(), p.ours, "process orders", consumer, nothing)
			}), p.ours))(ctx)
		}, "GET /users/{id} ok=1; consumer process orders ok=1"},
		{"a message that is instrumented twice", func(ctx context.Context, p providers) {
			span(ctx, p.ours, "receive", consumer, func(ctx context.Context) { span(ctx, p.ours, "process", consumer, nothing) })
		}, "consumer receive ok=1"},
		{"a request that goes on after the one above it", func(ctx context.Context, p providers) {
			ctx, s := p.ours.Tracer("test").Start(ctx, "first", trace.WithSpanKind(server))
			s.End()
			span(ctx, p.ours, "second", server, nothing)
		}, "server first ok=1; server second ok=1"},
		{"steps of a request are none", func(ctx context.Context, p providers) {
			span(ctx, p.ours, "request", server, func(ctx context.Context) {
				span(ctx, p.ours, "step", internal, nothing)
				span(ctx, p.ours, "call", client, nothing)
			})
		}, "server request ok=1"},
	} {
		for _, inFlight := range []bool{true, false} {
			if !inFlight && strings.Contains(tt.name, "two providers") {
				continue // nothing says that the other one is measured
			}
			t.Run(tt.name, func(t *testing.T) {
				mon := newMonitor(t, otelperf.WithProcessorOptions(spikeprocessor.WithInFlight(inFlight)))
				tt.run(t.Context(), providers{
					sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(mon.SpanProcessor(nil))),
					sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(mon.SpanProcessor(nil))),
					sdktrace.NewTracerProvider(),
				})
				if got := rowsOf(mon); got != tt.want {
					t.Errorf("counted %s, want %s", got, tt.want)
				}
			})
		}
	}
}

// Internal spans that no request above them accounts for are in diagnostics, with what to do about them, whether they go on or not:
// those below a span that never ends, and those of a parent that nobody here knows.
func TestWorkThatIsInNoRow(t *testing.T) {
	unknown := trace.ContextWithSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled}))
	for name, tt := range map[string]struct {
		unknown bool
		seconds int // for which there is work
		want    string
	}{
		"below a span that never ends":           {false, 1, `10 spans are below requests that have been running for more than a minute, most of them below "main"`},
		"below a span that never ends, it is on": {false, 90, `900 spans are below requests that have been running for more than a minute, most of them below "main"`},
		"of an unknown parent":                   {true, 1, "At least 10 spans are in no request's anatomy"},
		"of an unknown parent, it is on":         {true, 90, "At least 256 spans are in no request's anatomy"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				mon := newMonitor(t)
				tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(mon.SpanProcessor(nil))).Tracer("test")
				ctx, program := unknown, trace.SpanFromContext(t.Context())
				if !tt.unknown {
					ctx, program = tracer.Start(t.Context(), "main")
				}
				hints := func() string { return strings.Join(mon.Diagnostics().Hints, "\n") }
				time.Sleep(time.Second / 2) // between two sweeps
				const watched = 92          // what ended in the last second may be in the log
				for second := range watched {
					if second < tt.seconds {
						for range 10 {
							_, s := tracer.Start(ctx, "job")
							s.End()
						}
					}
					if second == 55 && strings.Contains(hints(), "spans are") {
						t.Errorf("before a minute is over the hints are %q", hints())
					}
					time.Sleep(time.Second)
				}
				if !strings.Contains(hints(), tt.want) {
					t.Errorf("the hints are %q, want %q", hints(), tt.want)
				}
				program.End()
				_ = mon.Shutdown(t.Context())
			})
		})
	}
}
