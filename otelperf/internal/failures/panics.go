// SPDX-License-Identifier: Apache-2.0

package failures

import "math"

// panics tells new ones from usual ones. Each incident of panics counts one, which halves in a day; with more than two and a half they
// are usual: the fourth within a day or so is none any more. Panics that go on for half an hour are usual at once, and stay so
// until there was none for some sixteen hours.
type panics struct {
	usual  float32 // of incidents, forgotten
	open   bool
	opened int32
	last   int32 // panic, seconds of the clock
	all    stretch
}

const (
	panicsUsual = 2.5
	panicsMost  = 4.0
	panicsQuiet = 600 // seconds without one that end an incident
)

func (p *panics) tick(n, k uint64, now, step int32) Kind {
	if step > 0 && p.usual > 0 {
		p.usual *= float32(math.Exp2(-float64(step) / 86400))
	}
	if k > 0 {
		p.last = now
	}
	switch {
	case p.open:
		p.all.add(n, k)
		switch {
		case now-p.last >= panicsQuiet:
			p.usual = min(p.usual+1, panicsMost)
			return Ended
		case now-p.opened >= rebaseAfter && k > 0:
			p.usual = panicsMost
			return NewNormal
		}
	case k > 0 && p.usual >= panicsUsual:
		p.usual = panicsMost
	case k > 0:
		p.open, p.opened, p.all = true, now, stretch{since: now}
		p.all.add(n, k)
		return Started
	}
	return None
}
