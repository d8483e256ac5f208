// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/otelperf/otelperf-go/examples/internal/chromium"
	"github.com/otelperf/otelperf-go/examples/internal/exampletest"
	"github.com/otelperf/otelperf-go/otelperf"
)

// serve serves the example after twenty quick requests and a slow one.
func serve(t *testing.T) string {
	t.Helper()
	mon, shutdown, err := otelperf.Setup(t.Context(), append(options(), otelperf.WithLogger(slog.New(slog.DiscardHandler)))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = shutdown(context.Background()) })
	srv := httptest.NewServer(handler(mon))
	t.Cleanup(srv.Close)
	for range 20 {
		get(t, srv.URL+"/quick")
	}
	get(t, srv.URL+"/slow")
	return srv.URL
}

func get(t *testing.T, url string) *http.Response {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

func TestDashboards(t *testing.T) {
	url := serve(t)
	t.Run("fields", func(t *testing.T) { fields(t, url) })
	t.Run("shell", func(t *testing.T) { shell(t, url) })
	t.Run("page", func(t *testing.T) { page(t, url) })
}

// fields checks that the JSON has every field that the page shows.
func fields(t *testing.T, url string) {
	var summary map[string]any
	if err := json.NewDecoder(get(t, url+"/debug/otelperf/summary?window=5m").Body).Decode(&summary); err != nil {
		t.Fatal(err)
	}
	rows, _ := summary["endpoints"].([]any)
	if len(rows) != 2 {
		t.Fatalf("%d endpoints, want 2", len(rows))
	}
	row, _ := rows[0].(map[string]any)
	used := regexp.MustCompile(`data-(field|column)="(\w+)"`).FindAllStringSubmatch(string(dashboard), -1)
	if len(used) < 10 {
		t.Fatalf("the page shows %d fields: the test reads it wrongly", len(used))
	}
	for _, m := range used {
		in := summary
		if m[1] == "column" {
			in = row
		}
		if _, ok := in[m[2]]; !ok {
			t.Errorf("the page shows %s, which the JSON does not have", m[2])
		}
	}
}

func shell(t *testing.T, url string) {
	exampletest.Command(t, exampletest.Curl, "curl")
	exampletest.Command(t, exampletest.Jq, "jq")
	out, err := exec.CommandContext(t.Context(), "./dashboard.sh", url+"/debug/otelperf").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{`: 21 requests, p50 \d`, `, \d+ slow\n`, `\n  GET /quick: 20 requests, p99 \d`, `\n  GET /slow: 1 requests, p99 \d{3}`, `\n  slow: GET /slow \d{3}`} {
		if !regexp.MustCompile(want).Match(out) {
			t.Errorf("the script does not print what matches %s:\n%s", want, out)
		}
	}
}

// page opens the page in a real browser and looks at what it shows.
func page(t *testing.T, url string) {
	browser, err := chromium.Path()
	if err != nil {
		exampletest.Missing(t, exampletest.Chromium, err.Error())
	}
	out, err := exec.CommandContext(t.Context(), browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
		"--user-data-dir="+t.TempDir(), "--virtual-time-budget=3000", "--dump-dom", url+"/dashboard").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`<dd data-field="total_requests">21</dd>`, "<td>GET /quick</td><td>20</td>", "<td>GET /slow</td><td>1</td>", "of the last "} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the page does not show %s:\n%.3000s", want, out)
		}
	}
}
