// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
)

// mark posts a mark.
func (s *bubble) mark(t *testing.T, body string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/marks", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer secret-secret-secret")
	w := httptest.NewRecorder()
	s.mon.Handler().ServeHTTP(w, r)
	return w
}

func kindsOf(s *bubble) (kinds []string) {
	for _, m := range s.mon.Summary(otelperf.Window5m).Marks {
		kinds = append(kinds, string(m.Kind)+" "+m.Text)
	}
	return kinds
}

const markToken = "secret-secret-secret"

// What the service is changed by is a mark, which the next process knows; a spike that begins soon afterwards says so, and only such.
func TestMarksAndWhatBeginsAfterThem(t *testing.T) {
	file := filepath.Join(t.TempDir(), "baselines")
	synctest.Test(t, func(t *testing.T) {
		opts := []otelperf.Option{otelperf.WithStateFile(file), otelperf.WithBearerToken(markToken)}
		s := newBubble(t, "1.0", opts...)
		s.run(20*time.Minute, 10, 20*time.Millisecond, "/checkout")
		w := s.mark(t, `{"text": "build\u202e 77\n"}`)
		if want := `"kind":"deploy","text":"build 77","by":"192.0.2.1"}`; w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
			t.Errorf("POST marks: %d %s, want %s", w.Code, w.Body, want)
		}
		set := time.Now()
		s.run(40*time.Second, 10, 20*time.Millisecond, "/checkout")
		s.run(time.Minute, 10, 120*time.Millisecond, "/checkout")
		synctest.Wait()
		told := s.spikes()
		if len(told) == 0 || told[0].After == nil {
			t.Fatalf("told %+v, want a spike after the mark", told)
		}
		after, want := told[0].After, "began about 40 s after the deployment “build 77”"
		if after.Sentence != want || !strings.Contains(told[0].Reason, "; "+want) || after.Seconds != told[0].Start.Sub(set.UTC()).Seconds() || after.Kind != "deploy" {
			t.Errorf("after is %+v, the reason %q, want %q", after, told[0].Reason, want)
		}
		if !strings.Contains(s.lines.String(), want) {
			t.Errorf("no line says %q", want)
		}
		if want := []string{"start of version 1.0", "build 77"}; !slices.Equal(s.events.marks, want) {
			t.Errorf("events have the marks %q, want %q", s.events.marks, want)
		}
		// what is set while it is slow already is not what it began after
		if err := s.mon.Mark("too late"); err != nil {
			t.Error(err)
		}
		s.mon.Reset(false)
		if sp := s.mon.Summary(otelperf.Window5m).Spikes[0]; sp.After == nil || sp.After.Mark != after.Mark {
			t.Errorf("later it began after %+v, want %+v", sp.After, after)
		}
		if got, want := kindsOf(s), []string{"reset numbers reset", "deploy too late", "deploy build 77", "start start of version 1.0"}; !slices.Equal(got, want) {
			t.Errorf("marks are %q, want %q", got, want)
		}
		if err := s.mon.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		s = newBubble(t, "2.0", opts...)
		s.run(time.Second, 10, 20*time.Millisecond, "/checkout")
		if got := kindsOf(s); len(got) != 5 || got[0] != "version version 2.0" || got[3] != "deploy build 77" {
			t.Errorf("after the restart the marks are %q", got)
		}
		if sp := s.mon.Summary(otelperf.Window5m).Spikes[0]; sp.After == nil || *sp.After != *after {
			t.Errorf("after the restart it began after %+v, want %+v", sp.After, after)
		}
		_ = s.mon.Shutdown(t.Context())
	})
}

// An endpoint is compared before and since a mark; a change is real, no change is not, and across a restart there is no before.
func TestCompare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newBubble(t, "1.0", otelperf.WithBearerToken(markToken))
		s.run(12*time.Minute, 10, 20*time.Millisecond, "/checkout", "/items")
		if err := s.mon.Mark("build 77"); err != nil {
			t.Fatal(err)
		}
		s.run(4*time.Minute, 10, 20*time.Millisecond, "/items")
		type answer struct {
			Before, Since    struct{ Minutes, Count int }
			P50, P99, Errors struct {
				Real  *bool
				Value *float64
			}
			Why, Field string
		}
		ask := func(query string) (a answer, status int) {
			r := httptest.NewRequest(http.MethodGet, "/compare?"+query, nil)
			r.Header.Set("Authorization", "Bearer "+markToken)
			w := httptest.NewRecorder()
			s.mon.Handler().ServeHTTP(w, r)
			if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
				t.Error(err)
			}
			return a, w.Code
		}
		marks := s.mon.Summary(otelperf.Window5m).Marks
		id, start := marks[0].ID, marks[1].ID
		if a, _ := ask("endpoint=GET+/items&mark=" + id); a.Since.Minutes >= 5 || a.P50.Real != nil {
			t.Errorf("after four minutes: %+v, want that it cannot be told", a)
		}
		for range 8 * 60 {
			s.run(time.Second, 10, 20*time.Millisecond, "/items")
			s.run(time.Second, 10, 34*time.Millisecond, "/checkout")
		}
		a, _ := ask("endpoint=GET+/items&mark=" + id)
		if a.P50.Real == nil || *a.P50.Real || *a.P99.Real || *a.Errors.Real || a.Before.Minutes < 10 {
			t.Errorf("what did not change: %+v", a)
		}
		a, _ = ask("endpoint=GET+/checkout&from=" + s.mon.Summary(otelperf.Window5m).Marks[0].Time.Format(time.RFC3339))
		if a.P50.Real == nil || !*a.P50.Real || !*a.P99.Real || *a.Errors.Real || *a.P50.Value < 1.6 || *a.P50.Value > 1.8 || a.Why != "" {
			t.Errorf("what became ×1.7: %+v", a)
		}
		if spikes := s.mon.Summary(otelperf.Window5m).Spikes; len(spikes) != 0 {
			t.Fatalf("×1.7 is a spike: %+v", spikes)
		}
		if a, _ := ask("endpoint=GET+/items&mark=" + start); !strings.HasPrefix(a.Why, "There is no before: this process began at ") || a.P50.Real != nil {
			t.Errorf("since the start: %+v", a)
		}
		for query, want := range map[string]string{
			"mark=" + id: "endpoint", "endpoint=GET+/items": "mark", "endpoint=GET+/items&from=noon": "from", "endpoint=GET+/items&mark=x": "mark",
			"endpoint=GET+/none&mark=" + id: "endpoint", "endpoint=GET+/items&spike=x": "spike", "endpoint=GET+/items&spike=x&mark=" + id: "mark",
		} {
			if a, status := ask(query); status < 400 || a.Field != want {
				t.Errorf("%s: %d %+v, want an error that names %s", query, status, a, want)
			}
		}
		_ = s.mon.Shutdown(t.Context())
	})
}

// An endpoint is compared before and in a spike, with both distributions.
func TestCompareSpike(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newBubble(t, "1.0", everybody)
		s.run(12*time.Minute, 10, 20*time.Millisecond, "/a")
		s.run(90*time.Second, 10, 200*time.Millisecond, "/a")
		id := s.mon.Summary(otelperf.Window5m).Spikes[0].ID
		query := "/compare?endpoint=GET+/a&spike=" + url.QueryEscape(id)
		if c := answer(t, s.mon.Handler(), query); c["p99"].(map[string]any)["real"] != nil {
			t.Errorf("after a minute and a half: %v, want that it cannot be told", c)
		} else if ms, _ := c["since"].(map[string]any)["p99_ms"].(map[string]any)["value"].(float64); ms < 290 || ms > 310 {
			t.Errorf("after a minute and a half: p99 is %v ms, want 300", ms)
		}
		s.run(6*time.Minute, 10, 200*time.Millisecond, "/a")
		s.run(6*time.Minute, 10, 20*time.Millisecond, "/a")
		c := answer(t, s.mon.Handler(), query)
		p99 := c["p99"].(map[string]any)
		if ratio, _ := p99["value"].(float64); p99["real"] != true || ratio < 9 || ratio > 11 || c["spike"] != id || c["mark"] != nil {
			t.Errorf("before and in the spike: %v", c)
		}
		buckets := listOf(c, "buckets")
		if before, since := between(buckets, "before_share", 19, 31), between(buckets, "since_share", 199, 310); before < 0.99 || since < 0.9 {
			t.Errorf("shares are %v before and %v in the spike: %v", before, since, buckets)
		}
		side := c["since"].(map[string]any)
		if end := s.mon.Summary(otelperf.Window5m).Spikes[0].End; end == nil || side["to"].(string) > end.UTC().Format(time.RFC3339) {
			t.Errorf("the spike ended at %v, what is compared at %v", end, side["to"])
		}
		_ = s.mon.Shutdown(t.Context())
	})
}

// A mark that cannot be names the field; who may not change anything may set none.
func TestMarksRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newBubble(t, "1.0", otelperf.WithBearerToken(markToken))
		for body, field := range map[string]string{
			`{"text": ""}`: "text", `{"text": 7}`: "text", `{"text": "x", "kind": "reset"}`: "kind", `{"text": "x", "time": "1999-01-01T00:00:00Z"}`: "time",
			`{"text": "x", "time": "2099-01-01T00:00:00Z"}`: "time", `{"text": "x", "time": "noon"}`: "time", `{"txet": "x"}`: "txet", `[]`: "body", `{}`: "body",
			`{"text": "` + strings.Repeat("x", 201) + `"}`: "text",
		} {
			w := s.mark(t, body)
			var p struct{ Field, Accepted string }
			if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != http.StatusBadRequest || p.Field != field || p.Accepted == "" {
				t.Errorf("%.60s: %d %s, want 400 that names %s", body, w.Code, w.Body, field)
			}
		}
		if w := s.mark(t, `{"text": "`+strings.Repeat("x", 5000)+`"}`); w.Code != http.StatusRequestEntityTooLarge {
			t.Errorf("5000 bytes: %d %s", w.Code, w.Body)
		}
		if got := kindsOf(s); len(got) != 0 {
			t.Errorf("marks are %q, want none", got)
		}
		for _, text := range []string{"", "\x00", strings.Repeat("x", 201)} {
			if err := s.mon.Mark(text); err == nil || !strings.Contains(err.Error(), "text") {
				t.Errorf("Mark(%.10q): %v, want an error that names the text", text, err)
			}
		}
		r := httptest.NewRequest(http.MethodPost, "/marks", strings.NewReader(`{"text": "x"}`))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		if s.mon.Handler().ServeHTTP(w, r); w.Code != http.StatusUnauthorized {
			t.Errorf("without a token: %d %s", w.Code, w.Body)
		}
		_ = s.mon.Shutdown(t.Context())
	})
}

// A changed setting is a mark with its new value.
func TestConfigMarks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newBubble(t, "1.0", otelperf.WithBearerToken(markToken))
		r := httptest.NewRequest(http.MethodPatch, "/config", strings.NewReader(`{"slow_threshold_ms": 300, "log_level": "warn"}`))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+markToken)
		w := httptest.NewRecorder()
		s.mon.Handler().ServeHTTP(w, r)
		if got, want := kindsOf(s), `config log_level "warn", slow_threshold_ms 300`; w.Code != http.StatusOK || len(got) != 1 || got[0] != want {
			t.Errorf("%d %s, marks are %q, want %q", w.Code, w.Body, got, want)
		}
		_ = s.mon.Shutdown(t.Context())
	})
}
