// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/examples/internal/exampletest"
	"github.com/otelperf/otelperf-go/otelperf"
)

// theService is one for all tests: it installs global providers, and only the first of these counts.
var theService = sync.OnceValues(newService)

func running(t *testing.T) *service {
	t.Helper()
	s, err := theService()
	must(t, err)
	return s
}

func TestRules(t *testing.T) {
	promtool := exampletest.Command(t, exampletest.Prometheus, "promtool")
	for _, args := range [][]string{{"check", "rules", "rules.yml"}, {"check", "config", "prometheus.yml"}, {"test", "rules", "rules_test.yml"}} {
		if out, err := exec.CommandContext(t.Context(), promtool, args...).CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

// TestEveryMetricInTheRulesExists keeps rules that can never fire out.
func TestEveryMetricInTheRulesExists(t *testing.T) {
	s := running(t)
	request(s, "/other", 20*time.Millisecond)
	request(s, "/other", time.Second)
	must(t, s.mon.Reader().ForceFlush(t.Context()))
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	rules, err := os.ReadFile("rules.yml")
	must(t, err)
	labels := []string{"otelperf_kind", "otelperf_endpoint"}
	names := regexp.MustCompile(`\botelperf_[a-z0-9_]+`).FindAllString(string(rules), -1)
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) < 7 {
		t.Fatalf("rules.yml has the names %v: the test reads it wrongly", names)
	}
	for _, name := range names {
		if !slices.Contains(labels, name) && !strings.Contains(name, "baseline") && !strings.Contains(w.Body.String(), "# TYPE "+name+" ") {
			t.Errorf("%s is not exported", name)
		}
	}
	// The baseline has no value yet, and so no line. Its name follows from the others'.
	if !strings.Contains("otelperf.endpoint.baseline.p99", "endpoint.baseline.p99") {
		t.Errorf("the baseline's metric is called %s: the rules have another name", "otelperf.endpoint.baseline.p99")
	}
}

var works atomic.Int64 // runs of TestNativeHistogramAgrees, which share the service

// TestNativeHistogramAgrees has a real Prometheus scrape the service and compares its p99 with ours.
func TestNativeHistogramAgrees(t *testing.T) {
	exampletest.Command(t, exampletest.Prometheus, "prometheus")
	s := running(t)
	srv := httptest.NewServer(s.handler)
	t.Cleanup(srv.Close)
	api := startPrometheus(t, srv.Listener.Addr().String())
	awaitValue(t, api, `up`, 1, 0) // or the minute of our p99 might be over

	route := fmt.Sprint("/work", works.Add(1))
	for i := range 3000 { // between 10 and 20 ms, one in fifty up to ten times that
		d := 10 + 10*float64(i*7919%3000)/3000
		if i%50 == 0 {
			d *= 1 + 9*float64(i)/3000
		}
		request(s, route, time.Duration(d*float64(time.Millisecond)))
	}
	rows := s.mon.Summary(otelperf.Window1m).Endpoints
	row := rows[slices.IndexFunc(rows, func(r otelperf.EndpointRow) bool { return r.Route == route })]

	awaitValue(t, api, fmt.Sprintf(`otelperf_endpoint_p99_seconds{http_route=%q}`, route), *row.P99Ms/1e3, 0.006)
	awaitValue(t, api, fmt.Sprintf(`histogram_count(otelperf_request_duration_seconds{http_route=%q})`, route), 3000, 0)
	for q, ours := range map[float64]float64{0.5: *row.P50Ms, 0.95: *row.P95Ms, 0.99: *row.P99Ms} {
		// Both answers lie in one bucket, which is 1.09 % wide.
		query := fmt.Sprintf(`histogram_quantile(%v, otelperf_request_duration_seconds{http_route=%q})`, q, route)
		awaitValue(t, api, query, ours/1e3, 0.011)
	}
	awaitValue(t, api, `sum(otelperf_spike_open)`, 0, 0)
}

// request records a request of GET route that took d.
func request(s *service, route string, d time.Duration) {
	end := time.Now()
	_, span := s.tp.Tracer("simulated").Start(context.Background(), "GET "+route, trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(end.Add(-d)),
		trace.WithAttributes(attribute.String("http.request.method", "GET"), attribute.String("http.route", route), attribute.Int("http.response.status_code", 200)))
	span.End(trace.WithTimestamp(end))
}

// startPrometheus starts one that scrapes target every second, by the example's configuration, and returns its address.
func startPrometheus(t *testing.T, target string) string {
	t.Helper()
	config, err := os.ReadFile("prometheus.yml")
	must(t, err)
	rules, err := filepath.Abs("rules.yml")
	must(t, err)
	return exampletest.StartPrometheus(t, strings.NewReplacer("127.0.0.1:8084", target, "5s", "1s", "rules.yml", rules).Replace(string(config)))
}

// awaitValue polls until a query answers want, or something at most share off.
func awaitValue(t *testing.T, api, query string, want, share float64) {
	t.Helper()
	got := math.NaN()
	for deadline := time.Now().Add(exampletest.Patience); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if v, ok := value(api, query); ok {
			if got = v; math.Abs(got-want) <= share*want {
				return
			}
		}
	}
	t.Errorf("%s is %v, want %v ± %.1f %%", query, got, want, 100*share)
}

func value(api, query string) (float64, bool) {
	resp, err := http.Get(api + "/api/v1/query?query=" + url.QueryEscape(query))
	if err != nil {
		return 0, false
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, false
	}
	var answer struct {
		Data struct {
			Result []struct{ Value [2]any }
		}
	}
	if json.Unmarshal(body, &answer) != nil || len(answer.Data.Result) != 1 {
		return 0, false
	}
	text, _ := answer.Data.Result[0].Value[1].(string)
	v, err := strconv.ParseFloat(text, 64)
	return v, err == nil
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
