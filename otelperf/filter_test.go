// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"net/http"
	"testing"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

func TestFilterLeavesOutWhatIsOurs(t *testing.T) {
	for _, p := range []place{absent, inside, outside, both} {
		t.Run(string(p), func(t *testing.T) {
			rg := newRig(t, plan{}, otelperf.WithIgnoredPaths("/internal/", "/ping"), otelperf.WithRequestLog(1))
			mux := testrig.Shop(nil)
			mux.Handle("/debug/otelperf/", http.StripPrefix("/debug/otelperf", rg.mon.Handler()))
			for _, path := range []string{"/healthz", "/livez", "/readyz", "/internal/", "/ping"} {
				mux.HandleFunc(path, func(http.ResponseWriter, *http.Request) {})
			}
			rg.Serve(t, rg.assemble(p, func(mw testrig.Wrapper) http.Handler { return mw(mux) }), false)
			for _, path := range []string{"/debug/otelperf/summary", "/debug/otelperf/", "/healthz", "/livez", "/readyz", "/internal/x", "/ping"} {
				if resp, _ := rg.Get(t, path); resp.StatusCode != http.StatusOK {
					t.Errorf("GET %s: %s", path, resp.Status)
				}
			}
			rg.Get(t, "/users/7")
			rg.Get(t, "/healthz/deep") // only the path itself is a health check
			const want = "GET (unmatched) client_error=1; GET /users/{id} ok=1"
			if got := rows(rg.settled(t, 2)); got != want {
				t.Errorf("summary has %q, want %q", got, want)
			}
			if n := len(rg.Spans.Ended()); n != 2 {
				t.Errorf("%d spans, want 2", n)
			}
			if routes := rg.MetricRoutes(t); len(routes) != 2 {
				t.Errorf("metric has routes %q, want 2 points", routes)
			}
			if n := len(rg.Log.Lines("/internal/x")) + len(rg.Log.Lines("/healthz -")); n > 0 {
				t.Errorf("%d request lines of ignored paths", n)
			}
		})
	}
}

// Wherever Handler is mounted, it is left out from the second request on: the first one shows where it is.
func TestFilterLearnsTheMount(t *testing.T) {
	rg := newRig(t, plan{})
	mux := http.NewServeMux()
	mux.Handle("/ops/perf/", http.StripPrefix("/ops/perf", rg.mon.Handler()))
	rg.Serve(t, rg.instrument(mux), false)
	for range 5 {
		rg.Get(t, "/ops/perf/health")
	}
	rg.Get(t, "/ops/other")
	s := rg.settled(t, 2)
	if s.TotalRequests != 2 {
		t.Errorf("%d requests counted, want the first to our endpoint and the other: %s", s.TotalRequests, rows(s))
	}
	if m := s.Diagnostics.Mounts; len(m) != 1 || m[0] != "/ops/perf/" {
		t.Errorf("mounts are %q", m)
	}
}
