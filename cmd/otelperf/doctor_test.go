// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/doctor"
	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/evidence"
)

// parts are what a program wires; each test makes one of them wrong.
type parts struct {
	options    []otelperf.Option
	anonymous  bool
	sampler    func(*otelperf.Monitor) sdktrace.Sampler
	processors func(*otelperf.Monitor) []sdktrace.SpanProcessor
	routes     http.Handler
	middleware func(*otelperf.Monitor, http.Handler) http.Handler
	otelhttp   []otelhttp.Option
	meters     func(*otelperf.Monitor) *sdkmetric.MeterProvider
	paths      []string // that are asked for
	after      func(*otelperf.Monitor)
	proxy      func(*url.URL) *httputil.ReverseProxy
}

// right is all as it is to be.
func right() *parts {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /items/{id}", ok)
	mux.HandleFunc("GET /about", ok)
	return &parts{
		sampler: func(m *otelperf.Monitor) sdktrace.Sampler { return m.Sampler(sdktrace.TraceIDRatioBased(0.1)) },
		processors: func(m *otelperf.Monitor) []sdktrace.SpanProcessor {
			return []sdktrace.SpanProcessor{m.SpanProcessor(nil)}
		},
		routes: mux, middleware: (*otelperf.Monitor).Middleware, paths: slices.Repeat([]string{"/items/1"}, 30),
	}
}

func shop() *resource.Resource {
	return resource.NewSchemaless(semconv.ServiceName("shop"), semconv.ServiceVersion("1.5.0"))
}

func ok(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }

// serveParts runs the program, sends it requests, and returns its URL.
func serveParts(t *testing.T, p *parts) string {
	t.Helper()
	mon, err := otelperf.New(append(p.options, otelperf.WithLogger(slog.New(slog.DiscardHandler)))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mon.Shutdown(context.Background()) })
	res := resource.Empty()
	if !p.anonymous {
		res = shop()
	}
	tp := sdktrace.NewTracerProvider(sdktrace.WithResource(res), sdktrace.WithSampler(p.sampler(mon)))
	for _, sp := range p.processors(mon) {
		tp.RegisterSpanProcessor(sp)
	}
	t.Cleanup(func() { _ = tp.Shutdown(context.Background()) })
	instrument := []otelhttp.Option{otelhttp.WithTracerProvider(tp), otelhttp.WithFilter(mon.Filter)}
	if p.meters != nil {
		instrument = append(instrument, otelhttp.WithMeterProvider(p.meters(mon)))
	}
	handler := otelhttp.NewHandler(p.middleware(mon, p.routes), "server", append(instrument, p.otelhttp...)...)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/debug/otelperf/") { // as on a port of its own
			http.StripPrefix("/debug/otelperf", mon.Handler()).ServeHTTP(w, r)
			return
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	for _, path := range p.paths {
		resp, err := http.Get(s.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
	}
	if p.after != nil {
		p.after(mon)
	}
	if p.proxy == nil {
		return s.URL
	}
	to, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	before := httptest.NewServer(p.proxy(to))
	t.Cleanup(before.Close)
	return before.URL
}

// proxy passes on what it gets as if it came from this machine, and says that it is there.
func proxy(to *url.URL) *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Host = to.Host
		},
		ModifyResponse: func(r *http.Response) error {
			r.Header.Set("Server", "nginx")
			return nil
		},
	}
}

// collected lets the metrics of a provider be read once.
func collected(t *testing.T, r sdkmetric.Reader) {
	t.Helper()
	if err := r.Collect(t.Context(), new(metricdata.ResourceMetrics)); err != nil {
		t.Fatal(err)
	}
}

// doctorOf runs the command as a user does, and returns its exit status and what it found.
func doctorOf(t *testing.T, args ...string) (status int, r doctor.Report, said string) {
	t.Helper()
	var out, errs bytes.Buffer
	status = run(append([]string{"doctor", "--json"}, args...), strings.NewReader(""), &out, &errs)
	if out.Len() > 0 {
		if err := json.Unmarshal(out.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
	}
	return status, r, errs.String()
}

func names(r *doctor.Report, mend bool) (out []string) {
	for i := range r.Findings {
		if r.Findings[i].Mend == mend {
			out = append(out, r.Findings[i].Name)
		}
	}
	slices.Sort(out)
	return out
}

// A program in which all is wired has nothing to mend and nothing to consider.
func TestDoctorOfWhatIsRight(t *testing.T) {
	p := right()
	p.options = []otelperf.Option{otelperf.WithStateFile(filepath.Join(t.TempDir(), "state")), otelperf.WithEvidence(evidence.New())}
	status, r, said := doctorOf(t, serveParts(t, p))
	if status != exitOK || len(r.Findings) > 0 || r.Service != "shop" || said != "" {
		t.Errorf("status %d, %+v, %q", status, r, said)
	}
}

// Each wrong wiring is found by its name, alone, with lines that mend it.
func TestDoctorOfWhatIsWrong(t *testing.T) {
	for name, wrong := range map[string]func(*testing.T, *parts){
		"sampler": func(_ *testing.T, p *parts) {
			p.sampler = func(*otelperf.Monitor) sdktrace.Sampler { return sdktrace.AlwaysSample() }
		},
		"no_middleware": func(_ *testing.T, p *parts) {
			p.middleware = func(_ *otelperf.Monitor, h http.Handler) http.Handler { return h }
		},
		"unrouted": func(_ *testing.T, p *parts) { p.routes = http.HandlerFunc(ok) },
		"subtrees": func(_ *testing.T, p *parts) {
			mux := http.NewServeMux()
			mux.HandleFunc("/items/", ok)
			p.routes = mux
		},
		"named_by_path": func(_ *testing.T, p *parts) {
			p.routes = http.HandlerFunc(ok)
			p.otelhttp = []otelhttp.Option{otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string { return r.Method + " " + r.RequestURI })}
		},
		"doubled": func(_ *testing.T, p *parts) {
			p.processors = func(m *otelperf.Monitor) []sdktrace.SpanProcessor {
				return []sdktrace.SpanProcessor{m.SpanProcessor(nil), m.SpanProcessor(nil)}
			}
		},
		"shared_metrics": func(t *testing.T, p *parts) {
			reader := sdkmetric.NewManualReader()
			meters := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
			p.options = []otelperf.Option{otelperf.WithMeterProvider(meters)}
			other, err := otelperf.New(otelperf.WithMeterProvider(meters), otelperf.WithLogger(slog.New(slog.DiscardHandler)))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = other.Shutdown(context.Background()) })
			p.after = func(*otelperf.Monitor) { collected(t, reader) }
		},
		"metric_reader": func(_ *testing.T, p *parts) {
			p.options = []otelperf.Option{otelperf.WithMetricSource()}
		},
		"coarse_metrics": func(_ *testing.T, p *parts) {
			p.options = []otelperf.Option{otelperf.WithMetricSource()}
			p.after = func(m *otelperf.Monitor) { _ = m.Reader().ForceFlush(context.Background()) }
			p.meters = func(m *otelperf.Monitor) *sdkmetric.MeterProvider {
				return sdkmetric.NewMeterProvider(sdkmetric.WithReader(m.Reader()), sdkmetric.WithResource(shop()), sdkmetric.WithView(sdkmetric.NewView(
					sdkmetric.Instrument{Name: "http.server.request.duration"},
					sdkmetric.Stream{Aggregation: sdkmetric.AggregationExplicitBucketHistogram{Boundaries: []float64{0.1, 1}}})))
			}
		},
		"no_processor": func(_ *testing.T, p *parts) {
			p.processors = func(*otelperf.Monitor) []sdktrace.SpanProcessor { return nil }
		},
		"no_requests":     func(_ *testing.T, p *parts) { p.paths = nil },
		"no_service_name": func(_ *testing.T, p *parts) { p.anonymous = true },
		"max_endpoints": func(_ *testing.T, p *parts) {
			p.options = []otelperf.Option{otelperf.WithMaxEndpoints(1)}
			p.paths = []string{"/items/1", "/about"}
		},
		"open_behind_proxy": func(_ *testing.T, p *parts) {
			p.proxy = proxy
		},
		"disabled": func(t *testing.T, _ *parts) { t.Setenv("OTELPERF_DISABLED", "true") },
		"health_counting": func(_ *testing.T, p *parts) {
			p.after = func(m *otelperf.Monitor) { _ = m.Shutdown(context.Background()) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := right()
			wrong(t, p)
			// Below the service's own address the endpoint is looked for by a request that counts.
			status, r, said := doctorOf(t, serveParts(t, p)+"/debug/otelperf/")
			if got := names(&r, true); !slices.Equal(got, []string{name}) || status != exitFailure || said != "otelperf doctor: 1 thing is to be mended\n" {
				t.Errorf("status %d, %q are to be mended: %+v; %q", status, got, r.Findings, said)
			}
			if len(r.Findings) == 0 {
				return
			}
			if f := r.Findings[0]; len(f.Lines) == 0 && name != "disabled" && name != "health_counting" {
				t.Errorf("no lines mend %+v", f)
			}
		})
	}
}

// What may well be wanted is advice, and no failure.
func TestDoctorAdvises(t *testing.T) {
	status, r, said := doctorOf(t, serveParts(t, right()))
	if got := names(&r, false); !slices.Equal(got, []string{"no_evidence", "no_state_file"}) || status != exitOK || said != "" {
		t.Errorf("status %d, advice %q, %q", status, got, said)
	}
	p := right()
	p.anonymous = true
	if _, r, _ = doctorOf(t, serveParts(t, p)); !slices.Contains(names(&r, false), "no_service_version") {
		t.Errorf("no version, advice %q", names(&r, false))
	}
}

// Whoever is not let in is told so, with the status of what could not be asked.
func TestDoctorOutside(t *testing.T) {
	p := right()
	p.options = []otelperf.Option{otelperf.WithBearerToken("secret-token-of-the-test")}
	p.proxy = proxy
	at := serveParts(t, p)
	if status, r, said := doctorOf(t, at); status != exitUsage || len(r.Findings) > 0 || !strings.Contains(said, "a token is needed") {
		t.Errorf("status %d, %+v, %q", status, r, said)
	}
	if status, r, said := doctorOf(t, at, "--token", "secret-token-of-the-test"); status != exitOK || r.ToMend() > 0 {
		t.Errorf("with the token: status %d, %+v, %q", status, r, said)
	}
	p.proxy = httputil.NewSingleHostReverseProxy
	p.options = nil
	if status, _, said := doctorOf(t, serveParts(t, p)); status != exitUsage || !strings.Contains(said, "status 403") {
		t.Errorf("behind a proxy that says so: status %d, %q", status, said)
	}
	p.proxy, p.options = proxy, []otelperf.Option{otelperf.WithLocalChanges()}
	if _, r, _ := doctorOf(t, serveParts(t, p)); len(r.Findings) == 0 || !strings.Contains(r.Findings[0].Text, "look, and change settings") {
		t.Errorf("open to changes: %+v", r.Findings)
	}
}
