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

// A spike that was open before a restart, or before two of them at once, is that spike: it has its id and its start, and the new version is not what
// it came with. What was well before and is slow afterwards came with the version.
func TestSpikeThatWasOpenBeforeTheRestart(t *testing.T) {
	t.Parallel()
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
				if old.ID != before[0].ID || !old.At.Equal(before[0].At) || recent.ID == old.ID {
					t.Errorf("ids %s and %s, found at %v; want %s at %v to go on", old.ID, recent.ID, old.At, before[0].ID, before[0].At)
				}
				if all := old.CostRequests; all < 2700 || all > 4600 || old.CostSlow < all-10 {
					t.Errorf("of %d requests %d were slow; want all of both processes that have seen it", all, old.CostSlow)
				}
				if !strings.Contains(old.Reason, since) || !old.Start.Equal(before[0].Start) || old.SinceRestart || old.SinceVersion != "" {
					t.Errorf("reported was %+v, want %q", old, since)
				}
				want := map[int]string{1: "; began within seconds of version 2.0", 2: "; began within seconds of the start of version 2.0"}[restarts] // the second time the version was 2.0 before
				if !recent.SinceRestart || !strings.Contains(recent.Reason, want) {
					t.Errorf("reported was %+v, want %q", recent, want)
				}
				s.both(5*time.Minute, usual, usual)
				reported := s.events.all()
				slices.Sort(reported)
				if got, want := strings.Join(reported, ", "), "otelperf.spike.ended INFO, otelperf.spike.ended INFO, otelperf.spike.started ERROR4, otelperf.spike.updated WARN"; got != want {
					t.Errorf("events %s, want %s", got, want)
				}
				for _, sp := range s.spikes()[2:] {
					if sp.ID == old.ID && !strings.Contains(sp.Reason, "; in all ") {
						t.Errorf("its end says %q", sp.Reason)
					}
				}
				_ = s.mon.Shutdown(t.Context())
			})
		})
	}
}

// What is slow before a restart and after it, and not judged yet, is said to be so: neither the verdict nor the reason denies what its row says.
func TestSlowOverARestartIsNotDenied(t *testing.T) {
	file := otelperf.WithStateFile(filepath.Join(t.TempDir(), "baselines"))
	synctest.Test(t, func(t *testing.T) {
		s := newBubble(t, "1.0", file)
		s.run(15*time.Minute, 10, 20*time.Millisecond, "/checkout")
		s.run(2*time.Minute, 10, 120*time.Millisecond, "/checkout")
		_ = s.mon.Shutdown(t.Context())
		s = newBubble(t, "1.0", file)
		s.run(time.Minute, 10, 120*time.Millisecond, "/checkout")
		sum := s.mon.Summary("")
		if row := sum.Endpoints[0]; row.State != "elevated" || row.ReadySeconds == nil || !sum.Spikes[0].Endpoints[0].Unseen {
			t.Fatalf("the row is %s, judged in %v s, and its spike %+v", row.State, row.ReadySeconds, sum.Spikes[0])
		}
		if v := sum.Verdict; v.Status != "unknown" || !strings.HasPrefix(v.Detail, "Open before the restart: GET /checkout. It is slower than usual now, too, and is judged in about ") {
			t.Errorf("the verdict is %+v", v)
		}
		if reason := sum.Spikes[0].Reason; strings.Contains(reason, "not seen") || !strings.Contains(reason, "before the restart, and not confirmed since") {
			t.Errorf("the reason is %q", reason)
		}
		s.run(4*time.Minute, 10, 120*time.Millisecond, "/checkout")
		if sum := s.mon.Summary(""); sum.Verdict.Status != "slow" || strings.Contains(sum.Spikes[0].Reason, "not confirmed") {
			t.Errorf("once it is judged the verdict is %+v and the reason %q", sum.Verdict, sum.Spikes[0].Reason)
		}
		_ = s.mon.Shutdown(t.Context())
	})
}

// An endpoint that had a spike before the restart, was well after it, and is slow again later, has another one; the end of the first is
// reported.
func TestSpikeAfterOneThatTheRestartEnded(t *testing.T) {
	file := otelperf.WithStateFile(filepath.Join(t.TempDir(), "baselines"))
	synctest.Test(t, func(t *testing.T) {
		s := newBubble(t, "1.0", file)
		s.run(15*time.Minute, 10, 20*time.Millisecond, "/checkout")
		s.run(2*time.Minute, 10, 120*time.Millisecond, "/checkout")
		before, stopped := s.spikes()[0], time.Now().UTC()
		_ = s.mon.Shutdown(t.Context())
		s = newBubble(t, "1.0", file)
		if now := s.mon.Summary(otelperf.Window1m).Spikes; len(now) != 1 || now[0].ID != before.ID || now[0].State != "open" || !strings.Contains(now[0].Reason, "and not confirmed since") {
			t.Errorf("after the restart the spikes are %+v, want %s", now, before.ID)
		}
		s.run(30*time.Second, 10, 20*time.Millisecond, "/checkout")
		if part := s.mon.Summary("").Spikes[0].Endpoints[0]; !part.Unseen || part.LastMs != 0 || part.LastRatio != nil || part.WorstMs < 100 {
			t.Errorf("not seen since, and has unseen %v, last %v ms (%v), worst %v ms", part.Unseen, part.LastMs, part.LastRatio, part.WorstMs)
		}
		s.run(690*time.Second, 10, 20*time.Millisecond, "/checkout")
		s.run(time.Minute, 10, 120*time.Millisecond, "/checkout")
		synctest.Wait()
		told := s.spikes()
		if len(told) != 2 {
			t.Fatalf("reported was %+v, want the end of the one before and a spike since this start", told)
		}
		if end := told[0]; end.ID != before.ID || end.State != "ended" || !end.Start.Equal(before.Start) || !end.End.Equal(stopped) ||
			!strings.Contains(end.Reason, "; no longer seen after the restart; in all 1200 of ") {
			t.Errorf("reported was %+v, want the end of %+v at %v", end, before, stopped)
		}
		if told[1].ID == before.ID || strings.Contains(told[1].Reason, "before the restart") || !told[1].SinceRestart {
			t.Errorf("reported was %+v, want a spike since this start", told[1])
		}
		_ = s.mon.Shutdown(t.Context())
	})
}
