// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// TestEvidenceOfASpike is what a person gets who follows a spike to its trace.
func TestEvidenceOfASpike(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		check := newSchemaChecker(t)
		r := newScript(func(slow int) []causes.Endpoint {
			line := causes.Place{Func: "shop.lockCart", File: "cart.go", Line: 88}
			return []causes.Endpoint{{Name: "GET /a", Slow: slow, Normal: 9, Explained: 1, Causes: []causes.Cause{
				{Reason: causes.Reason{State: causes.Lock, Line: line, Who: "GET /report"}, Share: 0.96, Times: 1},
			}, Requests: []causes.Request{{
				SpanID: "00f067aa0ba902b7", Nanos: 100, Parts: []causes.Part{{Reason: causes.Reason{State: causes.Lock, Line: line}, Nanos: 100, Times: 1}},
				Timeline: []causes.Span{{Nanos: 100, State: causes.Lock, Line: line}},
			}}}}
		})
		s := newBubble(t, "1.0", everybody, otelperf.WithEvidence(r))
		defer func() { _ = s.mon.Shutdown(t.Context()) }()
		h := s.mon.Handler()
		get := func(path, documented string) map[string]any {
			t.Helper()
			v := answer(t, h, path)
			for _, wrong := range check.answer(documented, testrig.Call(h, http.MethodGet, path).Body.String()) {
				t.Errorf("GET %s: %s", path, wrong)
			}
			return v
		}
		if v := get("/evidence", "/evidence"); v["enabled"] != true || len(listOf(v, "recordings")) != 0 {
			t.Errorf("before: %v", v)
		}
		s.run(10*time.Minute, 10, 20*time.Millisecond, "/a")
		s.run(30*time.Second, 10, 75*time.Millisecond, "/a")
		list := listOf(get("/evidence", "/evidence"), "recordings")
		if len(list) != 1 || list[0]["trace"] != true {
			t.Fatalf("recordings %v", list)
		}
		found := listOf(list[0], "endpoints")[0]
		if words := found["sentences"].([]any)[0].(string); !strings.Contains(words, "96 % waiting for the lock at cart.go:88, held by GET /report") || found["requests"] != nil {
			t.Errorf("the list has %v", found)
		}
		one := get("/evidence/1", "/evidence/{id}")
		if q := listOf(listOf(one, "endpoints")[0], "requests"); len(q) != 1 || q[0]["span_id"] != "00f067aa0ba902b7" {
			t.Errorf("the recording has the requests %v", q)
		}
		id := get("/spikes", "/spikes")["spikes"].([]any)[0].(map[string]any)["id"].(string)
		get("/spikes/"+id, "/spikes/{id}")
		for path, name := range map[string]string{"/spikes/" + id + "/trace": "spike-" + id + "-recording-1.trace", "/evidence/1/trace": "recording-1.trace"} {
			w := testrig.Call(h, http.MethodGet, path)
			if w.Code != http.StatusOK || w.Body.String() != "go 1.26 trace 1" || w.Header().Get("Content-Type") != "application/octet-stream" ||
				w.Header().Get("Content-Disposition") != "attachment; filename="+name || w.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("GET %s: %d %q %v", path, w.Code, w.Body, w.Header())
			}
		}
		r.forget()
		for path, words := range map[string]string{
			"/spikes/" + id + "/trace": "[1]", "/evidence/1/trace": "no longer stored", "/evidence/9": "GET evidence lists", "/evidence/x/trace": "no recording", "/spikes/none/trace": "no spike",
		} {
			if w := testrig.Call(h, http.MethodGet, path); w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), words) {
				t.Errorf("GET %s: %d %s, want 404 with %q", path, w.Code, w.Body, words)
			}
		}
	})
}

// refused is the answer to POST evidence/record.
func refused(h http.Handler, query string) *httptest.ResponseRecorder {
	return testrig.Call(h, http.MethodPost, "/evidence/record"+query)
}

func TestRecordingOnRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newScript(always("GET /a", 8))
		s := newBubble(t, "1.0", everybody, otelperf.WithEvidence(r))
		h := s.mon.Handler()
		for _, query := range []string{"?for=1s", "?for=6s", "?for=soon", "?for=-2s"} {
			if w := refused(h, query); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), `"field":"for","accepted":"2s to 5s"`) {
				t.Errorf("POST evidence/record%s: %d %s", query, w.Code, w.Body)
			}
		}
		if w := refused(h, "?for=3s"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"state":"recording"`) {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		if w := refused(h, ""); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "recording since") {
			t.Errorf("while one is made: %d %s", w.Code, w.Body)
		}
		s.run(2*time.Second, 10, 20*time.Millisecond, "/a")
		if got := r.Status().State; got != causes.RecorderRecording {
			t.Errorf("after 2 s it is %s: nothing is slow, but a person asked for it", got)
		}
		s.run(4*time.Second, 10, 20*time.Millisecond, "/a")
		for err, want := range map[error]struct {
			status int
			retry  string
		}{
			fmt.Errorf("%w: 12 an hour is the limit", causes.ErrLimit):         {http.StatusTooManyRequests, "90"},
			fmt.Errorf("%w: flight recorder already enabled", causes.ErrStart): {http.StatusServiceUnavailable, "90"},
			causes.ErrOff: {http.StatusServiceUnavailable, ""},
		} {
			r.mu.Lock()
			r.refuse, r.status.NotBefore = err, time.Now().Add(89*time.Second+time.Millisecond)
			r.mu.Unlock()
			if w := refused(h, ""); w.Code != want.status || w.Header().Get("Retry-After") != want.retry || !strings.Contains(w.Body.String(), err.Error()) {
				t.Errorf("%v: %d, Retry-After %q, %s; want %v", err, w.Code, w.Header().Get("Retry-After"), w.Body, want)
			}
		}
		if err := s.mon.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if lines := s.lines.Lines("otelperf records evidence"); len(lines) != 1 || !strings.Contains(lines[0], "for=3s") {
			t.Errorf("logged %q", lines)
		}
	})
}

// TestWhoMayRecord: looking is not enough.
func TestWhoMayRecord(t *testing.T) {
	mon, err := otelperf.New(otelperf.WithEvidence(newScript(always("", 0))))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = mon.Shutdown(t.Context()) }()
	server := httptest.NewServer(mon.Handler())
	defer server.Close()
	for path, want := range map[string]int{"GET /evidence": 200, "GET /evidence/1/trace": 200, "POST /evidence/record": 403, "POST /reset": 403} {
		method, path, _ := strings.Cut(path, " ")
		req, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		res, err := server.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s %s: %d, want %d", method, path, res.StatusCode, want)
		}
	}
}

// TestWithoutARecorder says how to have one, and so does a Monitor that is switched off.
func TestWithoutARecorder(t *testing.T) {
	check := newSchemaChecker(t)
	for _, off := range []bool{false, true} {
		opts := []otelperf.Option{everybody}
		if off {
			t.Setenv("OTELPERF_DISABLED", "true")
			opts = append(opts, otelperf.WithEvidence(newScript(always("", 0))))
		}
		rg := newRig(t, plan{}, opts...)
		h := rg.mon.Handler()
		w := testrig.Call(h, http.MethodGet, "/evidence")
		for _, wrong := range check.answer("/evidence", w.Body.String()) {
			t.Error(wrong)
		}
		if v := object(t, w.Body.String()); v["enabled"] != false || !strings.Contains(v["hint"].(string), "WithEvidence(evidence.New())") {
			t.Errorf("GET evidence: %v", v)
		}
		if w := refused(h, ""); w.Code != http.StatusNotImplemented || !strings.Contains(w.Body.String(), "WithEvidence") {
			t.Errorf("POST evidence/record: %d %s", w.Code, w.Body)
		}
		if w := testrig.Call(h, http.MethodGet, "/evidence/1/trace"); w.Code != http.StatusNotFound {
			t.Errorf("GET evidence/1/trace: %d", w.Code)
		}
	}
}

// TestRecorderThatCannotRecord is in diagnostics and health, with its cost.
func TestRecorderThatCannotRecord(t *testing.T) {
	r := newScript(always("GET /a", 8))
	rg := newRig(t, plan{}, everybody, otelperf.WithEvidence(r))
	look := func() (otelperf.Diagnostics, otelperf.HealthCheck) {
		h := rg.mon.Health()
		i := slices.IndexFunc(h.Checks, func(c otelperf.HealthCheck) bool { return c.Name == "evidence" })
		return rg.mon.Diagnostics(), h.Checks[i]
	}
	before, c := look()
	if c.Status != "pass" || before.Evidence == nil || before.Evidence.State != causes.RecorderIdle {
		t.Errorf("check %+v, evidence %+v", c, before.Evidence)
	}
	r.mu.Lock()
	r.status.Error, r.status.Failures, r.status.MemoryBytes, r.status.WorkNanos = "a recording could not begin: flight recorder already enabled", 3, 5<<20, int64(time.Hour)
	r.mu.Unlock()
	d, c := look()
	if c.Status != "warn" || !strings.Contains(c.Detail, "already enabled (3 times)") || !slices.ContainsFunc(d.Hints, func(h string) bool { return strings.Contains(h, "already enabled") }) {
		t.Errorf("check %+v, hints %q", c, d.Hints)
	}
	if d.Own.MemoryBytes-before.Own.MemoryBytes < 5<<20 || d.Own.CPUSeconds <= before.Own.CPUSeconds {
		t.Errorf("own cost was %+v, is %+v", before.Own, d.Own)
	}
	for _, wrong := range newSchemaChecker(t).answer("/diagnostics", testrig.Call(rg.mon.Handler(), http.MethodGet, "/diagnostics").Body.String()) {
		t.Error(wrong)
	}
	if err := r.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, c := look(); !strings.Contains(c.Detail, "was shut down") {
		t.Errorf("check %+v", c)
	}
}
