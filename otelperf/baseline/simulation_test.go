// SPDX-License-Identifier: Apache-2.0

//go:build !race

package baseline_test

import (
	"fmt"
	"testing"

	"github.com/otelperf/otelperf-go/otelperf/internal/lab/trial"
)

// The long version of these tests, with figures worth quoting, is otelperf/internal/lab.

const seed = 11

// Where nothing is wrong no shape of traffic alerts, of which the classic makes many false alarms.
func TestQuietTraffic(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	for number, q := range trial.Quiets() {
		if q.Name == "weekly job" {
			continue // 42 days
		}
		t.Run(q.Name, func(t *testing.T) {
			t.Parallel()
			for _, rate := range []float64{0.1, 1} {
				if q.Group == trial.Recurring && rate < 1 {
					continue // a short job is not seen each time, so that it takes longer until it is known
				}
				rs := q.Watch(seed, number, rate, max(1, int(2/q.Days)), 0, trial.NewDetector)
				if q.Group == trial.Recurring && rs[0].Alerts <= 1+rs[0].Events/100 {
					continue // it is known once its times are no chance: that may take one more time
				}
				for _, a := range rs[0].First {
					t.Errorf("at %g/s: endpoint %d (%s) alerts on day %.2f: %+v", rate, a.Endpoint, a.Family, float64(a.At)/86400, a.Event)
				}
			}
		})
	}
}

func TestBusyQuietTraffic(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	classic := 0
	for number, q := range trial.Quiets() {
		if q.Group != trial.Stationary {
			continue
		}
		q.Days = 0.2
		rs := q.Watch(seed, number, 100, 2, 2, trial.NewDetector, trial.Classic(1))
		if rs[0].Alerts > 0 {
			t.Errorf("%s: %+v", q.Name, rs[0].First)
		}
		classic += rs[1].Alerts
	}
	if classic == 0 {
		t.Error("the classic has no false alarm either: the traffic is too easy")
	}
}

func TestFaultsAreFound(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	for _, c := range []struct {
		name    string
		rate    float64
		atLeast float64 // share found
		within  float64 // seconds, median
		back    float64 // seconds after its end, median; 0: not looked at
	}{
		{"all 3 times slower", 1, .9, 60, 120},
		{"all 5 times slower", 1, .9, 30, 90},
		{"all 10 times slower", 1, .9, 30, 90},
		{"2 % hang", 1, .4, 600, 0},
		{"2 % hang", 10, .9, 100, 150},
		{"20 s, 5 times slower", 10, .9, 15, 60},
		{"4 times slower within 20 min", 1, .9, 1100, 0},
		{"3 times slower for ever", 1, .9, 90, 0},
		{"stalls of 0.3 s and more", 1, .6, 300, 0},
		{"stalls of 0.3 s and more", 10, .9, 300, 0},
		{"4 times slower within 3 h, first day", 1, .6, 10800, 0},
		{"4 times slower within 3 h, third day", 1, .85, 10800, 0},
	} {
		t.Run(fmt.Sprintf("%s at %g", c.name, c.rate), func(t *testing.T) {
			t.Parallel()
			const trials = 10
			number, f := fault(t, c.name)
			rs, _ := f.Try(seed, number, c.rate, trials, trial.NewDetector)
			o := &rs[0]
			if found := float64(o.Found) / float64(o.Trials); found < c.atLeast {
				t.Errorf("found %.2f, want %.2f", found, c.atLeast)
			}
			if median := trial.Quantile(o.Delay, .5); !(median <= c.within) {
				t.Errorf("median delay %.0f s, want %.0f", median, c.within)
			}
			if median := trial.Quantile(o.Back, .5); c.back > 0 && !(median <= c.back) {
				t.Errorf("end seen after a median of %.0f s, want %.0f", median, c.back)
			}
			if o.BelowRatio > 0 || o.Before > 0 {
				t.Errorf("%d alerts with a ratio below 2, %d before the fault", o.BelowRatio, o.Before)
			}
		})
	}
}

func fault(t *testing.T, name string) (int, trial.Fault) {
	t.Helper()
	for i, f := range trial.Faults() {
		if f.Name == name {
			return i, f
		}
	}
	t.Fatalf("no fault %q", name)
	return 0, trial.Fault{}
}
