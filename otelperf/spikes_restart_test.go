// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
)

// both has two endpoints run, each with its own duration.
func (s *bubble) both(d, checkout, items time.Duration) {
	var all sync.WaitGroup
	all.Go(func() { s.run(d, 10, checkout, "/checkout") })
	all.Go(func() { s.run(d, 10, items, "/items") })
	all.Wait()
	synctest.Wait()
}

// A spike that was open before a restart, or before two of them at once, is that spike: it has its start, and the new version is not what
// it came with. What was well before and is slow afterwards came with the version.
func TestSpikeThatWasOpenBeforeTheRestart(t *testing.T) {
	const usual, slow = 20 * time.Millisecond, 120 * time.Millisecond
	for name, restarts := range map[string]int{"one restart": 1, "two within the grace": 2} {
		t.Run(name, func(t *testing.T) {
			file := otelperf.WithStateFile(filepath.Join(t.TempDir(), "baselines"))
			synctest.Test(t, func(t *testing.T) {
				s := newBubble(t, "1.0", file)
				s.both(15*time.Minute, usual, usual)
				s.both(2*time.Minute, slow, usual)
				before := s.spikes()
				if len(before) != 1 || before[0].Endpoints[0].Route != "/checkout" {
					t.Fatalf("%+v was reported, want a spike of /checkout", before)
				}
				for range restarts {
					if err := s.mon.Shutdown(t.Context()); err != nil {
						t.Fatal(err)
					}
					s = newBubble(t, "2.0", file)
					s.both(90*time.Second, slow, slow)
				}
				s.both(4*time.Minute, slow, slow)
				after := s.spikes()
				if len(after) != 2 {
					t.Fatalf("after the restart %d spikes were reported, want one that was open before and one that was not: %+v", len(after), after)
				}
				i := slices.IndexFunc(after, func(sp otelperf.Spike) bool { return sp.Endpoints[0].Route == "/checkout" })
				old, recent := after[i], after[1-i]
				since := "; open since " + before[0].Start.Format("15:04") + " UTC, before the restart"
				if !strings.Contains(old.Reason, since) || !old.Start.Equal(before[0].Start) || old.SinceRestart || old.SinceVersion != "" {
					t.Errorf("reported was %+v, want %q", old, since)
				}
				want := map[int]string{1: "; since version 2.0", 2: "; since this start"}[restarts] // the second time the version was 2.0 before
				if !recent.SinceRestart || !strings.Contains(recent.Reason, want) {
					t.Errorf("reported was %+v, want %q", recent, want)
				}
				_ = s.mon.Shutdown(t.Context())
			})
		})
	}
}

// An endpoint that had a spike before the restart, was well after it, and is slow again later, has another one.
func TestSpikeAfterOneThatTheRestartEnded(t *testing.T) {
	file := otelperf.WithStateFile(filepath.Join(t.TempDir(), "baselines"))
	synctest.Test(t, func(t *testing.T) {
		s := newBubble(t, "1.0", file)
		s.run(15*time.Minute, 10, 20*time.Millisecond, "/checkout")
		s.run(2*time.Minute, 10, 120*time.Millisecond, "/checkout")
		_ = s.mon.Shutdown(t.Context())
		s = newBubble(t, "1.0", file)
		s.run(12*time.Minute, 10, 20*time.Millisecond, "/checkout")
		s.run(time.Minute, 10, 120*time.Millisecond, "/checkout")
		synctest.Wait()
		if told := s.spikes(); len(told) != 1 || strings.Contains(told[0].Reason, "before the restart") || !told[0].SinceRestart {
			t.Errorf("reported was %+v, want a spike since this start", told)
		}
		_ = s.mon.Shutdown(t.Context())
	})
}
