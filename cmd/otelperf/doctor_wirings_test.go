// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/doctor"
	"github.com/otelperf/otelperf-go/otelperf"
)

// wiring is a program of a few lines.
type wiring struct {
	t   *testing.T
	mon *otelperf.Monitor
}

func newWiring(t *testing.T, opts ...otelperf.Option) *wiring {
	t.Helper()
	mon, err := otelperf.New(append(opts, otelperf.WithLogger(slog.New(slog.DiscardHandler)))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mon.Shutdown(context.Background()) })
	return &wiring{t, mon}
}

// traces is a provider with what the options say.
func (w *wiring) traces(opts ...sdktrace.TracerProviderOption) *sdktrace.TracerProvider {
	tp := sdktrace.NewTracerProvider(append(opts, sdktrace.WithResource(shop()))...)
	w.t.Cleanup(func() { _ = tp.Shutdown(context.Background()) })
	return tp
}

func (w *wiring) processor() sdktrace.TracerProviderOption {
	return sdktrace.WithSpanProcessor(w.mon.SpanProcessor(nil))
}

func (w *wiring) sampler() sdktrace.TracerProviderOption {
	return sdktrace.WithSampler(w.mon.Sampler(sdktrace.TraceIDRatioBased(0.1)))
}

func never() sdktrace.TracerProviderOption { return sdktrace.WithSampler(sdktrace.NeverSample()) }

// serve serves a handler and the endpoint, on a port of its own, asks for /items/1 30 times, and returns the endpoint's URL.
func (w *wiring) serve(h http.Handler) string {
	w.t.Helper()
	w.ask(w.listen(h), "/items/1")
	mux := http.NewServeMux()
	mux.Handle("/debug/otelperf/", http.StripPrefix("/debug/otelperf", w.mon.Handler()))
	return w.listen(mux)
}

func (w *wiring) listen(h http.Handler) string {
	s := httptest.NewServer(h)
	w.t.Cleanup(s.Close)
	return s.URL
}

func (w *wiring) ask(at, path string) {
	w.t.Helper()
	for range 30 {
		resp, err := http.Get(at + path)
		if err != nil {
			w.t.Fatal(err)
		}
		_ = resp.Body.Close()
	}
}

func items() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /items/{id}", ok)
	return mux
}

func traced(h http.Handler, tp trace.TracerProvider, opts ...otelhttp.Option) http.Handler {
	return otelhttp.NewHandler(h, "server", append(opts, otelhttp.WithTracerProvider(tp))...)
}

// Each set-up is reported with what is known of it: the findings to be mended in this order, and what the first one says and has lines of.
func TestDoctorOfWirings(t *testing.T) {
	for name, tt := range map[string]struct {
		build func(*wiring) string
		want  []string
		says  string
		lines string
	}{
		"a head sampler drops all": {
			func(w *wiring) string {
				return w.serve(traced(w.mon.Middleware(items()), w.traces(never(), w.processor()), otelhttp.WithFilter(w.mon.Filter)))
			},
			[]string{"sampler"}, "whose spans the sampler has dropped", "mon.Sampler(",
		},
		"a head sampler drops all, and nobody sees requests": {
			func(w *wiring) string { return w.serve(traced(items(), w.traces(never(), w.processor()))) },
			[]string{"sampler", "no_requests"}, "only sampled requests are counted", "mon.Sampler(",
		},
		"another provider": {
			func(w *wiring) string {
				w.traces(w.sampler(), w.processor())
				return w.serve(traced(w.mon.Middleware(items()), w.traces()))
			},
			[]string{"no_requests"}, "recorded, by a TracerProvider without Monitor.SpanProcessor", "otelhttp.WithTracerProvider(tp)",
		},
		"the sampler elsewhere": {
			func(w *wiring) string {
				w.traces(w.sampler())
				return w.serve(traced(w.mon.Middleware(items()), w.traces(never(), w.processor())))
			},
			[]string{"no_requests"}, "not in the TracerProvider that otelhttp uses", "mon.SpanProcessor(",
		},
		"a processor that is registered nowhere": {
			func(w *wiring) string {
				_ = w.processor()
				return w.serve(traced(w.mon.Middleware(items()), w.traces(w.sampler())))
			},
			[]string{"no_requests"}, "", "mon.SpanProcessor(",
		},
		"no otelhttp": {
			func(w *wiring) string {
				w.traces(w.sampler(), w.processor())
				return w.serve(w.mon.Middleware(items()))
			},
			[]string{"no_requests"}, "requests that have no span", "otelhttp.NewHandler(",
		},
		"otelhttp of another provider, inside of Middleware": {
			func(w *wiring) string {
				w.traces(w.sampler(), w.processor())
				return w.serve(w.mon.Middleware(traced(items(), w.traces())))
			},
			[]string{"no_requests"}, "put Middleware inside of it and ask again", "otelhttp.NewHandler(",
		},
		"Middleware that is not served": {
			func(w *wiring) string {
				_ = w.mon.Middleware(items())
				w.traces(w.sampler(), w.processor())
				return w.serve(traced(items(), w.traces()))
			},
			[]string{"no_requests"}, "not the handler that Middleware returned", "",
		},
		"nobody sees requests": {
			func(w *wiring) string {
				w.traces(w.sampler(), w.processor())
				return w.serve(traced(items(), w.traces()))
			},
			[]string{"no_requests"}, "cannot be told without Middleware", "",
		},
		"two Monitors": { // the processor of one, the rest of the other
			func(w *wiring) string {
				other := newWiring(w.t, otelperf.WithName("other"))
				return w.serve(traced(w.mon.Middleware(items()), w.traces(w.sampler(), other.processor())))
			},
			[]string{"no_processor"}, "in no TracerProvider", "mon.SpanProcessor(",
		},
		"one processor inside of another one": {
			func(w *wiring) string {
				inside := w.mon.SpanProcessor(w.mon.SpanProcessor(nil))
				return w.serve(traced(w.mon.Middleware(items()), w.traces(w.sampler(), sdktrace.WithSpanProcessor(inside))))
			},
			[]string{"doubled"}, "Register one", "the only one",
		},
		"names that are paths, and a mux": { // Middleware mends them
			func(w *wiring) string {
				return w.serve(traced(w.mon.Middleware(items()), w.traces(w.sampler(), w.processor()),
					otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string { return r.URL.Path })))
			},
			nil, "", "",
		},
		"names that are paths, and no mux": {
			func(w *wiring) string {
				return w.serve(traced(w.mon.Middleware(http.HandlerFunc(ok)), w.traces(w.sampler(), w.processor()),
					otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string { return r.URL.Path })))
			},
			[]string{"unmatched"}, "no route matched", "no otelhttp.WithSpanNameFormatter",
		},
		"Middleware outside of otelhttp": {
			func(w *wiring) string {
				return w.serve(w.mon.Middleware(traced(items(), w.traces(w.sampler(), w.processor()))))
			},
			nil, "", "",
		},
		"a handler in between": {
			func(w *wiring) string {
				between := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { items().ServeHTTP(rw, r.WithContext(r.Context())) })
				return w.serve(traced(w.mon.Middleware(between), w.traces(w.sampler(), w.processor())))
			},
			[]string{"unrouted"}, "stands around a handler that is no router it knows. If a ServeMux below", "mon.Middleware(inFront(mon.Middleware(mux)))",
		},
		"StripPrefix in between": {
			func(w *wiring) string {
				mux := http.NewServeMux()
				mux.HandleFunc("GET /1", ok)
				return w.serve(traced(w.mon.Middleware(http.StripPrefix("/items", mux)), w.traces(w.sampler(), w.processor())))
			},
			[]string{"unrouted"}, "http.StripPrefix", "mon.Middleware(inFront(mon.Middleware(mux)))",
		},
		"a switch made by hand": {
			func(w *wiring) string {
				return w.serve(traced(w.mon.Middleware(http.HandlerFunc(ok)), w.traces(w.sampler(), w.processor())))
			},
			[]string{"unrouted"}, "If a handler of yours chose, have it set r.Pattern", `r.Pattern = "GET /users/{id}"`,
		},
		"a ServeMux below a ServeMux": {
			func(w *wiring) string {
				mux, below := http.NewServeMux(), http.NewServeMux()
				below.HandleFunc("/items/1", ok)
				mux.Handle("/items/", http.TimeoutHandler(below, time.Minute, ""))
				return w.serve(traced(w.mon.Middleware(mux), w.traces(w.sampler(), w.processor())))
			},
			[]string{"subtrees"}, "a row of a whole subtree, GET /items/: if a ServeMux decides below it", `mon.Middleware(below)`,
		},
		"a gateway": {
			func(w *wiring) string {
				mux := http.NewServeMux()
				mux.Handle("/", w.toItems())
				return w.serve(traced(w.mon.Middleware(mux), w.traces(w.sampler(), w.processor())))
			},
			nil, "", "",
		},
		"a gateway without a mux": {
			func(w *wiring) string {
				return w.serve(traced(w.mon.Middleware(w.toItems()), w.traces(w.sampler(), w.processor())))
			},
			nil, "", "",
		},
		"gRPC alone": {
			func(w *wiring) string {
				tracer := w.traces(w.sampler(), w.processor()).Tracer("otelgrpc")
				for range 30 {
					_, span := tracer.Start(w.t.Context(), "shop.Orders/Get", trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
						attribute.String("rpc.system.name", "grpc"), attribute.String("rpc.method", "shop.Orders/Get")))
					span.End()
				}
				return w.serve(items())
			},
			nil, "", "",
		},
		"a worker": {
			func(w *wiring) string {
				tracer := w.traces(w.sampler(), w.processor()).Tracer("worker")
				for range 30 {
					_, span := tracer.Start(w.t.Context(), "send mails", trace.WithNewRoot())
					span.End()
				}
				return w.serve(items())
			},
			nil, "", "",
		},
		"a worker of another provider": {
			func(w *wiring) string {
				w.traces(w.sampler(), w.processor())
				_, span := w.traces().Tracer("worker").Start(w.t.Context(), "send mails")
				span.End()
				return w.serve(items())
			},
			[]string{"no_requests"}, "No request, call or job", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			status, r, _ := doctorOf(t, tt.build(newWiring(t, otelperf.WithMeterProvider(noop.NewMeterProvider()))))
			checkFound(t, status, &r, tt.want, tt.says, tt.lines)
		})
	}
}

// toItems is a proxy to a service of its own.
func (w *wiring) toItems() http.Handler {
	to, err := url.Parse(w.listen(items()))
	if err != nil {
		w.t.Fatal(err)
	}
	return httputil.NewSingleHostReverseProxy(to)
}

// Of a gateway it is said which row has its requests, and how to tell them apart, which works.
func TestDoctorOfGateways(t *testing.T) {
	for name, tt := range map[string]struct {
		around func(proxy http.Handler) http.Handler
		says   string
	}{
		"a mux":    {func(proxy http.Handler) http.Handler { return muxOf("/", proxy) }, "30 requests are in the row GET /, all of which goes to a reverse proxy"},
		"none":     {func(proxy http.Handler) http.Handler { return proxy }, "Middleware stands around a reverse proxy"},
		"patterns": {func(proxy http.Handler) http.Handler { return muxOf("GET /items/{id}", proxy) }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWiring(t, otelperf.WithMeterProvider(noop.NewMeterProvider()))
			status, r, _ := doctorOf(t, w.serve(traced(w.mon.Middleware(tt.around(w.toItems())), w.traces(w.sampler(), w.processor()))))
			i := slices.IndexFunc(r.Findings, func(f doctor.Finding) bool { return f.Name == "proxied" })
			if status != exitOK || (i >= 0) != (tt.says != "") {
				t.Fatalf("status %d, %+v", status, r.Findings)
			}
			if i < 0 {
				return
			}
			if f := r.Findings[i]; f.Mend || !strings.Contains(f.Text, tt.says) || !strings.Contains(strings.Join(f.Lines, "\n"), "mux.Handle(pattern, proxy)") {
				t.Errorf("%+v", f)
			}
		})
	}
}

func muxOf(pattern string, h http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle(pattern, h)
	return mux
}

// checkFound looks at what is to be mended.
func checkFound(t *testing.T, status int, r *doctor.Report, want []string, says, lines string) {
	t.Helper()
	var got []string
	for i := range r.Findings {
		if r.Findings[i].Mend {
			got = append(got, r.Findings[i].Name)
		}
	}
	wantStatus := exitFailure
	if len(want) == 0 {
		wantStatus = exitOK
	}
	if !slices.Equal(got, want) || status != wantStatus {
		t.Fatalf("status %d, %q are to be mended, want %q: %+v", status, got, want, r.Findings)
	}
	if len(want) == 0 {
		return
	}
	f := &r.Findings[0]
	if !strings.Contains(f.Text, says) || !strings.Contains(strings.Join(f.Lines, "\n"), lines) || len(f.Lines) == 0 {
		t.Errorf("%+v, want one that says %q and has the lines %q", f, says, lines)
	}
}

// With the metric source all advice is about its MeterProvider.
func TestDoctorOfTheMetricSource(t *testing.T) {
	for name, tt := range map[string]struct {
		meters func(*otelperf.Monitor) []sdkmetric.Option // that otelhttp has
		want   []string
		says   string
	}{
		"right": {
			func(m *otelperf.Monitor) []sdkmetric.Option {
				return []sdkmetric.Option{sdkmetric.WithReader(m.Reader()), sdkmetric.WithResource(shop())}
			}, nil, "",
		},
		"right, with another reader of deltas": {
			func(m *otelperf.Monitor) []sdkmetric.Option {
				deltas := sdkmetric.NewManualReader(sdkmetric.WithTemporalitySelector(sdkmetric.DeltaTemporalitySelector))
				return []sdkmetric.Option{sdkmetric.WithReader(m.Reader()), sdkmetric.WithReader(deltas), sdkmetric.WithResource(shop())}
			}, nil, "",
		},
		"without a name": {
			func(m *otelperf.Monitor) []sdkmetric.Option {
				return []sdkmetric.Option{sdkmetric.WithReader(m.Reader())}
			}, nil, "",
		},
		"another provider": {
			func(m *otelperf.Monitor) []sdkmetric.Option {
				sdkmetric.NewMeterProvider(sdkmetric.WithReader(m.Reader()))
				return nil
			}, []string{"no_requests"}, "collected every 10 s",
		},
		"a View that drops": {
			func(m *otelperf.Monitor) []sdkmetric.Option {
				return []sdkmetric.Option{sdkmetric.WithReader(m.Reader()), sdkmetric.WithView(sdkmetric.NewView(
					sdkmetric.Instrument{Name: "http.server.*"}, sdkmetric.Stream{Aggregation: sdkmetric.AggregationDrop{}}))}
			}, []string{"no_requests"}, "a View there drops",
		},
		"a reader in no provider": {
			func(*otelperf.Monitor) []sdkmetric.Option { return nil }, []string{"metric_reader"}, "needs Monitor.Reader",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWiring(t, otelperf.WithMetricSource())
			mp := sdkmetric.NewMeterProvider(tt.meters(w.mon)...)
			at := w.serve(otelhttp.NewHandler(w.mon.Middleware(items()), "server", otelhttp.WithMeterProvider(mp), otelhttp.WithFilter(w.mon.Filter)))
			if err := mp.ForceFlush(t.Context()); err != nil {
				t.Fatal(err)
			}
			status, r, _ := doctorOf(t, at)
			checkFound(t, status, &r, tt.want, tt.says, "sdkmetric.NewMeterProvider(")
			for i := range r.Findings {
				f := &r.Findings[i]
				if text := f.Text + strings.Join(f.Lines, "\n"); strings.Contains(text, "SpanProcessor") || strings.Contains(text, "TracerProvider") {
					t.Errorf("there are no spans, and yet: %+v", f)
				}
			}
		})
	}
}

// Requests to the endpoint itself are told from those to routes beside it.
func TestDoctorOfOwnRequests(t *testing.T) {
	for name, tt := range map[string]struct {
		mount  string
		filter bool
		around bool   // the port with the endpoint has otelhttp, too
		proxy  string // what a proxy takes off
		want   []string
		lines  string
	}{
		"left out":                           {mount: "/debug/otelperf/", filter: true, around: true},
		"left out below a path":              {mount: "/ops/perf/", filter: true, around: true},
		"counted":                            {mount: "/debug/otelperf/", around: true, want: []string{"own_requests"}, lines: "otelhttp.WithFilter(mon.Filter)"},
		"counted below a path":               {mount: "/ops/perf/", around: true, want: []string{"own_requests"}, lines: "otelhttp.WithFilter(mon.Filter)"},
		"counted behind a proxy":             {mount: "/ops/perf/", around: true, proxy: "/shop", want: []string{"own_requests"}, lines: "otelhttp.WithFilter(mon.Filter)"},
		"left out behind a proxy":            {mount: "/ops/perf/", around: true, filter: true, proxy: "/shop"},
		"on a port of its own":               {mount: "/debug/otelperf/"},
		"at the root of a port of its own":   {mount: "/"},
		"left out at the root of a port":     {mount: "/", around: true, filter: true}, // it is asked where it usually is, which Filter knows
		"counted at the root behind a proxy": {mount: "/", around: true, filter: true, proxy: "/shop", want: []string{"own_requests_at_root"}, lines: "admin.Handle("},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWiring(t, otelperf.WithMeterProvider(noop.NewMeterProvider()), otelperf.WithBearerToken("secret-token-of-the-test"))
			var opts []otelhttp.Option
			if tt.filter {
				opts = append(opts, otelhttp.WithFilter(w.mon.Filter))
			}
			tp := w.traces(w.sampler(), w.processor())
			mux := items()
			beside := []string{"/ops/deploy", "/ops/perfect", "/debug/otelperf-admin", "/debug/vars", "/summary"}
			for _, path := range beside {
				mux.HandleFunc("GET "+path, ok)
			}
			at := w.listen(traced(w.mon.Middleware(mux), tp, opts...))
			for _, path := range beside {
				w.ask(at, path)
			}
			endpoint := http.NewServeMux()
			endpoint.Handle(tt.mount, http.StripPrefix(strings.TrimSuffix(tt.mount, "/"), w.mon.Handler()))
			var own http.Handler = endpoint
			if tt.around {
				own = traced(w.mon.Middleware(endpoint), tp, opts...)
			}
			at = w.listen(own)
			if tt.proxy != "" {
				to, err := url.Parse(at)
				if err != nil {
					t.Fatal(err)
				}
				at = w.listen(http.StripPrefix(tt.proxy, httputil.NewSingleHostReverseProxy(to))) + tt.proxy
			}
			status, r, _ := doctorOf(t, at+tt.mount, "--token", "secret-token-of-the-test")
			checkFound(t, status, &r, tt.want, "itself are counted", tt.lines)
		})
	}
}

// That nobody reads the metrics of otelperf is to be considered, unless they are off.
func TestDoctorOfUnreadMetrics(t *testing.T) {
	read := sdkmetric.NewManualReader()
	for name, tt := range map[string]struct {
		provider otelperf.Option
		want     bool
	}{
		"no reader":    {otelperf.WithMeterProvider(sdkmetric.NewMeterProvider()), true},
		"a reader":     {otelperf.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(read))), false},
		"metrics, off": {otelperf.WithMeterProvider(noop.NewMeterProvider()), false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWiring(t, tt.provider)
			at := w.serve(traced(w.mon.Middleware(items()), w.traces(w.sampler(), w.processor())))
			if name == "a reader" {
				collected(t, read)
			}
			status, r, _ := doctorOf(t, at)
			if got := slices.Contains(names(&r, false), "no_reader"); got != tt.want || status != exitOK {
				t.Errorf("status %d, no_reader: %v, want %v: %+v", status, got, tt.want, r.Findings)
			}
			for i := range r.Findings {
				if f := &r.Findings[i]; f.Name == "no_reader" && !strings.Contains(strings.Join(f.Lines, "\n"), "mon.Producer()") {
					t.Errorf("lines %q", f.Lines)
				}
			}
		})
	}
}
