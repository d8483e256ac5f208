// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"errors"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

func newTestTimeline(t *testing.T) *timeline {
	t.Helper()
	tl, err := newTimeline(baseline.Config{}, func(*engine.Event) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	tl.endpoints.all = []conventions.Endpoint{{Route: "/a"}, {Route: "/b"}}
	return tl
}

func TestOrder(t *testing.T) {
	const hour, day = 3600, 86400
	base := monday.Unix()
	hundred := make([]int64, setBack) // late ones in a row
	for i := range hundred {
		hundred[i] = -1800
	}
	tests := []struct {
		name    string
		seconds []int64
		want    counts
	}{
		{"in order", []int64{0, 0, 1, 2}, counts{accepted: 4}},
		{"within the horizon", []int64{9, 0, 12, 3, 12}, counts{accepted: 5}},
		{"late", []int64{10, 0, 11}, counts{accepted: 2, late: 1}},
		{"a gap of days", []int64{0, 1, 9 * day, 9*day + 1}, counts{accepted: 4}},
		{"each an hour and more after the other", []int64{0, 2 * hour, 4 * hour, 4 * hour}, counts{accepted: 4}},
		{"one damaged time", []int64{0, 1, 400 * day, 2, 3}, counts{accepted: 4, leaps: 1}},
		{"two damaged times", []int64{0, 1, 400 * day, 300 * day, 2, 3}, counts{accepted: 4, leaps: 2}},
		{"damaged at the end", []int64{0, 1, 400 * day}, counts{accepted: 2, leaps: 1}},
		{"clock set back", append([]int64{0, 1}, hundred...), counts{accepted: 3, late: setBack - 1, setBacks: 1}},
		{"late ones between others", append(append([]int64{0}, hundred[:setBack/2]...), append([]int64{1}, hundred[:setBack-1]...)...),
			counts{accepted: 2, late: setBack/2 + setBack - 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tl := newTestTimeline(t)
			for _, s := range tt.seconds {
				if err := tl.add(request{unix: base + s, duration: time.Millisecond}); err != nil && err != errLate && err != errLeap {
					t.Fatal(err)
				}
			}
			if err := tl.finish(); err != nil && err != errLeap {
				t.Fatal(err)
			}
			if tl.counts != tt.want {
				t.Errorf("counts are %+v, want %+v", tl.counts, tt.want)
			}
			if n := tl.engine.Snapshot(engine.All).Requests; n != tt.want.accepted {
				t.Errorf("the engine has %d requests, want %d", n, tt.want.accepted)
			}
			if n := len(tl.seconds.free); n > int(horizon) {
				t.Errorf("%d cells for one endpoint, want at most %d", n, horizon)
			}
		})
	}
}

// TestEarliestTimes: the first seconds since 1970 are times like all others.
func TestEarliestTimes(t *testing.T) {
	tl := newTestTimeline(t)
	for _, s := range []int64{3, 0, 12} {
		if err := tl.add(request{unix: s}); err != nil {
			t.Fatal(err)
		}
	}
	if err := tl.finish(); err != nil || tl.counts.accepted != 3 || tl.earliest != 0 || tl.latest != 12 {
		t.Errorf("%v, %+v, from %d to %d", err, tl.counts, tl.earliest, tl.latest)
	}
}

// TestQuietIsCheap: years without a request are no years of ticks.
func TestQuietIsCheap(t *testing.T) {
	tl := newTestTimeline(t)
	for year := range int64(100) {
		for range 2 {
			if err := tl.add(request{unix: year * 365 * 86400}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := tl.finish(); err != nil {
		t.Fatal(err)
	}
	if n := tl.engine.Stats().Ticks; n > 100*(quietSeconds+2) || tl.counts.accepted != 200 {
		t.Errorf("%d ticks, %d requests", n, tl.counts.accepted)
	}
}

func TestEmitErrorStops(t *testing.T) {
	stop := errors.New("stop")
	tl, err := newTimeline(baseline.Config{}, func(*engine.Event) error { return stop })
	if err != nil {
		t.Fatal(err)
	}
	tl.endpoints.all = []conventions.Endpoint{{Route: "/a"}}
	for s := range int64(900) {
		d := 10 * time.Millisecond
		if s > 600 {
			d *= 10
		}
		for range 10 {
			if err = tl.add(request{unix: monday.Unix() + s, duration: d}); err != nil {
				if err != stop || s < 600 {
					t.Errorf("%v at second %d", err, s)
				}
				return
			}
		}
	}
	t.Error("no event")
}
