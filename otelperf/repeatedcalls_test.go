// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// stock answers instead of a server, so that the client is real and no packet leaves.
type stock struct{ takes time.Duration }

func (s stock) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(s.takes)
	return &http.Response{StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Body: io.NopCloser(strings.NewReader("3")), Request: r}, nil
}

// shelf asks for 15 items by name: one after the other, or all at once.
func (rg *rig) shelf(together bool) http.HandlerFunc {
	client := &http.Client{Transport: otelhttp.NewTransport(stock{time.Millisecond}, otelhttp.WithTracerProvider(rg.tp), otelhttp.WithMeterProvider(rg.meters))}
	return func(_ http.ResponseWriter, r *http.Request) {
		answers := make(chan error)
		for i := range 15 {
			ask := func() {
				q, _ := http.NewRequestWithContext(r.Context(), http.MethodGet, fmt.Sprintf("http://stock/items/%c-lamp", 'a'+i), http.NoBody)
				answer, err := client.Do(q)
				if err == nil {
					err = answer.Body.Close()
				}
				answers <- err
			}
			go ask()
			if !together {
				<-answers
			}
		}
		for range 15 {
			if together {
				<-answers
			}
		}
	}
}

// TestRowsTellOfRepeatedCalls: with a real server and client, sampled or with our Sampler, in every answer that has rows.
func TestRowsTellOfRepeatedCalls(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		p        plan
		together bool
		slow     bool
	}{
		"one after the other":   {},
		"at the same time":      {together: true},
		"only sampled ones":     {p: plan{sampler: sdktrace.TraceIDRatioBased(0.6)}},
		"not sampled, but ours": {p: plan{sampler: sdktrace.NeverSample(), ours: true}},
		"slow":                  {slow: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				opts := []otelperf.Option{everybody}
				if tc.slow {
					opts = append(opts, otelperf.WithSlowThreshold(time.Millisecond))
				}
				rg := newRig(t, tc.p, opts...)
				mux := http.NewServeMux()
				mux.Handle("GET /shelf/{id}", rg.shelf(tc.together))
				h := rg.instrument(rg.mon.Middleware(mux))
				for i := range 150 {
					time.Sleep(time.Second)
					h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/shelf/7", http.NoBody))
					if r := found(rg.mon); i < 70 && r != nil {
						t.Fatalf("after %d seconds: %v, want nothing yet", i, r)
					}
				}
				r := found(rg.mon)
				if r == nil || r.Dependency != "GET stock" || r.CallsPerRequest != 15 || r.Share != 1 || r.AtLeast || r.Parallel != tc.together || tc.slow != (r.Example != nil) {
					t.Fatalf("got %+v, want 15 calls of GET stock in all requests", r)
				}
				want := "15 calls of GET stock per request"
				if tc.together {
					want += ", at the same time"
				}
				if r.String() != want {
					t.Errorf("in words %q, want %q", r, want)
				}
				if tc.slow {
					if code := testrig.Call(rg.mon.Handler(), http.MethodGet, "/slow/"+r.Example.TraceID).Code; code != http.StatusOK || !r.Example.Stored ||
						r.Example.DurationMs <= 0 || time.Since(r.Example.Start) > time.Hour {
						t.Errorf("the example %+v cannot be opened: status %d", r.Example, code)
					}
				}
				contract := newSchemaChecker(t)
				for _, path := range []string{"/summary", "/endpoints", "/dependencies"} {
					body := testrig.Call(rg.mon.Handler(), http.MethodGet, path).Body.String()
					for _, wrong := range contract.answer(path, body) {
						t.Errorf("%s: %s", path, wrong)
					}
					if path != "/dependencies" && !strings.Contains(body, `"repeated_calls":{"dependency":"GET stock","calls_per_request":15`) {
						t.Errorf("%s does not tell of it: %.400s", path, body)
					}
				}
			})
		})
	}
}

// found is what the one endpoint has of repeated calls. Dependencies have none.
func found(mon *otelperf.Monitor) (r *otelperf.RepeatedCalls) {
	s := mon.Summary(otelperf.WindowAll)
	for i := range s.Endpoints {
		r = s.Endpoints[i].RepeatedCalls
	}
	for i := range s.Dependencies {
		if s.Dependencies[i].RepeatedCalls != nil {
			return nil
		}
	}
	return r
}
