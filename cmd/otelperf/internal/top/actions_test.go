// SPDX-License-Identifier: Apache-2.0

package top

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
)

// changed checks what the services were asked to change since the last call.
func (s *service) changed(t *testing.T, want ...string) {
	t.Helper()
	if len(s.changes) != len(want) {
		t.Fatalf("asked for %q, want %q", s.changes, want)
	}
	for i, w := range want {
		if s.changes[i] != w {
			t.Errorf("asked for %s, want %s", s.changes[i], w)
		}
	}
	s.changes = nil
}

func TestAck(t *testing.T) {
	a := newService(t, "a")
	s := newScreen(t, 120, 24, a)
	s.run(s.run(s.press("a")))
	a.changed(t, `POST /spikes/sp-1/ack {"by":"ben","why":"from otelperf top"}`)
	s.has("acknowledged: sp-1 is reported when it ends; a takes it back")
	acknowledged(&a.summary)
	s.poll()
	s.has("(acknowledged by ben)")
	s.run(s.run(s.press("a")))
	a.changed(t, "DELETE /spikes/sp-1/ack by=ben")
	s.has("nobody looks after sp-1 now")

	a.refuses = true
	s.run(s.press("a")) // nothing is asked for anew
	s.has("status 403: Changes need WithBearerToken.")
	s.now = s.now.Add(2 * saidHolds)
	s.hasNot("403")
	a.summary.Spikes = nil
	s.poll()
	if s.press("a") != nil {
		t.Error("something is acknowledged though nothing is open")
	}
	s.has("there is no open spike")
}

// Three keys at most silence the endpoint that the cursor stands on until noon.
func TestMute(t *testing.T) {
	a, b := newService(t, "a"), newService(t, "b")
	s := newScreen(t, 120, 24, a, b)
	s.now = time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)
	for _, tt := range []struct{ key, minutes, until string }{
		{"n", "150", "12:00"}, {"e", "510", "18:00"}, {"1", "15", "09:45"}, {"2", "60", "10:30"}, {"3", "240", "13:30"},
	} {
		s.press("m")
		s.has("mute GET /checkout until: n noon")
		s.now = time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)
		again := s.run(s.press(tt.key))
		want := `POST /mutes {"endpoint":"GET /checkout","by":"ben","why":"from otelperf top","minutes":` + tt.minutes + "}"
		a.changed(t, want)
		b.changed(t, want)
		s.has("nothing of GET /checkout is reported until " + tt.until)
		s.run(again)
	}
	s.press("m")
	s.run(s.run(s.press("u")))
	a.changed(t, "DELETE /mutes/m1 by=ben")
	b.changed(t, "DELETE /mutes/m1 by=ben")
	s.has("GET /checkout is not muted any more")

	s.press("down", "m")
	s.run(s.press("u"))
	s.has("no mute is of GET /")
	s.press("m")
	if s.press("esc") != nil || len(a.changes) > 0 {
		t.Error("esc mutes")
	}
	s.press("m")
	s.send(tickMsg{s.seq, s.now})
	s.has("until: n noon") // polls go on meanwhile
}

func TestNext(t *testing.T) {
	for at, want := range map[string]string{"11:59:59": "01 12:00", "12:00:00": "02 12:00", "23:00:00": "02 12:00", "00:00:00": "01 12:00"} {
		now, err := time.ParseInLocation(time.DateTime, "2026-03-01 "+at, time.Local)
		if err != nil {
			t.Fatal(err)
		}
		if got := next(now, 12).Format("02 15:04"); got != want {
			t.Errorf("the noon after %s is on %s, want %s", at, got, want)
		}
	}
}

// One key asks how a real service is wired.
func TestWiring(t *testing.T) {
	mon, err := otelperf.New(otelperf.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = mon.Shutdown(context.Background()) }()
	real := httptest.NewServer(mon.Handler())
	defer real.Close()
	s := newScreen(t, 80, 24, &service{Server: real})
	s.run(s.press("i"))
	s.has("MEND      no_processor", "Monitor.SpanProcessor is in no TracerProvider", "sdktrace.NewTracerProvider(", "esc back")
	s.press("esc")
	s.hasNot("MEND")
	real.Close()
	s.run(s.press("i"))
	s.has("no answer")
}
