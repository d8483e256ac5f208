// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// patch sends a change of the configuration.
func patch(h http.Handler, body string, headers ...string) *httptest.ResponseRecorder {
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodPatch, "/config", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	h.ServeHTTP(w, r)
	return w
}

// changes are all settings that can be changed, each with another value than its default.
var changes = map[string]any{
	"request_log_rate": 0.25, "log_level": "warn", "baseline_ratio": 3.0, "baseline_weight": 0.8, "baseline_cooldown_seconds": 60.0,
	"baseline_floor_ms": 5.0, "baseline_grace_seconds": 30.0, "slow_threshold_ms": 300.0,
}

// What is changed is in force at once, and in the log; the rest stays.
func TestConfigChanges(t *testing.T) {
	rg := newRig(t, plan{}, everybody)
	h := rg.mon.Handler()
	changeable := rg.mon.Settings().Changeable
	for name, value := range changes {
		if !slices.Contains(changeable, name) {
			if name != "slow_threshold_ms" {
				t.Errorf("%s is not among %v", name, changeable)
			}
			continue
		}
		before := answer(t, h, "/config")
		text := fmt.Sprintf("%v", value)
		if _, is := value.(string); is {
			text = fmt.Sprintf("%q", value)
		}
		w := patch(h, fmt.Sprintf(`{%q: %s}`, name, text))
		if w.Code != http.StatusOK {
			t.Fatalf("%s: %d %s", name, w.Code, w.Body)
		}
		after := answer(t, h, "/config")
		if after[name] != value || before[name] == value {
			t.Errorf("%s was %v and is %v, want %v", name, before[name], after[name], value)
		}
		before[name] = value
		if !reflect.DeepEqual(before, after) {
			t.Errorf("changing %s changed more:\n%v\n%v", name, before, after)
		}
	}
	if lines := rg.logged(t, "configuration changed", len(changeable)); len(lines) != len(changeable) || !strings.Contains(strings.Join(lines, ""), `"baseline_ratio":"3"`) {
		t.Errorf("the log has %v", lines)
	}
}

// A change is refused as a whole, with every field that is wrong.
func TestConfigRefuses(t *testing.T) {
	rg := newRig(t, plan{}, everybody)
	h := rg.mon.Handler()
	before := rg.mon.Settings()
	for _, tt := range []struct {
		body   string
		status int
		field  string
	}{
		{`{"request_log_rate": 2}`, 400, "request_log_rate"},
		{`{"request_log_rate": "1"}`, 400, "request_log_rate"},
		{`{"request_log_rate": null}`, 400, "request_log_rate"},
		{`{"log_level": "loud"}`, 400, "log_level"},
		{`{"log_level": "INFO+3"}`, 400, "log_level"},
		{`{"baseline_ratio": 1}`, 400, "baseline_ratio"},
		{`{"baseline_ratio": 1e999}`, 400, ""},
		{`{"baseline_cooldown_seconds": -1}`, 400, "baseline_cooldown_seconds"},
		{`{"unknown": 1}`, 400, "unknown"},
		{`{"max_endpoints": 1}`, 400, "max_endpoints"},
		{`{"request_log_rate": 0.5, "baseline_ratio": 0, "unknown": 1}`, 400, "baseline_ratio, unknown"},
		{`{}`, 400, "body"},
		{``, 400, "body"},
		{`[]`, 400, "body"},
		{`null`, 400, "body"},
		{`{"log_level": "warn"} {"log_level": "info"}`, 400, "body"},
		{`{"log_level": "warn"`, 400, "body"},
		{`{"x": "` + strings.Repeat("x", 5000) + `"}`, 413, ""},
		{`{` + strings.Repeat(`"a":1,`, 300) + `"b":1}`, 400, ""},
	} {
		w := patch(h, tt.body)
		v := object(t, w.Body.String())
		if w.Code != tt.status || tt.field != "" && v["field"] != tt.field {
			t.Errorf("%.60s: %d %v, want %d and field %q", tt.body, w.Code, v, tt.status, tt.field)
		}
	}
	if after := rg.mon.Settings(); !reflect.DeepEqual(before, after) {
		t.Errorf("refused changes have changed\n%+v\nto\n%+v", before, after)
	}
	if w := patch(h, `{"log_level": "warn"}`, "Content-Type", "text/plain"); w.Code != http.StatusUnsupportedMediaType {
		t.Errorf("text/plain: %d", w.Code)
	}
	if w := patch(h, `{"log_level": "warn"}`, "Origin", "https://evil.example"); w.Code != http.StatusForbidden {
		t.Errorf("from another origin: %d", w.Code)
	}
	if lines := rg.Log.Lines("configuration changed"); len(lines) != 0 {
		t.Errorf("the log has %v", lines)
	}
}

// The log level leaves out our own lines below it; changes are logged all the same.
func TestLogLevelAtRunTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rg := newRig(t, plan{}, everybody)
		h := rg.mon.Handler()
		for _, level := range []string{"error", "info"} {
			if w := patch(h, fmt.Sprintf(`{"log_level": %q}`, level)); w.Code != http.StatusOK {
				t.Fatal(w.Body)
			}
			rg.request("GET", "/"+level, http.StatusOK, time.Second)
			synctest.Wait() // the line has been written, or left out
		}
		if quiet, loud := rg.Log.Lines("GET /error"), rg.Log.Lines("GET /info"); len(quiet) != 0 || len(loud) != 1 {
			t.Errorf("at level error there is %v, at level info %v; want one line of the second request", quiet, loud)
		}
		if lines := rg.Log.Lines("configuration changed"); len(lines) != 2 {
			t.Errorf("changes in the log: %v", lines)
		}
	})
}

// Changes that come at the same time are made one after the other: none undoes another, and each is in force when it is answered.
func TestConfigConcurrentSafe(t *testing.T) {
	const each = 100
	rg := newRig(t, plan{}, everybody)
	h := rg.mon.Handler()
	names := []string{"baseline_ratio", "baseline_floor_ms", "baseline_grace_seconds", "request_log_rate"}
	value := func(n int) float64 { return 10 + float64(n) } // accepted by all but the last
	var wg sync.WaitGroup
	for i, name := range names {
		wg.Go(func() {
			for n := range each {
				want := value(n % 80)
				if i == len(names)-1 {
					want /= 100
				}
				w := patch(h, fmt.Sprintf(`{%q: %v}`, name, want))
				var got map[string]any
				if err := json.Unmarshal(w.Body.Bytes(), &got); w.Code != http.StatusOK || err != nil || got[name] != want {
					t.Errorf("%s is %v after it was set to %v: %d %v", name, got[name], want, w.Code, err)
					return
				}
				rg.request("GET", "/a", http.StatusOK, time.Millisecond)
				rg.mon.Summary(otelperf.Window1m)
			}
		})
	}
	wg.Wait()
	last := value((each - 1) % 80)
	if s := rg.mon.Settings(); s.BaselineRatio != last || s.BaselineFloorMs != last || s.BaselineGraceSeconds != last || s.RequestLogRate != last/100 {
		t.Errorf("settings are %+v, want what each was set to last: %v", s, last)
	}
	testrig.Eventually(t, "all changes logged, or counted as dropped", func() bool {
		return len(rg.Log.Lines("configuration changed"))+int(rg.mon.Diagnostics().LogLinesDropped) == len(names)*each
	})
	if n := total(rg.mon); n != uint64(len(names)*each) {
		t.Errorf("%d requests counted, want %d", n, len(names)*each)
	}
}

// The settings show who may look, and no secret.
func TestConfigShowsNoSecret(t *testing.T) {
	const token = "correct horse battery"
	rg := newRig(t, plan{}, otelperf.WithBearerToken(token))
	w := testrig.Call(rg.mon.Handler(), http.MethodGet, "/config", "Authorization", "Bearer "+token)
	if w.Code != http.StatusOK || strings.Contains(w.Body.String(), "horse") || !strings.Contains(w.Body.String(), `"access":["bearer token"]`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestTraceURL(t *testing.T) {
	for template, good := range map[string]bool{
		"https://jaeger.example.com/trace/{trace_id}": true, "http://localhost:16686/trace/{trace_id}?x=1#{trace_id}": true, "https://g.example/explore?q={trace_id}": true,
		"": false, "https://example.com/": false, "javascript:alert('{trace_id}')": false, "//example.com/{trace_id}": false, "ftp://example.com/{trace_id}": false,
		"https://{trace_id}.example.com/": false, "https:///{trace_id}": false, "https://u:p@example.com/{trace_id}": false, "data:text/html,{trace_id}": false,
		"https://example.com/{trace_id}" + strings.Repeat("x", 1024): false, "https://exa mple.com/{trace_id}": false,
	} {
		mon, err := otelperf.New(otelperf.WithTraceURL(template))
		if (err == nil) != good {
			t.Errorf("%.60q: %v", template, err)
		}
		if err == nil {
			if got := mon.Settings().TraceURL; got == nil || *got != template {
				t.Errorf("%q is %v in the settings", template, got)
			}
			_ = mon.Shutdown(t.Context())
		}
	}
}
