// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// Two endpoints that become slow under one pool that has run out are one spike with one message, though the second follows later than what
// counts as together. One that follows after the pool has been waited for for minutes is another spike.
func TestSpikesUnderOnePool(t *testing.T) {
	const usual, first, second = 20 * time.Millisecond, 200 * time.Millisecond, 90 * time.Millisecond
	for _, tt := range []struct {
		name   string
		later  time.Duration
		spikes int
	}{{"under the pool", 40 * time.Second, 1}, {"long after", 10 * time.Minute, 2}} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				db := testrig.DB(t, 1)
				s := newBubble(t, "1.0", otelperf.WithDB("main", db))
				s.both(15*time.Minute, usual, usual)
				stop := make(chan struct{})
				defer crowd(db, stop).Wait()
				s.both(tt.later, first, usual)
				s.both(time.Minute, first, second)
				told := s.spikes()
				last := told[len(told)-1]
				if len(told) != tt.spikes || len(s.mon.Summary(otelperf.Window5m).Spikes) != tt.spikes || tt.spikes == 2 && last.Endpoints[0].Route != "/items" {
					t.Errorf("%d spikes were reported, want %d: %+v", len(told), tt.spikes, told)
				}
				if all := s.mon.Summary(otelperf.Window5m).Spikes; tt.spikes == 1 && len(all[0].Endpoints) != 2 {
					t.Errorf("the spike is %+v, want both endpoints in it", all[0])
				}
				close(stop)
				_ = s.mon.Shutdown(t.Context())
			})
		})
	}
}

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
