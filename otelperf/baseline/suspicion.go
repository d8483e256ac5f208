// SPDX-License-Identifier: Apache-2.0

package baseline

import "time"

// Suspicion is what an alarm may be raised for. The zero value is none.
type Suspicion struct {
	Evidence  float64       // 0 to 1, where an alarm is raised
	Threshold time.Duration // requests that take longer are the evidence
	Slow      time.Duration // how long these take: the quantile that an alarm would be about
}

// Suspicion returns what an alarm may be raised for, or during a spike is still seen of it. It is zero where there is less evidence than
// least, where what was seen is not enough slower for an alarm, and while an incident is held back. It allocates nothing.
func (d *Detector) Suspicion(least float64) Suspicion {
	evidence := max(d.fastEvidence(), d.slow) / d.tune.alarm
	if evidence < least || evidence == 0 || d.alarm.open && !d.alarm.announced {
		return Suspicion{}
	}
	c, g := d.alarm.cause, growth{}
	if d.alarm.open {
		g = d.at(c, d.alarm.grown)
	} else {
		c = d.most()
		if g = d.grown(c); !d.hasGrown(c, g) {
			return Suspicion{}
		}
	}
	_, cut := d.stretchOf(c)
	return Suspicion{Evidence: min(evidence, 1), Threshold: duration(Bound(cut)), Slow: duration(g.now)}
}

// most returns what there is most evidence of, though it may be too little for an alarm.
func (d *Detector) most() cause {
	fast := d.fastEvidence()
	if d.slow > fast && d.gradual.top() >= d.slow {
		return cause{level: gradualTests[d.gradual.worst].level, gradual: true}
	}
	c := cause{level: at50, slow: d.slow > fast}
	for i := range d.levels {
		if l := &d.levels[i]; l.on && l.evidence(c.slow) > d.levels[c.level].evidence(c.slow) {
			c.level = i
		}
	}
	c.shape = d.levels[c.level].evidence(c.slow) < max(fast, d.slow)
	return c
}
