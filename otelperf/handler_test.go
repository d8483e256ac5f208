// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// mount serves the rig's companion endpoint below a prefix, "" for none, on loopback.
func (rg *rig) mount(t *testing.T, prefix string) {
	mux := http.NewServeMux()
	mux.Handle(prefix+"/", http.StripPrefix(prefix, rg.mon.Handler()))
	rg.Serve(t, mux, false)
}

// object reads a JSON answer.
func object(t *testing.T, body string) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		t.Fatalf("answer %.200q: %v", body, err)
	}
	return v
}

// The classic fields have the classic names and units, under each of the endpoint's names.
func TestSummaryJSON(t *testing.T) {
	rg := newRig(t, plan{})
	for range 99 {
		rg.request("GET", "/users/{id}", http.StatusOK, 10*time.Millisecond)
	}
	rg.request("GET", "/users/{id}", http.StatusInternalServerError, 1010*time.Millisecond)
	rg.mount(t, "/debug/otelperf")
	for _, name := range []string{"summary", "metrics", "performance"} {
		for _, window := range []string{"", "?window=1m", "?window=5m", "?window=1h", "?window=all"} {
			resp, body := rg.Get(t, "/debug/otelperf/"+name+window)
			if resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json") || resp.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("GET %s%s: %s, headers %v", name, window, resp.Status, resp.Header)
			}
			checkClassic(t, object(t, body))
		}
	}
}

func checkClassic(t *testing.T, v map[string]any) {
	t.Helper()
	near := func(got any, want float64) bool {
		f, ok := got.(float64)
		return ok && f >= want*0.994 && f <= want*1.006
	}
	if v["total_requests"] != 100.0 || v["slow_queries_count"] != 1.0 || v["error_count"] != 1.0 {
		t.Errorf("total_requests %v, slow_queries_count %v, error_count %v, want 100, 1 and 1", v["total_requests"], v["slow_queries_count"], v["error_count"])
	}
	for field, want := range map[string]float64{"avg_response_time": 20, "p50": 10, "p95": 10, "p99": 10} {
		if !near(v[field], want) {
			t.Errorf("%s is %v, want %v ms", field, v[field], want)
		}
	}
	row, _ := v["endpoint_breakdown"].(map[string]any)["GET /users/{id}"].(map[string]any)
	if row["count"] != 100.0 || !near(row["avg"], 20) || !near(row["min"], 10) || !near(row["max"], 1010) {
		t.Errorf("endpoint_breakdown has %v", row)
	}
	slow, _ := v["slow_queries"].([]any)
	if len(slow) != 1 || !near(slow[0].(map[string]any)["duration_ms"], 1010) || len(slow[0].(map[string]any)["trace_id"].(string)) != 32 {
		t.Errorf("slow_queries are %v", slow)
	}
	flat, _ := v["endpoints"].([]any)
	if len(flat) != 1 {
		t.Fatalf("endpoints are %v", flat)
	}
	for _, field := range []string{"method", "route", "count", "error_count", "rate", "avg_ms", "min_ms", "max_ms", "p50_ms", "p95_ms", "p99_ms", "baseline_p99_ms", "ratio", "state"} {
		if _, ok := flat[0].(map[string]any)[field]; !ok {
			t.Errorf("endpoints[0] has no %s", field)
		}
	}
}

// Where there are no data JSON has null, and lists are lists.
func TestNoDataIsNull(t *testing.T) {
	rg := newRig(t, plan{})
	rg.mount(t, "/debug/otelperf")
	_, body := rg.Get(t, "/debug/otelperf/summary")
	v := object(t, body)
	for _, field := range []string{"avg_response_time", "p50", "p95", "p99", "avg_ms", "min_ms", "max_ms", "error_rate"} {
		if got, ok := v[field]; !ok || got != nil {
			t.Errorf("%s is %v (there: %v), want null", field, got, ok)
		}
	}
	for _, field := range []string{"slow_queries", "endpoints", "dependencies", "jobs", "spikes"} {
		if got, ok := v[field].([]any); !ok || len(got) != 0 {
			t.Errorf("%s is %v, want an empty list", field, v[field])
		}
	}
	if _, ok := v["endpoint_breakdown"].(map[string]any); !ok || v["total_requests"] != 0.0 {
		t.Errorf("endpoint_breakdown is %v, total_requests %v", v["endpoint_breakdown"], v["total_requests"])
	}
}

// Bad input is answered with a problem that names the field.
func TestBadRequestsAreProblems(t *testing.T) {
	rg := newRig(t, plan{}, otelperf.WithLocalChanges())
	rg.mount(t, "/debug/otelperf")
	for _, tt := range []struct {
		method, path string
		status       int
		field        string
	}{
		{"GET", "summary?window=2h", 400, "window"},
		{"GET", "summary?window=" + strings.Repeat("x", 5000), 400, "window"},
		{"GET", "slow?limit=0", 400, "limit"},
		{"GET", "slow?limit=many", 400, "limit"},
		{"POST", "reset?baselines=perhaps", 400, "baselines"},
		{"POST", "summary", 405, ""},
		{"GET", "reset", 405, ""},
		{"GET", "nothing/here", 404, ""},
	} {
		t.Run(tt.method+" "+tt.path[:min(len(tt.path), 30)], func(t *testing.T) {
			resp, body, err := rg.Do(t.Context(), tt.method, "/debug/otelperf/"+tt.path)
			if err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != tt.status || resp.Header.Get("Content-Type") != "application/problem+json" {
				t.Fatalf("%s of type %q, want %d and a problem", resp.Status, resp.Header.Get("Content-Type"), tt.status)
			}
			problem := object(t, body)
			if problem["status"] != float64(tt.status) || tt.field != "" && problem["field"] != tt.field {
				t.Errorf("problem is %v, want status %d and field %q", problem, tt.status, tt.field)
			}
			if allow := resp.Header.Get("Allow"); (tt.status == 405) != (allow != "") {
				t.Errorf("Allow is %q", allow)
			}
			if len(body) > 1000 {
				t.Errorf("the problem has %d bytes: it repeats what was sent", len(body))
			}
		})
	}
}

func TestResetOverHTTP(t *testing.T) {
	rg := newRig(t, plan{}, otelperf.WithLocalChanges())
	rg.request("GET", "/a", http.StatusOK, time.Second)
	rg.mount(t, "/debug/otelperf")
	if _, body := rg.Get(t, "/debug/otelperf/summary"); object(t, body)["total_requests"] != 1.0 {
		t.Errorf("before: %s", body)
	}
	if resp, body, err := rg.Do(t.Context(), http.MethodPost, "/debug/otelperf/reset"); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("POST reset: %v %s", err, body)
	}
	_, body := rg.Get(t, "/debug/otelperf/summary") // at once: a cached answer would be the old one
	if v := object(t, body); v["total_requests"] != 0.0 || v["slow_queries_count"] != 0.0 || v["p99"] != nil {
		t.Errorf("after a reset: %s", body)
	}
}

func TestSlowListJSON(t *testing.T) {
	rg := newRig(t, plan{})
	for i := range 5 {
		rg.request("GET", "/a", http.StatusOK, time.Duration(i+1)*time.Second)
	}
	rg.mount(t, "/debug/otelperf")
	_, body := rg.Get(t, "/debug/otelperf/slow?limit=2")
	v := object(t, body)
	slow, _ := v["slow"].([]any)
	if len(slow) != 2 || v["count"] != 5.0 || slow[0].(map[string]any)["duration_ms"] != 5000.0 {
		t.Errorf("slow?limit=2 is %s, want the newest two of 5", body)
	}
}

// Below any prefix, and below none, the paths are the same.
func TestHandlerBelowAnyPrefix(t *testing.T) {
	for _, prefix := range []string{"", "/debug/otelperf", "/ops/perf"} {
		t.Run("prefix "+prefix, func(t *testing.T) {
			rg := newRig(t, plan{})
			rg.mount(t, prefix)
			for _, path := range []string{"/", "/summary", "/slow", "/health"} {
				if resp, body := rg.Get(t, prefix+path); resp.StatusCode != http.StatusOK {
					t.Errorf("GET %s: %s %s", prefix+path, resp.Status, body)
				}
			}
		})
	}
}

// The probe's answer has the status and nothing else, for everybody.
func TestHealthHandler(t *testing.T) {
	rg := newRig(t, plan{})
	w := testrig.Call(rg.mon.HealthHandler(), http.MethodGet, "/livez", "X-Forwarded-For", "203.0.113.9")
	if w.Code != http.StatusOK || strings.TrimSpace(w.Body.String()) != `{"status":"pass"}` {
		t.Errorf("HealthHandler answers %d %s", w.Code, w.Body)
	}
}

// Only this machine may look, unless a token says otherwise.
func TestWhoMayLook(t *testing.T) {
	const token = "correct horse battery"
	closed, open := newRig(t, plan{}), newRig(t, plan{}, otelperf.WithBearerToken(token))
	for _, tt := range []struct {
		about   string
		rg      *rig
		headers []string
		allowed bool
	}{
		{"from elsewhere", closed, nil, false},
		{"from elsewhere, pretending", closed, []string{"X-Real-IP", "127.0.0.1"}, false},
		{"without the token", open, nil, false},
		{"with a wrong token", open, []string{"Authorization", "Bearer incorrect horse battery"}, false},
		{"with the token", open, []string{"Authorization", "Bearer " + token}, true},
	} {
		t.Run(tt.about, func(t *testing.T) {
			w := testrig.Call(tt.rg.mon.Handler(), http.MethodGet, "/summary", tt.headers...)
			if allowed := w.Code == http.StatusOK; allowed != tt.allowed {
				t.Errorf("answer is %d %s, want allowed: %v", w.Code, w.Body, tt.allowed)
			}
			if !tt.allowed && strings.Contains(w.Body.String(), "total_requests") {
				t.Error("the refusal has the numbers in it")
			}
		})
	}
}

// Being on this machine is enough to look, and not to change: some proxies cannot be told from a local client.
func TestLookingIsNoRightToChange(t *testing.T) {
	const token = "correct horse battery"
	for _, tt := range []struct {
		about string
		opts  []otelperf.Option
		bears string
		may   bool
	}{
		{"this machine", nil, "", false},
		{"this machine, with WithLocalChanges", []otelperf.Option{otelperf.WithLocalChanges()}, "", true},
		{"with the token", []otelperf.Option{otelperf.WithBearerToken(token)}, token, true},
		{"with an authorizer", []otelperf.Option{otelperf.WithAuthorizer(func(*http.Request) bool { return true })}, "", true},
	} {
		t.Run(tt.about, func(t *testing.T) {
			rg := newRig(t, plan{}, append(tt.opts, otelperf.WithEvents())...)
			rg.mount(t, "/debug/otelperf")
			ask := func(method, path, body string) (int, map[string]any) {
				req, err := http.NewRequestWithContext(t.Context(), method, rg.Server.URL+"/debug/otelperf/"+path, strings.NewReader(body))
				if err != nil {
					t.Fatal(err)
				}
				req.Header.Set("Content-Type", "application/json")
				if tt.bears != "" {
					req.Header.Set("Authorization", "Bearer "+tt.bears)
				}
				resp, err := rg.Server.Client().Do(req)
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = resp.Body.Close() }() // was only read
				text, err := io.ReadAll(resp.Body)
				if err != nil {
					t.Fatal(err)
				}
				return resp.StatusCode, object(t, string(text))
			}
			want, reason := http.StatusForbidden, "WithLocalChanges"
			if tt.may {
				want, reason = http.StatusOK, ""
			}
			status, settings := ask(http.MethodGet, "config", "")
			said, _ := settings["may_change_reason"].(string)
			if status != http.StatusOK || settings["may_change"] != tt.may || !strings.Contains(said, reason) || (said == "") != tt.may {
				t.Errorf("GET config: %d, may_change %v, reason %q", status, settings["may_change"], said)
			}
			for _, change := range [][3]string{
				{http.MethodPost, "reset", ""}, {http.MethodPatch, "config", `{"slow_threshold_ms": 400}`},
				{http.MethodPost, "events/flush", ""}, {http.MethodPatch, "events/config", `{"sampling": {"events": 0.5}}`},
			} {
				if status, answer := ask(change[0], change[1], change[2]); status != want {
					t.Errorf("%s %s: %d %v, want %d", change[0], change[1], status, answer, want)
				}
			}
		})
	}
}
