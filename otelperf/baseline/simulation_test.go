// SPDX-License-Identifier: Apache-2.0

//go:build !race

package baseline

import (
	"fmt"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline/internal/sim"
)

// The long version of these tests, with figures worth quoting, is internal/sim/simulate.

func newSimWatcher(tb testing.TB) func() sim.Watcher {
	return func() sim.Watcher {
		return &watcher{d: newDetector(tb, Config{}), start: time.Unix(1_700_000_000, 0)}
	}
}

func TestNoFalseAlarms(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	for _, c := range []struct {
		rate      float64
		endpoints int
		days      float64
	}{{.1, 8, 1}, {1, 4, 1}, {10, 2, .25}, {100, 2, .05}} {
		for _, d := range []sim.Disturbance{{}, {Pauses: true, Jobs: true}} {
			t.Run(fmt.Sprintf("%g %+v", c.rate, d), func(t *testing.T) {
				t.Parallel()
				alerts := sim.Clean(1, c.rate, c.endpoints, c.days, d, newSimWatcher(t), func() sim.Watcher { return sim.NewClassic(1) })
				if alerts[0] != 0 {
					t.Errorf("%d false alarms in %g endpoint-days", alerts[0], float64(c.endpoints)*c.days)
				}
				if c.rate >= 100 && d.Pauses && alerts[1] == 0 {
					t.Error("the classic has none either: the traffic is too easy")
				}
			})
		}
	}
}

func TestFaultsAreFound(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	for _, c := range []struct {
		class   string
		rate    float64
		atLeast float64 // share found
		within  float64 // seconds, median
		back    float64 // seconds after its end, median; 0: not looked at
	}{
		{"all x3", 1, .9, 60, 120},
		{"all x5", 1, .9, 30, 90},
		{"all x10", 1, .9, 30, 60},
		{"2% hang", 1, .5, 600, 0},
		{"2% hang", 10, .9, 100, 120},
		{"20 s burst x5", 10, .9, 10, 60},
		{"ramp x4 in 20 min", 1, .9, 1100, 0},
		{"shift x3", 1, .9, 90, 0},
	} {
		t.Run(fmt.Sprintf("%s at %g", c.class, c.rate), func(t *testing.T) {
			t.Parallel()
			trials := 20
			if c.rate > 1 {
				trials = 8
			}
			o := sim.Try(1, class(t, c.class), c.rate, trials, newSimWatcher(t))[0]
			if found := float64(o.Detected) / float64(o.Trials); found < c.atLeast {
				t.Errorf("found %.2f, want %.2f", found, c.atLeast)
			}
			if median := sim.Quantile(o.Delay, .5); !(median <= c.within) {
				t.Errorf("median delay %.0f s, want %.0f", median, c.within)
			}
			if median := sim.Quantile(o.Back, .5); c.back > 0 && !(median <= c.back) {
				t.Errorf("end seen after a median of %.0f s, want %.0f", median, c.back)
			}
			if o.Alerts > o.Detected+1 || o.Before > 0 {
				t.Errorf("%d alerts for %d incidents, %d before", o.Alerts, o.Detected, o.Before)
			}
			if o.Recovered < o.Detected-1 {
				t.Errorf("%d of %d ends seen", o.Recovered, o.Detected)
			}
		})
	}
}

func TestHarmlessChanges(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	for _, name := range []string{"all x1.5", "traffic x0.1", "traffic x10", "gap of 20 min", "50% fast errors"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, rate := range []float64{.1, 1} {
				if o := sim.Try(1, class(t, name), rate, 10, newSimWatcher(t))[0]; o.Detected+o.Before > 0 {
					t.Errorf("at %g/s: %d of %d alerted, %d before", rate, o.Detected, o.Trials, o.Before)
				}
			}
		})
	}
}

func class(t *testing.T, name string) sim.Class {
	t.Helper()
	for _, c := range sim.Classes() {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("no class %q", name)
	return sim.Class{}
}
