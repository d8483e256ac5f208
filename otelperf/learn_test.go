// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"bytes"
	"math"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// foundAfter is how long after now a slowness of three times is found.
func (s *bubble) foundAfter() time.Duration {
	began := time.Now()
	for range 300 {
		s.run(time.Second, 1, 60*time.Millisecond, "/a")
		if found := s.mon.Summary("").Spikes; len(found) > 0 {
			return found[0].At.Sub(began)
		}
	}
	return time.Hour
}

// A process that has a history and nothing else finds as soon what is slow as one that ran through: from the state in it, or where there is
// none that can be read from the minutes, of which one without a history knows nothing yet.
func TestWhatIsUsualComesFromTheHistory(t *testing.T) {
	t.Parallel()
	newer := func(state []byte) []byte {
		return bytes.Replace(state, []byte(`"version":1`), []byte(`"version":9`), 1)
	}
	none := func([]byte) []byte { return nil }
	found := map[string]time.Duration{}
	for _, of := range []struct {
		name    string
		restart bool
		state   func([]byte) []byte
		foreign bool
		gone    bool // the history is
	}{
		{name: "ran through"}, {name: "state", restart: true}, {name: "another instance's", restart: true, foreign: true},
		{name: "minutes", restart: true, state: none}, {name: "newer state", restart: true, state: newer},
		{name: "damaged state", restart: true, state: func([]byte) []byte { return []byte("nothing") }}, {name: "nothing", restart: true, gone: true},
	} {
		t.Run(of.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := &testrig.History{Foreign: of.foreign}
				s := newBubble(t, "1.0", otelperf.WithBearerToken(spikeToken), otelperf.WithHistory(store))
				s.run(2*time.Hour, 1, 20*time.Millisecond, "/a")
				if of.restart {
					_ = s.mon.Shutdown(t.Context())
					if store.State = of.state; of.gone {
						store = &testrig.History{}
					}
					s = newBubble(t, "1.0", otelperf.WithBearerToken(spikeToken), otelperf.WithHistory(store))
				}
				s.run(190*time.Second, 1, 20*time.Millisecond, "/a") // requests are judged three minutes after a restart
				row := s.mon.Summary("").Endpoints[0]
				if isKnown := row.State == "normal" && row.BaselineP99Ms != nil && math.Abs(*row.BaselineP99Ms-30) < 5; isKnown == of.gone {
					t.Errorf("before it is slow the row is %+v", row)
				}
				found[of.name] = s.foundAfter()
				_ = s.mon.Shutdown(t.Context())
			})
		})
	}
	for name, after := range found {
		if after > found["ran through"]+5*time.Second {
			t.Errorf("%s: found after %v, by one that ran through after %v", name, after, found["ran through"])
		}
	}
}

// What is open in the state of another instance is that one's, which may be running: a new one learns from it what is usual, and has no
// incident, no ack and no mark of it. What is muted stays muted.
func TestStateOfAnotherInstance(t *testing.T) {
	for _, foreign := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			store := &testrig.History{Foreign: foreign}
			s := newBubble(t, "1.0", otelperf.WithBearerToken(spikeToken), otelperf.WithHistory(store))
			s.run(20*time.Minute, 10, 20*time.Millisecond, "/a")
			s.run(2*time.Minute+30*time.Second, 10, 200*time.Millisecond, "/a")
			spikes := s.mon.Summary("").Spikes
			if len(spikes) != 1 || spikes[0].State != "open" {
				t.Fatalf("spikes are %+v", spikes)
			}
			var mute, ack any
			sendJSON(t, s.mon.Handler(), "POST", "/mutes", `{"endpoint": "GET /b", "by": "ana", "minutes": 60}`, http.StatusOK, &mute)
			sendJSON(t, s.mon.Handler(), "POST", "/spikes/"+spikes[0].ID+"/ack", `{"by": "ben"}`, http.StatusOK, &ack)
			s.run(2*time.Minute, 10, 200*time.Millisecond, "/a")
			other := newBubble(t, "1.0", otelperf.WithBearerToken(spikeToken), otelperf.WithHistory(store)) // while the first one runs
			first := other.mon.Summary("")
			s.run(time.Minute, 10, 20*time.Millisecond, "/a")
			other.run(5*time.Minute, 10, 20*time.Millisecond, "/a")
			after := other.mon.Summary("")
			if n := len(first.Spikes); (n == 0) != foreign || n > 0 && (first.Spikes[0].Ack == nil || first.Spikes[0].ID != spikes[0].ID) {
				t.Errorf("another instance's: %v; it begins with %+v", foreign, first.Spikes)
			}
			if len(after.Mutes) != 1 || after.Endpoints[0].State == "learning" {
				t.Errorf("another instance's: %v; mutes are %+v, the state %s", foreign, after.Mutes, after.Endpoints[0].State)
			}
			if foreign && len(after.Spikes) != 0 {
				t.Errorf("later it has %+v", after.Spikes)
			}
			_ = s.mon.Shutdown(t.Context())
			_ = other.mon.Shutdown(t.Context())
		})
	}
}

// What was learned from minutes raises no alarm that is none, however often a service begins anew: over days with nights and noise.
func TestLearningFromMinutesIsQuiet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &testrig.History{State: func([]byte) []byte { return nil }}
		spikes := 0
		for life := range 8 { // of six hours: two days
			s := newBubble(t, "1.0", otelperf.WithBearerToken(spikeToken), otelperf.WithHistory(store))
			for minute := range 360 {
				hour := float64(life*6) + float64(minute)/60
				day := 1 + 0.3*math.Sin(2*math.Pi*hour/24)                // slower by day
				wander := 1 + 0.15*math.Sin(float64(life*360+minute)*1.7) // from minute to minute
				took := time.Duration(20 * day * wander * float64(time.Millisecond))
				s.run(time.Minute, 1, took, "/a")
			}
			spikes += len(s.mon.Summary(otelperf.WindowAll).Spikes)
			_ = s.mon.Shutdown(t.Context())
			time.Sleep(time.Minute)
		}
		if spikes > 0 {
			t.Errorf("%d alarms in two days", spikes)
		}
	})
}
