// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/internal/mutes"
	"github.com/otelperf/otelperf-go/otelperf/internal/problem"
)

// sendJSON has a handler serve a request with a JSON body, and reads the answer into v.
func sendJSON(t *testing.T, h http.Handler, method, path, body string, want int, v any) {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+spikeToken)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != want {
		t.Fatalf("%s %s %s: %d %s, want %d", method, path, body, w.Code, w.Body, want)
	}
	if err := json.Unmarshal(w.Body.Bytes(), v); err != nil {
		t.Fatal(err)
	}
}

const spikeToken = "a token for tests that is long"

// slowBubble has an open spike of /checkout, told or muted.
func slowBubble(t *testing.T, mute string, opts ...otelperf.Option) *bubble {
	t.Helper()
	s := newBubble(t, "1.0", append(opts, otelperf.WithBearerToken(spikeToken))...)
	s.run(15*time.Minute, 10, 20*time.Millisecond, "/checkout", "/items")
	if mute != "" {
		var m mutes.Mute
		sendJSON(t, s.mon.Handler(), "POST", "/mutes", mute, http.StatusOK, &m)
	}
	s.run(time.Minute, 10, 75*time.Millisecond, "/checkout")
	synctest.Wait()
	return s
}

func (s *bubble) end(t *testing.T) {
	t.Helper()
	if err := errors.Join(s.mon.Shutdown(context.Background()), s.tp.Shutdown(context.Background())); err != nil {
		t.Error(err)
	}
}

func (s *bubble) check(name string) (c otelperf.HealthCheck) {
	for _, c := range s.mon.Health().Checks {
		if c.Name == name {
			return c
		}
	}
	return c
}

// What is open when a mute ends is reported then; until then it is shown, and a line at INFO.
func TestMutedUntilItIsNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := slowBubble(t, `{"endpoint": "GET /check*", "by": "ana", "why": "deployment\u001b[31m", "minutes": 5}`)
		defer s.end(t)
		if told := s.spikes(); len(told) != 0 {
			t.Fatalf("a muted spike was reported: %+v", told)
		}
		if lines := s.lines.Lines("latency spike started"); len(lines) != 1 || !strings.Contains(lines[0], "level=INFO") || !strings.Contains(lines[0], "muted=true") {
			t.Errorf("lines are %q, want one at INFO", lines)
		}
		shown := s.mon.Summary(otelperf.Window5m)
		if len(shown.Mutes) != 1 || len(shown.Spikes) != 1 || shown.Spikes[0].Muted == nil || shown.Spikes[0].Muted.By != "ana" || shown.Spikes[0].Muted.Why != "deployment [31m" {
			t.Fatalf("shown are the mutes %+v and spikes %+v", shown.Mutes, shown.Spikes)
		}
		if c := s.check("spikes"); c.Status != "pass" || !strings.Contains(c.Detail, " (muted until "+shown.Mutes[0].Until.Format("2006-01-02 15:04 UTC")+")") {
			t.Errorf("health says %+v", c)
		}
		s.run(5*time.Minute, 10, 75*time.Millisecond, "/checkout")
		synctest.Wait()
		if told := s.spikes(); len(told) != 1 || told[0].Muted != nil || told[0].State != "open" {
			t.Fatalf("when the mute has ended, reported are %+v, want the spike", told)
		}
		if lines := s.lines.Lines("latency spike started"); len(lines) != 2 || !strings.Contains(lines[1], "severity=CRITICAL") {
			t.Errorf("lines are %q", lines)
		}
		if c := s.check("spikes"); c.Status != "warn" {
			t.Errorf("health says %+v", c)
		}
		s.run(10*time.Minute, 10, 20*time.Millisecond, "/checkout")
		synctest.Wait()
		if told := s.spikes(); len(told) < 2 || told[len(told)-1].State != "ended" {
			t.Errorf("reported are %+v, want the end, too", told)
		}
		if !strings.Contains(s.lines.String(), "otelperf muted") || !strings.Contains(s.lines.String(), "by=ana") {
			t.Error("who has muted is not in the log")
		}
	})
}

// A spike that begins and ends while it is muted is reported neither way.
func TestMutedFromStartToEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := slowBubble(t, `{"by": "ana", "minutes": 60}`)
		defer s.end(t)
		s.run(10*time.Minute, 10, 20*time.Millisecond, "/checkout")
		synctest.Wait()
		if sp := s.mon.Summary(otelperf.Window5m).Spikes; len(sp) != 1 || sp[0].State != "ended" || sp[0].Muted != nil {
			t.Fatalf("spikes are %+v", sp)
		}
		if told := s.spikes(); len(told) != 0 {
			t.Errorf("reported are %+v", told)
		}
	})
}

// A mute that is ended by hand reports what it has held back; acks and mutes survive a restart.
func TestAcksAndMutesOverARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := otelperf.WithStateFile(filepath.Join(t.TempDir(), "state"))
		s := slowBubble(t, `{"by": "ana", "minutes": 60}`, file)
		id := s.mon.Summary(otelperf.Window5m).Spikes[0].ID
		var sp otelperf.Spike
		sendJSON(t, s.mon.Handler(), "POST", "/spikes/"+id+"/ack", `{"by": "ben", "why": "on it"}`, http.StatusOK, &sp)
		s.end(t)
		next := newBubble(t, "1.0", file, otelperf.WithBearerToken(spikeToken))
		defer next.end(t)
		next.run(4*time.Minute, 10, 75*time.Millisecond, "/checkout")
		synctest.Wait()
		sum := next.mon.Summary(otelperf.Window5m)
		if len(sum.Mutes) != 1 || len(sum.Spikes) != 1 || sum.Spikes[0].ID != id || sum.Spikes[0].Muted == nil || sum.Spikes[0].Ack == nil || sum.Spikes[0].Ack.By != "ben" {
			t.Fatalf("after the restart: mutes %+v, spikes %+v", sum.Mutes, sum.Spikes)
		}
		if told := next.spikes(); len(told) != 0 {
			t.Fatalf("reported while muted: %+v", told)
		}
		var m mutes.Mute
		sendJSON(t, next.mon.Handler(), "DELETE", "/mutes/"+sum.Mutes[0].ID+"?by=ben", "", http.StatusOK, &m)
		next.run(3*time.Second, 10, 75*time.Millisecond, "/checkout")
		synctest.Wait()
		if told := next.spikes(); len(told) != 1 || told[0].ID != id || told[0].State != "open" {
			t.Errorf("reported are %+v, want the spike once", told)
		}
		if lines := next.lines.Lines("latency spike started"); len(lines) != 1 || !strings.Contains(lines[0], "severity=CRITICAL") {
			t.Errorf("lines are %q", lines)
		}
	})
}

// An ack is shown and is no end; who grows worse is not reported then.
func TestAcknowledged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := slowBubble(t, "")
		defer s.end(t)
		told := s.spikes()
		if len(told) == 0 {
			t.Fatal("no spike")
		}
		h, path := s.mon.Handler(), "/spikes/"+told[0].ID+"/ack"
		var first, again otelperf.Spike
		sendJSON(t, h, "POST", path, `{"by": "ben", "why": "on it"}`, http.StatusOK, &first)
		time.Sleep(time.Second)
		sendJSON(t, h, "POST", path, `{"by": "ben", "why": "on it"}`, http.StatusOK, &again)
		if first.Ack == nil || again.Ack == nil || *first.Ack != *again.Ack || first.Ack.By != "ben" {
			t.Fatalf("acks are %+v and %+v", first.Ack, again.Ack)
		}
		if c := s.check("spikes"); c.Status != "warn" || !strings.Contains(c.Detail, "(acknowledged by ben: on it)") {
			t.Errorf("health says %+v", c)
		}
		n := len(s.spikes())
		s.run(3*time.Minute, 10, 600*time.Millisecond, "/checkout")
		synctest.Wait()
		if told = s.spikes(); len(told) != n || strings.Contains(s.lines.String(), "latency spike grew") {
			t.Errorf("reported %d times, want %d: it is looked after", len(told), n)
		}
		s.run(15*time.Minute, 10, 20*time.Millisecond, "/checkout")
		synctest.Wait()
		if told = s.spikes(); len(told) != n+1 || told[n].State != "ended" || told[n].Ack == nil {
			t.Errorf("reported are %d, want the end and who looked after it", len(told))
		}
		var p problem.Problem
		sendJSON(t, h, "POST", path, `{"by": "ben"}`, http.StatusConflict, &p)
		var sp otelperf.Spike
		sendJSON(t, h, "DELETE", path, "", http.StatusOK, &sp)
		if sp.Ack != nil {
			t.Errorf("the ack is still %+v", sp.Ack)
		}
		if n := strings.Count(s.lines.String(), "otelperf spike acknowledged"); n != 1 {
			t.Errorf("logged %d times, want once", n)
		}
	})
}

func TestBadAcksAndMutes(t *testing.T) {
	rg := newRig(t, plan{}, otelperf.WithBearerToken(spikeToken))
	h := rg.mon.Handler()
	long := strings.Repeat("x", 201)
	for _, tt := range []struct {
		method, path, body string
		status             int
		field              string
	}{
		{"POST", "/spikes/none/ack", `{"by": "ana"}`, 404, "id"}, {"DELETE", "/spikes/none/ack", ``, 404, "id"}, {"DELETE", "/mutes/none", ``, 404, "id"},
		{"DELETE", "/mutes/none?by=" + long, ``, 400, "by"}, {"POST", "/spikes/none/ack", `{}`, 400, "body"}, {"POST", "/spikes/none/ack", `{"why": "x"}`, 400, "by"},
		{"POST", "/mutes", `{"by": "ana"}`, 400, "until, minutes"}, {"POST", "/mutes", `{"by": "ana", "minutes": 1, "until": "2999-01-01T00:00:00Z"}`, 400, "until, minutes"},
		{"POST", "/mutes", `{"by": "ana", "minutes": 0}`, 400, "minutes"}, {"POST", "/mutes", `{"by": "ana", "minutes": 10081}`, 400, "minutes"},
		{"POST", "/mutes", `{"by": "ana", "minutes": "x"}`, 400, "minutes"}, {"POST", "/mutes", `{"by": "ana", "until": "2001-01-01T00:00:00Z"}`, 400, "until"},
		{"POST", "/mutes", `{"by": "ana", "until": "2999-01-01T00:00:00Z"}`, 400, "until"}, {"POST", "/mutes", `{"by": "\n", "minutes": 1}`, 400, "by"},
		{"POST", "/mutes", `{"by": "` + long + `", "minutes": 1}`, 400, "by"}, {"POST", "/mutes", `{"by": "ana", "why": "` + long + `", "minutes": 1}`, 400, "why"},
		{"POST", "/mutes", `{"by": "ana", "matter": "weather", "minutes": 1}`, 400, "matter"}, {"POST", "/mutes", `{"by": "ana", "for": 1}`, 400, "for"},
		{"POST", "/mutes", `{"by": "ana", "endpoint": "` + long + long + `", "minutes": 1}`, 400, "endpoint"}, {"POST", "/mutes", `[]`, 400, "body"},
		{"POST", "/mutes", `{"by": "ana", "endpoint": "GET /\u202e", "minutes": 1}`, 400, "endpoint"}, {"POST", "/mutes", `{"by": ["ana"], "minutes": 1}`, 400, "by"},
	} {
		var p problem.Problem
		sendJSON(t, h, tt.method, tt.path, tt.body, tt.status, &p)
		if p.Field != tt.field || p.Detail == "" || tt.status == 400 && p.Accepted == "" {
			t.Errorf("%s %s %s: %+v, want the field %s and what is accepted", tt.method, tt.path, tt.body, p, tt.field)
		}
	}
	for i := range mutes.MaxMutes {
		var m mutes.Mute
		sendJSON(t, h, "POST", "/mutes", fmt.Sprintf(`{"endpoint": "GET /%d", "by": "ana", "minutes": 10080}`, i), 200, &m)
	}
	var p problem.Problem
	sendJSON(t, h, "POST", "/mutes", `{"by": "ana", "minutes": 1}`, http.StatusConflict, &p)
	var list struct{ Count int }
	sendJSON(t, h, "GET", "/mutes", "", 200, &list)
	if list.Count != mutes.MaxMutes || len(rg.mon.Summary(otelperf.Window5m).Mutes) != mutes.MaxMutes {
		t.Errorf("%d mutes are listed", list.Count)
	}
}
