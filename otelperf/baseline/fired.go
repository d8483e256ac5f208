// SPDX-License-Identifier: Apache-2.0

package baseline

// cause is what an alarm is due to.
type cause struct {
	level   int  // of shape the one with most evidence
	shape   bool // the joint test
	slow    bool // by the minute
	gradual bool // the comparison with other days
}

// blame returns what is at the alarm: a level by the second, else by the minute, else the comparison with other days,
// else the joint test.
func (d *Detector) blame() cause {
	t := d.tune
	for _, slow := range [...]bool{false, true} {
		for i := range d.levels {
			if i != atTail && d.levels[i].on && d.levels[i].evidence(slow) >= t.alarm {
				return cause{level: i, slow: slow}
			}
		}
	}
	if d.gradual.top() >= t.alarm {
		return cause{level: gradualTests[d.gradual.worst].level, gradual: true}
	}
	c := cause{level: at50, slow: d.fastEvidence() < t.alarm}
	for i := range d.levels {
		if l := &d.levels[i]; l.on && l.evidence(c.slow) > d.levels[c.level].evidence(c.slow) {
			c.level = i
		}
	}
	c.shape = d.levels[c.level].evidence(c.slow) < t.alarm
	return c
}

// evidence returns the largest sum over minutes or over seconds.
func (l *level) evidence(slow bool) float64 {
	if slow {
		return l.byMinutes()
	}
	return l.fast()
}

// stretchOf returns the requests that the cause has counted, and the threshold they were counted by.
func (d *Detector) stretchOf(c cause) (s *stretch, cut int32) {
	l := &d.levels[c.level]
	switch {
	case c.gradual:
		x := &d.gradual.tests[d.gradual.testOf(c.level)]
		return &x.run, x.cut
	case c.slow:
		return &l.slowRun, l.cut
	default:
		return &l.run, l.cut
	}
}

// testOf returns the test that takes the place of a level.
func (g *gradual) testOf(level int) int {
	for i := range gradualTests {
		if gradualTests[i].level == level {
			return i
		}
	}
	return 0
}

// runOf returns the requests since the evidence of a cause began to grow.
func (d *Detector) runOf(c cause) *sample {
	if c.slow || c.gradual {
		return &d.slowRun
	}
	return &d.run
}

// growth is a quantile, now and usually, in seconds.
type growth struct{ q, now, usual float64 }

func (g growth) ratio() float64 {
	if !(g.usual > 0) {
		return 0
	}
	return g.now / g.usual
}

// grown returns the quantile that a cause is about: of a level the middle of the requests above its threshold, if that
// has grown by Ratio, else the one that has grown most; of the comparison with other days the one compared.
func (d *Detector) grown(c cause) growth {
	run := d.runOf(c)
	of := func(q float64) growth { return growth{q, run.quantile(q), d.normal.quantile(q)} }
	if c.gradual {
		mark := gradualTests[d.gradual.testOf(c.level)].mark
		return growth{markRanks[mark], run.quantile(markRanks[mark]), d.week.today[mark]}
	}
	best := growth{}
	if !c.shape {
		above := run.above(Bound(d.levels[c.level].cut))
		if best = of(1 - above/2); best.ratio() >= d.config.Ratio {
			return best
		}
	}
	for _, q := range [...]float64{0.5, 0.9, 0.99} {
		if g := of(q); g.ratio() > best.ratio() {
			best = g
		}
	}
	return best
}

// at returns the same quantile at a later time.
func (d *Detector) at(c cause, g growth) growth {
	if !c.gradual {
		g.usual = d.normal.quantile(g.q)
	}
	g.now = d.runOf(c).quantile(g.q)
	return g
}
