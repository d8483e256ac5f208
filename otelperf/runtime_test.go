// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// crowd has five requests at a time wait for the one connection of a pool, until stop is closed.
func crowd(db *sql.DB, stop <-chan struct{}) *sync.WaitGroup {
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				c, err := db.Conn(context.Background())
				if err != nil {
					return
				}
				time.Sleep(300 * time.Millisecond)
				_ = c.Close()
			}
		})
	}
	return &all
}

// ofPool are the sentences about a pool's waits among deviations in JSON.
func ofPool(deviations []map[string]any) (sentences []string) {
	for _, d := range deviations {
		if d["name"] == "pool_waiting" && d["pool"] == "main" {
			sentences = append(sentences, d["sentence"].(string))
		}
	}
	return sentences
}

// A pool that is too small stands in the spike that it makes, in the summary, in the series and in the metrics while it lasts; the
// spike has it for good.
func TestRuntimeBesideASpike(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := testrig.DB(t, 1)
		s := newBubble(t, "1.0", everybody, otelperf.WithDB("main", db))
		h := s.mon.Handler()
		s.run(5*time.Minute, 20, 20*time.Millisecond, "/a")
		if got := ofPool(listOf(answer(t, h, "/runtime"), "unusual")); len(got) != 0 {
			t.Errorf("while all is well: %q", got)
		}
		stop := make(chan struct{})
		waiting := crowd(db, stop)
		s.run(40*time.Second, 20, 200*time.Millisecond, "/a")
		said := regexp.MustCompile(`^[34](\.\d)? requests wait for a connection of pool main, usually 0$`) // four of five, on average
		check := func(where string, v map[string]any, list string) {
			t.Helper()
			if got := ofPool(listOf(v, list)); len(got) != 1 || !said.MatchString(got[0]) {
				t.Errorf("%s says %q, want %v", where, got, said)
			}
		}
		check("GET runtime", answer(t, h, "/runtime?window=1h"), "unusual")
		check("the summary", answer(t, h, "/summary")["runtime"].(map[string]any), "unusual")
		check("the open spike", listOf(answer(t, h, "/spikes"), "spikes")[0], "signals")
		if got := unusualMetrics(t, s); !slices.Contains(got, "pool_waiting main") {
			t.Errorf("the metrics name %q as unusual", got)
		}
		close(stop)
		waiting.Wait()
		s.run(5*time.Minute, 20, 20*time.Millisecond, "/a")
		synctest.Wait()
		if got := ofPool(listOf(answer(t, h, "/runtime"), "unusual")); len(got) != 0 {
			t.Errorf("afterwards: %q", got)
		}
		spike := listOf(answer(t, h, "/spikes"), "spikes")[0]
		check("the spike that has ended", spike, "signals")
		if spike["state"] != "ended" {
			t.Errorf("the spike is %v", spike["state"])
		}
		told := s.spikes()
		for _, sp := range told {
			seen := false
			for _, d := range sp.Signals {
				seen = seen || d.Name == "pool_waiting" && d.Now > 1 && d.Usual == 0
			}
			if !seen {
				t.Errorf("a receiver has %+v at state %s", sp.Signals, sp.State)
			}
		}
		if len(told) != 2 {
			t.Errorf("%d alerts, want 2", len(told))
		}
		if err := s.mon.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// unusualMetrics are the signals, with their pools, that the metrics say are beyond their normal.
func unusualMetrics(t *testing.T, s *bubble) (names []string) {
	t.Helper()
	var rm metricdata.ResourceMetrics
	if err := s.read.Collect(context.Background(), &rm); err != nil {
		t.Fatal(err)
	}
	for _, sm := range rm.ScopeMetrics {
		for _, m := range sm.Metrics {
			if g, ok := m.Data.(metricdata.Gauge[int64]); ok && m.Name == "otelperf.runtime.unusual" {
				for _, p := range g.DataPoints {
					if p.Value == 1 {
						names = append(names, attr(p.Attributes, "otelperf.runtime.signal")+" "+attr(p.Attributes, "otelperf.pool.name"))
					}
				}
			}
		}
	}
	return names
}

func attr(s attribute.Set, key attribute.Key) string {
	v, _ := s.Value(key)
	return v.AsString()
}

// The series has a value for each second of the shorter windows and for each ten of the longer ones, as the contract says.
func TestRuntimeSeries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newBubble(t, "1.0", everybody, otelperf.WithDB("main", testrig.DB(t, 3)))
		s.run(405*time.Second, 1, time.Millisecond, "/a")
		h := s.mon.Handler()
		for window, want := range map[string]struct{ step, values int }{"1m": {1, 60}, "5m": {1, 300}, "1h": {10, 41}, "all": {10, 41}} {
			w := testrig.Call(h, http.MethodGet, "/runtime?window="+window)
			for _, wrong := range newSchemaChecker(t).answer("/runtime", w.Body.String()) {
				t.Error(window, wrong)
			}
			v := object(t, w.Body.String())
			signals := listOf(v, "signals")
			if n := len(signals[0]["values"].([]any)); v["step_seconds"] != float64(want.step) || n != want.values || len(signals) != 13 {
				t.Errorf("%s: %d signals with %d values of %v s, want 13 with %d of %d", window, len(signals), n, v["step_seconds"], want.values, want.step)
			}
			start, err := time.Parse(time.RFC3339, v["start"].(string))
			if covered := time.Duration(want.step*want.values) * time.Second; err != nil || (time.Since(start)-covered).Abs() > 10*time.Second {
				t.Errorf("%s begins %v ago, want about %v", window, time.Since(start), covered)
			}
		}
		pool := listOf(answer(t, h, "/runtime"), "pools")[0]
		if pool["name"] != "main" || pool["max"] != 3.0 || pool["waiting"] != 0.0 || pool["age_seconds"] == nil {
			t.Errorf("the pool is %v", pool)
		}
		if w := testrig.Call(h, http.MethodGet, "/runtime?window=2h"); w.Code != http.StatusBadRequest {
			t.Errorf("window=2h: %d", w.Code)
		}
		if v := s.mon.Summary(otelperf.Window1m).Runtime.Signals[0]; v.Usual == nil || v.Limit == nil {
			t.Errorf("after minutes: %+v, want that something is usual", v)
		}
		s.mon.Reset(true)
		if v := s.mon.Summary(otelperf.Window1m).Runtime.Signals[0]; v.Usual != nil || v.Limit != nil {
			t.Errorf("after a reset of the baselines: %+v, want that nothing is usual", v)
		}
		_ = s.mon.Shutdown(t.Context())
	})
}

// stuck is a pool that does not answer before it is let go.
type stuck chan struct{}

func (s stuck) Stats() sql.DBStats { <-s; return sql.DBStats{} }

// A pool that blocks holds nothing up but the end of Shutdown, which says what it waits for.
func TestPoolThatBlocksShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pool := make(stuck)
		s := newBubble(t, "1.0", otelperf.WithDB("main", pool))
		s.run(10*time.Second, 1, time.Millisecond, "/a")
		if sum := s.mon.Summary(otelperf.Window1m); sum.Runtime.Pools[0].AgeSeconds != nil || sum.TotalRequests != 10 {
			t.Errorf("%+v, %d requests", sum.Runtime.Pools[0], sum.TotalRequests)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.mon.Shutdown(ctx); !errors.Is(err, otelperf.ErrShutdown) || !strings.Contains(err.Error(), "the runtime's signals") {
			t.Errorf("Shutdown: %v", err)
		}
		close(pool)
		if err := s.mon.Shutdown(t.Context()); err != nil {
			t.Errorf("Shutdown once it answers: %v", err)
		}
	})
}

func TestWithDBRefuses(t *testing.T) {
	db := testrig.DB(t, 1)
	many := []otelperf.Option{}
	for i := range 17 {
		many = append(many, otelperf.WithDB(strings.Repeat("x", i+1), db))
	}
	for want, opts := range map[string][]otelperf.Option{
		`database "main" is nil`:                {otelperf.WithDB("main", nil)},
		`database "typed" is nil`:               {otelperf.WithDB("typed", (*sql.DB)(nil))},
		`accepted are 1 to 64 bytes of UTF-8`:   {otelperf.WithDB("", db)},
		`"\xff", accepted are 1 to 64 bytes`:    {otelperf.WithDB("\xff", db)},
		`two databases have the name "a"`:       {otelperf.WithDB("a", db), otelperf.WithDB("a", db)},
		`xxx" is one too many, accepted are 16`: many,
	} {
		if _, err := otelperf.New(opts...); !errors.Is(err, otelperf.ErrConfig) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
