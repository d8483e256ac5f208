// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/otelperf/otelperf-go/examples/internal/exampletest"
	"github.com/otelperf/otelperf-go/otelperf"
)

// theHandler is one for all runs: a variable is published once.
var theHandler = sync.OnceValues(func() (http.Handler, error) {
	mon, _, err := otelperf.Setup(context.Background(), append(options(), otelperf.WithLogger(slog.New(slog.DiscardHandler)))...)
	if err != nil {
		return nil, err
	}
	return handler(mon), nil
})

func TestVariables(t *testing.T) {
	h, err := theHandler()
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	var vars struct {
		Memstats map[string]any // expvar's own
		Otelperf map[string]any
	}
	get(t, srv.URL+"/debug/vars", &vars)
	before, _ := vars.Otelperf["total_requests"].(float64)
	for range 20 {
		get(t, srv.URL+"/work", nil)
	}
	// A summary is shared for a moment: one that was made before the last request may be answered.
	exampletest.Eventually(t, "20 more requests: the readers of the variables do not count", func() bool {
		get(t, srv.URL+"/debug/vars", &vars)
		return vars.Otelperf["total_requests"] == before+20
	})
	if len(vars.Memstats) == 0 {
		t.Error("expvar's own variables are gone")
	}
	if p99, _ := vars.Otelperf["p99_ms"].(float64); p99 <= 0 {
		t.Errorf("p99_ms is %v, want that of requests of a few milliseconds", vars.Otelperf["p99_ms"])
	}
	readme(t, vars.Otelperf)
}

// readme checks that the fields in the README's commands are in the summary.
func readme(t *testing.T, summary map[string]any) {
	t.Helper()
	raw, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, command, _ := strings.Cut(string(raw), ".otelperf | {")
	command, _, ok := strings.Cut(command, "}")
	fields := regexp.MustCompile(`\w+`).FindAllString(command, -1)
	if !ok || len(fields) < 3 {
		t.Fatalf("the README shows %v: the test reads it wrongly", fields)
	}
	for _, f := range fields {
		if _, ok := summary[f]; !ok {
			t.Errorf("the README shows %s, which the summary does not have", f)
		}
	}
}

func get(t *testing.T, url string, into any) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("GET %s answers %s", url, resp.Status)
	}
	if into == nil {
		return
	}
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		t.Fatal(err)
	}
}
