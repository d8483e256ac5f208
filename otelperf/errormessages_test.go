// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf"
	tracking "github.com/otelperf/otelperf-go/otelperf/events"
)

// An error of a call quotes its URL. What is stored and answered of it has no query and no user; what is exported is the program's.
func TestErrorMessagesHaveNoQueries(t *testing.T) {
	rg := newRig(t, plan{}, otelperf.WithEvents(tracking.WithExceptionMessages()), otelperf.WithAuthorizer(func(*http.Request) bool { return true }))
	client := &http.Client{Transport: otelhttp.NewTransport(http.DefaultTransport, otelhttp.WithTracerProvider(rg.tp))}
	upstream := httptest.NewServer(http.NotFoundHandler())
	upstream.Close() // refuses
	url := strings.Replace(upstream.URL, "://", "://user:hunter2@", 1) + "/charge?token=hunter2"
	mux := http.NewServeMux()
	mux.HandleFunc("GET /pay", func(w http.ResponseWriter, r *http.Request) {
		ctx, child := rg.tracer.Start(r.Context(), "charge")
		defer child.End()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
		if err != nil {
			t.Error(err)
			return
		}
		_, err = client.Do(req) //nolint:bodyclose // there is none
		for _, s := range []trace.Span{child, trace.SpanFromContext(r.Context())} {
			s.RecordError(err, trace.WithStackTrace(true))
			s.SetStatus(codes.Error, url)
		}
		if r.URL.Query().Has("panic") {
			panic(url)
		}
		http.Error(w, "bad gateway", http.StatusBadGateway)
	})
	h := rg.instrument(rg.mon.Middleware(mux))
	for _, path := range []string{"/pay", "/pay?panic"} {
		func() {
			defer func() { _ = recover() }()
			h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, http.NoBody))
		}()
	}
	paths := []string{"summary", "errors", "slow?limit=10", "active", "endpoints/detail?method=GET&route=/pay", "events/recent"}
	for e := range rg.mon.SlowLog().All() {
		paths = append(paths, "slow/"+e.TraceID.String(), "slow/"+e.TraceID.String()+"/otlp")
	}
	seen := 0
	for _, path := range paths {
		w := httptest.NewRecorder()
		rg.mon.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/"+path, http.NoBody))
		if body := w.Body.String(); strings.Contains(body, "hunter2") || w.Code != http.StatusOK {
			t.Errorf("%s: %d %s", path, w.Code, body)
		} else if strings.Contains(body, "/charge") {
			seen++
		}
	}
	if seen < 5 {
		t.Errorf("%d of %v have the message", seen, paths)
	}
}
