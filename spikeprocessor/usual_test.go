// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"math"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/slowlog"
)

// learn has n requests, a second apart, spend ms in a database.
func (u *usual) learn(at time.Time, n int, ms float64) time.Time {
	for range n {
		at = at.Add(time.Second)
		u.observe(slowlog.Breakdown{slowlog.Own: 1, slowlog.DB: ms}, map[string]slowlog.CallTime{"stock": {Category: slowlog.DB, Count: 2, TotalMs: ms, BusyMs: ms}}, at)
	}
	return at
}

func (u *usual) want(t *testing.T, when string, ms float64) {
	t.Helper()
	if n := u.normal(); n.Samples == 0 || math.Abs(n.Breakdown[slowlog.DB]-ms) > 1 || math.Abs(n.Breakdown[slowlog.Own]-1) > 0.01 {
		t.Errorf("%s what is usual is %+v, want %v ms", when, n, ms)
	}
	if means, all := u.means(); !all || math.Abs(float64(means["stock"].busy)-ms) > 1 || math.Abs(float64(means["stock"].count)-2) > 0.01 {
		t.Errorf("%s the usual calls are %+v, %v, want 2 of %v ms in all", when, means, all, ms)
	}
}

func TestUsualStaysAsItWasBeforeASpike(t *testing.T) {
	for _, took := range []int{5, 15, 60, 400} { // seconds from the beginning of the spike to its detection
		for _, rebased := range []bool{false, true} {
			var u usual
			u.thaw(false) // there was no spike
			began := u.learn(contrastStart, 1000, 10)
			at := u.learn(began, took, 200)
			u.freeze(began)
			u.want(t, "at the detection", 10)
			at = u.learn(at, 600, 200)
			u.freeze(at) // which is no second one
			u.want(t, "during the spike", 10)
			u.thaw(rebased)
			if rebased {
				u.want(t, "when the spike is the baseline", 200)
				continue
			}
			u.want(t, "after the spike", 10)
			u.learn(at, 600, 30)
			u.want(t, "long after the spike", 30)
		}
	}
}

// Copies are few, and there is one for every time, not much older than that is ago.
func TestCopiesOfWhatIsUsual(t *testing.T) {
	var u usual
	at := contrastStart
	for range 5000 {
		at = u.learn(at, 1, 10)
		if len(u.copies) > 20 {
			t.Fatalf("%d copies, want at most 20", len(u.copies))
		}
	}
	for ago := 11 * time.Second; ago < usualReach*3/4; ago += 7 * time.Second {
		nearest := time.Hour
		for _, c := range u.copies {
			if age := at.Sub(c.at); age >= ago {
				nearest = min(nearest, age)
			}
		}
		if nearest > ago+usualEvery+ago/2 {
			t.Errorf("for a spike that began %v ago there is a copy of %v ago", ago, nearest)
		}
	}
}
