// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// A service that runs elsewhere has a history of its own time: it is written whether it is looked at or not, another one goes on from it amid a
// minute, and a Monitor shows it. Each request counts once.
func TestFeedHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		src := newElsewhere(t, func(time.Time) time.Duration { return 20 * time.Millisecond })
		src.run(began.Add(20 * time.Second)) // there is something to tell
		store, turns := new(testrig.History), make(chan struct{}, 2)
		h := otelperf.NewFeedHistory(src, store, nil, time.Now, turns)
		write := func(until time.Time) {
			for time.Now().Before(until) {
				src.run(time.Now().Add(5 * time.Second))
				h.Write()
			}
		}
		write(began.Add(100*time.Minute + 25*time.Second))
		h.Close(t.Context())
		if st := h.State(); st.Written < 100 || st.Failed+st.Lost > 0 {
			t.Errorf("the writing is %+v", st)
		}
		h = otelperf.NewFeedHistory(src, store, h, time.Now, turns) // as after a reload
		write(began.Add(3*time.Hour + 30*time.Second))

		mon, err := otelperf.New(otelperf.WithFeed(src), otelperf.WithFeedHistory(h))
		if err != nil {
			t.Fatal(err)
		}
		ask := asker{t, withToken(mon.Handler())}
		from, to := began.Add(30*time.Minute).Truncate(time.Minute), began.Add(150*time.Minute).Truncate(time.Minute)
		rows := listOf(ask.ask("/endpoints", "?from=%d&to=%d", from.Unix(), to.Unix()), "endpoints")
		if len(rows) != 1 || rows[0]["count"] != to.Sub(from).Seconds()*20 {
			t.Errorf("two hours of 20 requests a second are %v", rows)
		}
		if c := ask.ask("/config", ""); c["history"] != true {
			t.Errorf("there is no history in %v", c)
		}
		if err := mon.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		before := h.State().Written
		write(time.Now().Add(3 * time.Minute))
		if h.State().Written == before {
			t.Error("nothing is written after the end of a Monitor that has shown it")
		}
	})
}

func TestFeedHistoryWithoutFeed(t *testing.T) {
	src := newElsewhere(t, nil)
	h := otelperf.NewFeedHistory(src, new(testrig.History), nil, time.Now, make(chan struct{}, 1))
	if _, err := otelperf.New(otelperf.WithFeedHistory(h)); !errors.Is(err, otelperf.ErrConfig) {
		t.Errorf("a history of no feed is taken: %v", err)
	}
	if _, err := otelperf.New(otelperf.WithFeed(src), otelperf.WithFeedHistory(nil)); !errors.Is(err, otelperf.ErrConfig) {
		t.Errorf("no history is taken: %v", err)
	}
}
