// SPDX-License-Identifier: Apache-2.0

package grafana

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"

	"github.com/otelperf/otelperf-go/examples/internal/exampletest"
)

// TestPrometheusAnswersEveryQuery has a real Prometheus scrape what a Monitor exported during a spike, and asks it whatever
// the dashboard asks.
func TestPrometheusAnswersEveryQuery(t *testing.T) {
	exampletest.Command(t, exampletest.Prometheus, "prometheus")
	var families []*dto.MetricFamily
	duringSpike(t, func(t *testing.T, s *service) { families = gather(t, s) })
	frozen := prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) { return families, nil })
	srv := httptest.NewServer(promhttp.HandlerFor(frozen, promhttp.HandlerOpts{}))
	t.Cleanup(srv.Close)
	api := exampletest.StartPrometheus(t, fmt.Sprintf("scrape_configs: [{job_name: shop, scrape_interval: 1s, static_configs: [{targets: ['%s']}]}]\n", srv.Listener.Addr()))
	deadline := time.Now().Add(exampletest.Patience)
	for title, exprs := range load(t, "prometheus.json").expressions(t) {
		for _, expr := range exprs {
			if slices.ContainsFunc(ofMachine, func(name string) bool { return strings.Contains(expr, name) }) {
				continue
			}
			n, err := results(api, expr)
			for n == 0 && time.Now().Before(deadline) {
				time.Sleep(100 * time.Millisecond)
				n, err = results(api, expr)
			}
			if n == 0 {
				t.Errorf("%s: %s has no result: %v", title, expr, err)
			}
		}
	}
}

// results is the number of series that a query has.
func results(api, expr string) (int, error) {
	resp, err := http.Get(api + "/api/v1/query?query=" + url.QueryEscape(expr))
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	var answer struct {
		Error string
		Data  struct{ Result []any }
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return 0, err
	}
	if answer.Error != "" {
		return 0, fmt.Errorf("prometheus: %s", answer.Error)
	}
	return len(answer.Data.Result), nil
}
