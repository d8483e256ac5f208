// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
)

// notebook is a Notifier that remembers what it was told.
type notebook struct {
	mu       sync.Mutex
	notices  []otelperf.Notice
	shutdown int
	fail     func() // in each call
}

func (n *notebook) Notify(notice otelperf.Notice) {
	if n.fail != nil {
		n.fail()
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.notices = append(n.notices, notice)
}

func (n *notebook) Status() []otelperf.NotifierStatus {
	return []otelperf.NotifierStatus{{Sink: "notebook desk", Delivered: uint64(len(n.told("")))}}
}

func (n *notebook) Shutdown(context.Context) error {
	if n.fail != nil {
		n.fail()
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.shutdown++
	return nil
}

// told are the notices of a kind, or all.
func (n *notebook) told(kind string) (some []otelperf.Notice) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, one := range n.notices {
		if kind == "" || one.Kind == kind {
			some = append(some, one)
		}
	}
	return some
}

// A spike is notified when it begins and when it ends; over a restart it goes on, and one that the restart ended is resolved.
func TestNotifierOverARestart(t *testing.T) {
	const usual, slow = 20 * time.Millisecond, 120 * time.Millisecond
	for name, after := range map[string]time.Duration{"it goes on": slow, "it has ended": usual} {
		t.Run(name, func(t *testing.T) {
			file := otelperf.WithStateFile(filepath.Join(t.TempDir(), "baselines"))
			synctest.Test(t, func(t *testing.T) {
				first := &notebook{}
				s := newBubble(t, "1.0", file, otelperf.WithNotifier(first))
				s.run(15*time.Minute, 10, usual, "/checkout")
				s.run(2*time.Minute, 10, slow, "/checkout")
				if err := s.mon.Shutdown(t.Context()); err != nil {
					t.Fatal(err)
				}
				fired := first.told("firing")
				if len(fired) != 1 || len(first.told("resolved")) != 0 || first.shutdown != 1 || fired[0].Service != "shop" || fired[0].Version != "1.0" ||
					fired[0].Instance == "" || strings.Contains(fired[0].Instance, ":") {
					t.Fatalf("the first process notified %+v", first.told(""))
				}
				second := &notebook{}
				s = newBubble(t, "2.0", file, otelperf.WithNotifier(second))
				synctest.Wait()
				if len(second.told("")) != 0 {
					t.Errorf("notified before the service has a name: %+v", second.told(""))
				}
				s.run(5*time.Minute, 10, after, "/checkout")
				s.run(9*time.Minute, 10, usual, "/checkout")
				synctest.Wait()
				all := second.told("")
				if len(second.told("firing")) != 0 || len(second.told("resolved")) != 1 || len(all) < 2 || all[0].Kind != "open" || all[0].Service != "shop" || all[0].Instance != fired[0].Instance {
					t.Errorf("the second process notified %+v", all)
				}
				for _, n := range all {
					if n.Spike.ID != fired[0].Spike.ID {
						t.Errorf("%s of %s, want of %s", n.Kind, n.Spike.ID, fired[0].Spike.ID)
					}
				}
				if d := s.mon.Diagnostics().Notifiers; len(d) != 1 || d[0].Sink != "notebook desk" || d[0].Delivered != uint64(len(all)) {
					t.Errorf("diagnostics %+v", d)
				}
				_ = s.mon.Shutdown(t.Context())
			})
		})
	}
}

// A notifier that panics or hangs is seen in health and holds up neither alerts nor other notifiers.
func TestNotifierThatFails(t *testing.T) {
	for name, hangs := range map[string]bool{"panics": false, "hangs": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				release := make(chan struct{})
				bad, good := &notebook{fail: func() { panic("no paper") }}, &notebook{}
				if hangs {
					bad.fail = func() { <-release }
				}
				s := newBubble(t, "1.0", otelperf.WithNotifier(bad), otelperf.WithNotifier(good))
				s.run(15*time.Minute, 10, 20*time.Millisecond, "/checkout")
				s.run(2*time.Minute, 10, 120*time.Millisecond, "/checkout")
				synctest.Wait()
				if len(good.told("firing")) != 1 || len(s.spikes()) == 0 {
					t.Errorf("the other notifier was told %+v, %d alerts", good.told(""), len(s.spikes()))
				}
				if c := checkOf(s.mon, "notify"); !hangs && !strings.Contains(c.Detail, "has panicked") {
					t.Errorf("health says %+v", c)
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				err := s.mon.Shutdown(ctx)
				if hangs != errors.Is(err, context.DeadlineExceeded) || good.shutdown != 1 {
					t.Errorf("Shutdown: %v; the other one was shut down %d times", err, good.shutdown)
				}
				close(release)
				if err := s.mon.Shutdown(t.Context()); err != nil {
					t.Errorf("a second Shutdown: %v", err)
				}
				synctest.Wait()
			})
		})
	}
}
