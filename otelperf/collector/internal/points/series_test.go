// SPDX-License-Identifier: Apache-2.0

package points_test

import (
	"math"
	"strconv"
	"testing"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/points"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/simulation"
)

var bounds = []float64{0.1, 1}

// What a series may say from one export to the next, and how much of it is new.
func TestWhatIsNewOfASeries(t *testing.T) {
	const old = -7200 // seconds: two hours before
	for _, tt := range []struct {
		name    string
		exports []export
		want    []uint64
		check   func(points.Stats) uint64 // that is to be 1
	}{
		{
			"began within two intervals",
			[]export{exportOf("a").explicit(cumulative, 200, -50, 60, bounds, 3, 1, 0), exportOf("a").explicit(cumulative, 200, -50, 120, bounds, 5, 2, 1)},
			[]uint64{4, 4}, nil,
		},
		{
			"began long ago",
			[]export{exportOf("a").explicit(cumulative, 200, old, 60, bounds, 300, 1, 0), exportOf("a").explicit(cumulative, 200, old, 120, bounds, 302, 1, 0)},
			[]uint64{0, 2}, func(st points.Stats) uint64 { return st.First },
		},
		{
			"its start is not known",
			[]export{exportOf("a").explicit(cumulative, 200, -1e9*1.7724, 60, bounds, 300, 1, 0), exportOf("a").explicit(cumulative, 200, -1e9*1.7724, 120, bounds, 302, 1, 0)},
			[]uint64{0, 2}, func(st points.Stats) uint64 { return st.First },
		},
		{
			"new in an instance that is known",
			[]export{
				exportOf("a").explicit(cumulative, 200, old, 60, bounds, 300, 0, 0), exportOf("a").explicit(cumulative, 200, old, 120, bounds, 300, 0, 0),
				exportOf("a").explicit(cumulative, 200, old, 180, bounds, 301, 0, 0).explicit(cumulative, 500, old, 180, bounds, 7, 0, 0),
			},
			[]uint64{0, 0, 8}, func(st points.Stats) uint64 { return st.First },
		},
		{
			"the other half of an export in batches is not new",
			[]export{exportOf("a").explicit(cumulative, 200, old, 60, bounds, 300, 0, 0), exportOf("a").explicit(cumulative, 500, old, 60, bounds, 70, 0, 0)},
			[]uint64{0, 0}, func(st points.Stats) uint64 { return st.First - 1 },
		},
		{
			"another start",
			[]export{exportOf("a").explicit(cumulative, 200, 0, 60, bounds, 3, 0, 0), exportOf("a").explicit(cumulative, 200, 70, 120, bounds, 9, 0, 0)},
			[]uint64{3, 9}, func(st points.Stats) uint64 { return st.Restarts },
		},
		{
			"a smaller count",
			[]export{exportOf("a").explicit(cumulative, 200, 0, 60, bounds, 3, 5, 0), exportOf("a").explicit(cumulative, 200, 0, 120, bounds, 9, 1, 0)},
			[]uint64{8, 10}, func(st points.Stats) uint64 { return st.Restarts },
		},
		{
			"other bounds",
			[]export{exportOf("a").explicit(cumulative, 200, 0, 60, bounds, 3, 5, 0), exportOf("a").explicit(cumulative, 200, 0, 120, []float64{0.1, 2}, 3, 6, 0)},
			[]uint64{8, 1}, func(st points.Stats) uint64 { return st.Rescaled },
		},
		{
			"the same time",
			[]export{exportOf("a").explicit(cumulative, 200, 0, 60, bounds, 3, 0, 0), exportOf("a").explicit(cumulative, 200, 0, 60, bounds, 3, 0, 0)},
			[]uint64{3, 0}, func(st points.Stats) uint64 { return st.Stale },
		},
		{
			"an older time",
			[]export{exportOf("a").explicit(cumulative, 200, 0, 60, bounds, 3, 0, 0), exportOf("a").explicit(cumulative, 200, 0, 50, bounds, 1, 0, 0), exportOf("a").explicit(cumulative, 200, 0, 120, bounds, 4, 0, 0)},
			[]uint64{3, 0, 1}, func(st points.Stats) uint64 { return st.Stale },
		},
		{
			"deltas",
			[]export{exportOf("a").explicit(delta, 200, 0, 60, bounds, 3, 0, 0), exportOf("a").explicit(delta, 200, 60, 120, bounds, 3, 0, 0), exportOf("a").explicit(delta, 200, 60, 120, bounds, 3, 0, 0)},
			[]uint64{3, 3, 0}, func(st points.Stats) uint64 { return st.Stale },
		},
		{
			"two processes that export as one",
			[]export{
				exportOf("a").explicit(cumulative, 200, old, 60, bounds, 300, 0, 0), exportOf("a").explicit(cumulative, 200, old-9, 70, bounds, 500, 0, 0),
				exportOf("a").explicit(cumulative, 200, old, 120, bounds, 303, 0, 0), exportOf("a").explicit(cumulative, 200, old-9, 130, bounds, 504, 0, 0),
			},
			[]uint64{0, 0, 3, 4}, func(st points.Stats) uint64 { return st.Shared - 1 },
		},
		{
			"instances",
			[]export{
				exportOf("a").explicit(cumulative, 200, 0, 60, bounds, 3, 0, 0), exportOf("b").explicit(cumulative, 200, 0, 60, bounds, 9, 0, 0),
				exportOf("a").explicit(cumulative, 200, 0, 120, bounds, 4, 0, 0), exportOf("b").explicit(cumulative, 200, 0, 120, bounds, 11, 0, 0),
			},
			[]uint64{3, 9, 1, 2}, nil,
		},
		{
			"a start after its time", []export{exportOf("a").explicit(cumulative, 200, 61, 60, bounds, 3, 0, 0)}, []uint64{0},
			func(st points.Stats) uint64 { return st.Absurd },
		},
		{
			"counts that do not fit the bounds", []export{exportOf("a").explicit(cumulative, 200, 0, 60, bounds, 3, 0)}, []uint64{0},
			func(st points.Stats) uint64 { return st.Absurd },
		},
		{
			"bounds that fall", []export{exportOf("a").explicit(cumulative, 200, 0, 60, []float64{1, 0.1}, 3, 0, 0)}, []uint64{0},
			func(st points.Stats) uint64 { return st.Absurd },
		},
	} {
		r := points.New(0)
		for i, e := range tt.exports {
			if got := take(t, r, 1000+float64(i), e); got.count != tt.want[i] {
				t.Errorf("%s: %d requests in export %d, want %d", tt.name, got.count, i, tt.want[i])
			}
		}
		if tt.check != nil && tt.check(r.Stats()) != 1 {
			t.Errorf("%s: %+v", tt.name, r.Stats())
		}
	}
}

// A scale that falls, as an SDK's does when durations spread, loses nothing.
func TestAFallingScale(t *testing.T) {
	r := points.New(0)
	h := simulation.NewExpo(160, 20)
	for k := 1.0; k <= 6; k++ {
		for i := range 50 {
			h.Record(0.05 * math.Exp(k*float64(i)/50))
		}
		if got := take(t, r, 60*k, exportOf("a").expo(cumulative, "/x", 0, 60*k, h)); got.count != 50 {
			t.Errorf("export %v: %d requests, want 50", k, got.count)
		}
	}
	if st := r.Stats(); st.Rescaled == 0 || st.Restarts > 0 {
		t.Errorf("%+v", st)
	}
}

// When the interval of a point began is by the clock of the collector, whatever that of the instance says, and however long it was on its way.
func TestWhenAnIntervalBegan(t *testing.T) {
	for _, clock := range []float64{0, -3600, 7200} {
		r := points.New(0)
		for k := 1.0; k <= 20; k++ {
			way := 2.0
			if k == 15 {
				way = 45 // it was sent anew
			}
			at := 60 * k
			got := take(t, r, at+way, exportOf("a").explicit(cumulative, 200, clock, clock+at, bounds, uint64(k), 0, 0))
			if k == 1 {
				continue
			}
			if want := at + 2 - 60; math.Abs(got.began-want) > 0.01 || got.length != 60 {
				t.Errorf("a clock %v s off: export %v began at %v s and lasted %v s, want %v", clock, k, got.began, got.length, want)
			}
		}
	}
}

// A clock that is set back is as good as another after a few exports.
func TestAClockThatIsSetBack(t *testing.T) {
	r := points.New(0)
	for k := 1.0; k <= 60; k++ {
		clock := 0.0
		if k > 20 {
			clock = -30
		}
		got := take(t, r, 60*k, exportOf("a").explicit(cumulative, 200, -60, 60*k+clock, bounds, uint64(k), 0, 0))
		if k > 40 && math.Abs(got.began-60*(k-1)) > 0.01 {
			t.Errorf("export %v began at %v", k, got.began)
		}
	}
}

// What is remembered stays within its bound, and what is left out is counted; deltas are read all the same, and room comes back.
func TestTheBoundOfSeries(t *testing.T) {
	const limit = 64 << 10
	r := points.New(limit)
	h := simulation.NewExpo(160, 20)
	for i := range 200 {
		h.Record(0.01 * math.Exp(float64(i)/40))
	}
	for k := 1.0; k <= 3; k++ {
		for i := range 1000 {
			h.Record(0.05)
			take(t, r, 60*k, exportOf(strconv.Itoa(i)).expo(cumulative, "/x", 0, 60*k, h))
			if st := r.Stats(); st.Bytes > limit || st.Bytes < 0 {
				t.Fatalf("%d bytes, at most %d", st.Bytes, limit)
			}
		}
	}
	st := r.Stats()
	if st.Series == 0 || st.Crowded < 2000 || st.Series > 900 {
		t.Errorf("%+v", st)
	}
	if got := take(t, r, 200, exportOf("new").explicit(delta, 200, 140, 200, bounds, 3, 0, 0)); got.count != 3 {
		t.Errorf("%d requests of a delta, want 3", got.count)
	}
	take(t, r, 3000, exportOf("later"))
	if st := r.Stats(); st.Series != 0 || st.Bytes != 0 {
		t.Errorf("after a silence: %+v", st)
	}
}
