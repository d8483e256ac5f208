// SPDX-License-Identifier: Apache-2.0

package openapi

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf"
)

// rig is a Monitor behind a real server, with the contract that it serves.
type rig struct {
	url     string
	traceID string // of a slow request
	doc     *openapi3.T
	router  routers.Router
}

func newRig(t *testing.T, busy bool) *rig {
	t.Helper()
	mon, err := otelperf.New(otelperf.WithLogger(slog.New(slog.DiscardHandler)), otelperf.WithLocalChanges())
	must(t, err)
	t.Cleanup(func() { _ = mon.Shutdown(context.Background()) })
	srv := httptest.NewServer(http.StripPrefix("/debug/otelperf", mon.Handler()))
	t.Cleanup(srv.Close)
	r := &rig{url: srv.URL + "/debug/otelperf", traceID: strings.Repeat("1", 32)}
	if busy {
		r.traceID = traffic(mon)
	}
	loader := openapi3.NewLoader()
	r.doc, err = loader.LoadFromData(r.body(t, "/openapi.json"))
	must(t, err)
	must(t, r.doc.Validate(loader.Context))
	r.doc.Servers = openapi3.Servers{{URL: r.url}}
	r.router, err = gorillamux.NewRouter(r.doc)
	must(t, err)
	return r
}

// traffic records requests of every sort, and returns the trace of a slow one with a child.
func traffic(mon *otelperf.Monitor) string {
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(mon.SpanProcessor(nil)))
	tracer, now := tp.Tracer("shop"), time.Now()
	request := func(route string, status int, d time.Duration) (trace.Span, context.Context) {
		ctx, span := tracer.Start(context.Background(), "GET "+route, trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(now.Add(-d)), trace.WithAttributes(
			attribute.String("http.request.method", "GET"), attribute.String("http.route", route), attribute.Int("http.response.status_code", status), attribute.String("url.path", route)))
		return span, ctx
	}
	for i := range 300 {
		span, _ := request("/items", 200, time.Duration(i)*time.Millisecond/10)
		span.End(trace.WithTimestamp(now))
	}
	span, _ := request("/fail", 500, time.Millisecond)
	span.RecordError(io.ErrUnexpectedEOF)
	span.SetStatus(codes.Error, "broken")
	span.End(trace.WithTimestamp(now))

	slow, ctx := request("/slow", 200, time.Second)
	_, child := tracer.Start(ctx, "SELECT items", trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(now.Add(-900*time.Millisecond)),
		trace.WithAttributes(attribute.String("db.system.name", "postgresql"), attribute.String("db.query.text", "SELECT * FROM items WHERE id = 7")))
	child.End(trace.WithTimestamp(now.Add(-100 * time.Millisecond)))
	slow.End(trace.WithTimestamp(now))
	_, job := tracer.Start(context.Background(), "nightly", trace.WithTimestamp(now.Add(-time.Second)))
	job.End(trace.WithTimestamp(now))
	return slow.SpanContext().TraceID().String()
}

func (r *rig) body(t *testing.T, path string) []byte {
	t.Helper()
	resp, err := http.Get(r.url + path)
	must(t, err)
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	must(t, err)
	return body
}

// check sends a request and validates the answer, with its status, content type and body.
func (r *rig) check(t *testing.T, method, path, body string, want int) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, r.url+path, strings.NewReader(body))
	must(t, err)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	must(t, err)
	defer func() { _ = resp.Body.Close() }()
	got, err := io.ReadAll(resp.Body)
	must(t, err)
	if resp.StatusCode != want {
		t.Errorf("%s %s answers %d, want %d: %.300s", method, path, resp.StatusCode, want, got)
		return
	}
	route, params, err := r.router.FindRoute(req)
	if err != nil {
		t.Errorf("%s %s is not in the contract: %v", method, path, err)
		return
	}
	in := &openapi3filter.RequestValidationInput{Request: req, PathParams: params, Route: route, QueryParams: req.URL.Query()}
	err = openapi3filter.ValidateResponse(t.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: resp.StatusCode, Header: resp.Header, Body: io.NopCloser(bytes.NewReader(got)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
	})
	if err != nil {
		t.Errorf("%s %s: %v\n%.500s", method, path, err, got)
	}
}

// skipped: the stream has no end, and static files are no JSON.
var skipped = []string{"/stream", "/page/{file}", "/"}

func TestEveryAnswerIsAsTheContractSays(t *testing.T) {
	for name, busy := range map[string]bool{"with traffic": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, busy)
			found := http.StatusNotFound
			if busy {
				found = http.StatusOK
			}
			for _, path := range slices.Sorted(maps.Keys(r.doc.Paths.Map())) {
				item := r.doc.Paths.Find(path)
				if item.Get == nil || slices.Contains(skipped, path) {
					continue
				}
				want, asked := http.StatusOK, strings.NewReplacer("{trace_id}", r.traceID, "{id}", "20200101T000000-1").Replace(path)
				switch {
				case strings.HasPrefix(path, "/events") || path == "/stats": // only with WithEvents
					want = http.StatusNotFound
				case strings.Contains(path, "{id}"): // of a spike or a recording: there is none
					want = http.StatusNotFound
				case strings.Contains(path, "{trace_id}"):
					want = found
				case path == "/compare":
					want, asked = found, path+"?endpoint="+url.QueryEscape("GET /items")+"&from="+time.Now().Add(-10*time.Minute).UTC().Format(time.RFC3339)
				case strings.HasPrefix(path, "/endpoints/"): // of one endpoint
					want, asked = found, path+"?method=GET&route="+url.QueryEscape("/items")
				}
				r.check(t, http.MethodGet, asked, "", want)
				for _, p := range item.Get.Parameters {
					if p.Value.Name == "window" {
						for _, w := range []string{"1m", "5m", "1h", "all"} {
							r.check(t, http.MethodGet, with(asked, "window", w), "", want)
						}
						r.check(t, http.MethodGet, with(asked, "window", "2m"), "", http.StatusBadRequest)
					}
					if p.Value.Name == "from" && strings.HasPrefix(path, "/endpoints/") {
						now := time.Now().Unix()
						r.check(t, http.MethodGet, fmt.Sprintf("%s&from=%d&to=%d", asked, now-60, now+1), "", want)
						r.check(t, http.MethodGet, fmt.Sprintf("%s&from=%d&to=%d", asked, now-90000, now-86400), "", http.StatusBadRequest)
					}
					if (p.Value.Name == "histogram" || p.Value.Name == "trend") && want == http.StatusOK {
						r.check(t, http.MethodGet, with(asked, p.Value.Name, "true"), "", want)
					}
				}
			}
		})
	}
}

// with adds a query parameter.
func with(path, key, value string) string {
	if strings.Contains(path, "?") {
		return path + "&" + key + "=" + value
	}
	return path + "?" + key + "=" + value
}

func TestChangesAreAsTheContractSays(t *testing.T) {
	r := newRig(t, true)
	r.check(t, http.MethodPatch, "/config", `{"baseline_ratio": 3}`, http.StatusOK)
	r.check(t, http.MethodPatch, "/config", `{"baseline_ratio": -1}`, http.StatusBadRequest)
	r.check(t, http.MethodPost, "/reset", "", http.StatusOK)
	r.check(t, http.MethodPost, "/reset?baselines=maybe", "", http.StatusBadRequest)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
