// SPDX-License-Identifier: Apache-2.0

package baseline

import "math"

// gradual compares with this hour of the last days, or on the first day with the hours before: what becomes slower
// over hours takes its baseline along. It tests the median and the p90, by the minute only.
type gradual struct {
	tests  [len(gradualTests)]gradualTest
	least  int32  // the lowest cut
	n      uint64 // requests of the running minute
	worst  int    // the test with most evidence when last asked
	active bool   // one of the tests is on
}

// gradualTests says which quantiles are tested, by their marks, and which share may normally exceed the threshold: the
// highest that is possible if that is at least Ratio times the largest quantile marked.
var gradualTests = [...]struct {
	mark  int
	level int
	null  float64
}{{mark90, at90, 0.10}, {mark50, at50, 0.50}}

type gradualTest struct {
	on         bool
	cut        int32
	gain, loss [alternatives]float64
	slow       [alternatives]minuteSum

	above uint64  // of the running minute
	run   stretch // since the sums were last 0
}

// refresh takes over what this hour is compared with.
func (g *gradual) refresh(t *tuning, b *shape, w *week, ratio, floor float64) {
	g.active, g.least = false, math.MaxInt32
	for i := range g.tests {
		x := &g.tests[i]
		limit := w.limit(gradualTests[i].mark)
		x.on = limit > 0 && b.effective() >= markEffective && t.gradualMinutes > 0
		if !x.on {
			x.slow, x.above = [alternatives]minuteSum{}, 0
			continue
		}
		null := gradualTests[i].null
		cut := cutAbove(max(ratio*limit, floor))
		if cut != x.cut {
			x.cut, x.above = cut, 0 // the running minute is lost; a new hour has begun
		}
		for j, r := range t.levels[gradualTests[i].level].odds {
			x.gain[j] = math.Log(r)
			x.loss[j] = math.Log((1 - null) / (1 - odds(null, r)))
		}
		g.active, g.least = true, min(g.least, x.cut)
	}
}

// count takes the requests of an input bucket.
func (g *gradual) count(index int32, n uint32) {
	for i := range g.tests {
		if x := &g.tests[i]; x.on && index >= x.cut {
			x.above += uint64(n)
		}
	}
}

// closeMinute ends the running minute, which adds most nats at most to each sum. goesOn: requests are counted without
// evidence, too.
func (g *gradual) closeMinute(most, alarm, now float64, goesOn bool) {
	n := float64(g.n)
	g.n = 0
	if !g.active {
		return
	}
	for i := range g.tests {
		x := &g.tests[i]
		if !x.on {
			continue
		}
		above := float64(x.above)
		x.above = 0
		for j := range x.slow {
			x.slow[j].part = above*x.gain[j] - n*x.loss[j]
			x.slow[j].close(most, alarm)
		}
		if largest(&x.slow) == 0 && !goesOn {
			x.run = stretch{since: now}
		} else {
			x.run.n += n
			x.run.above += above
		}
	}
}

// top returns the largest sum, and makes worst the test that has it.
func (g *gradual) top() float64 {
	best := 0.0
	for i := range g.tests {
		if s := largest(&g.tests[i].slow); s > best {
			best, g.worst = s, i
		}
	}
	return best
}

// forget drops all evidence.
func (g *gradual) forget(now float64) {
	g.n = 0
	for i := range g.tests {
		x := &g.tests[i]
		x.slow, x.above, x.run = [alternatives]minuteSum{}, 0, stretch{since: now}
	}
}
