// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Stalls that come and go have few messages: in log, events and the stream's words alike, one that the spike is open again.
func TestStallsThatComeAndGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newBubble(t, "1.0")
		s.run(15*time.Minute, 10, 20*time.Millisecond, "/checkout")
		for range 6 {
			s.run(time.Minute, 10, 120*time.Millisecond, "/checkout")
			s.run(4*time.Minute, 10, 20*time.Millisecond, "/checkout")
		}
		s.run(15*time.Minute, 10, 20*time.Millisecond, "/checkout")
		synctest.Wait()
		told := s.spikes()
		for _, sp := range told {
			if sp.ID != told[0].ID {
				t.Errorf("there is another spike, %+v", sp)
			}
		}
		if got, want := len(told), 4; got != want {
			t.Errorf("%d reports, want %d", got, want)
		}
		s.checkWords(t, []string{"latency spike started", "latency spike ended", "latency spike reopened", "latency spike ended"},
			[]string{"otelperf.spike.started ERROR4", "otelperf.spike.ended INFO", "otelperf.spike.reopened ERROR4", "otelperf.spike.ended INFO"})
		_ = s.mon.Shutdown(t.Context())
	})
}

// checkWords looks at how the log and the log API call the reports.
func (s *bubble) checkWords(t *testing.T, lines, events []string) {
	t.Helper()
	var got []string
	for line := range strings.Lines(s.lines.String()) {
		if _, after, ok := strings.Cut(line, `msg="latency spike `); ok {
			word, rest, _ := strings.Cut(after, `"`)
			got = append(got, "latency spike "+word)
			if word == "reopened" && (!strings.Contains(line, "level=CRITICAL") || !strings.Contains(rest, "came back after ")) {
				t.Errorf("the line is %s", line)
			}
		}
	}
	if !slices.Equal(got, lines) {
		t.Errorf("the log has %q, want %q", got, lines)
	}
	if got := s.events.all(); !slices.Equal(got, events) {
		t.Errorf("the events are %q, want %q", got, events)
	}
}
