// SPDX-License-Identifier: Apache-2.0

package grafana

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"
)

// TestPrometheusAnswersEveryQuery has a real Prometheus scrape what a Monitor exported during a spike, and asks it whatever
// the dashboard asks.
func TestPrometheusAnswersEveryQuery(t *testing.T) {
	binary, err := exec.LookPath("prometheus")
	if err != nil {
		t.Skip("prometheus is not installed (apt-get install prometheus)")
	}
	var families []*dto.MetricFamily
	duringSpike(t, func(t *testing.T, s *service) { families = gather(t, s) })
	frozen := prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) { return families, nil })
	srv := httptest.NewServer(promhttp.HandlerFor(frozen, promhttp.HandlerOpts{}))
	t.Cleanup(srv.Close)
	api := startPrometheus(t, binary, srv.Listener.Addr().String())
	deadline := time.Now().Add(30 * time.Second)
	for title, exprs := range load(t, "prometheus.json").expressions(t) {
		for _, expr := range exprs {
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

// startPrometheus starts one that scrapes target every second, and returns the address of its API.
func startPrometheus(t *testing.T, binary, target string) string {
	t.Helper()
	dir := t.TempDir()
	config := filepath.Join(dir, "prometheus.yml")
	must(t, os.WriteFile(config, fmt.Appendf(nil, "scrape_configs: [{job_name: shop, scrape_interval: 1s, static_configs: [{targets: ['%s']}]}]\n", target), 0o600))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	address := l.Addr().String()
	must(t, l.Close())
	cmd := exec.Command(binary, "--config.file="+config, "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+address,
		"--enable-feature=native-histograms", "--log.level=warn")
	cmd.Stderr = t.Output()
	must(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return "http://" + address
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
