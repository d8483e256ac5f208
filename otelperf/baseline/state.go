// SPDX-License-Identifier: Apache-2.0

package baseline

import (
	"iter"
	"math"
	"time"
)

// Phase is what a detector is doing.
type Phase uint8

// The phases. While Learning, alerts on the median and the p90 are already possible once those levels are on.
const (
	Learning Phase = iota // the p99 is not known yet
	Normal
	Spiking // between Started and its end
)

// String returns learning, normal or spiking.
func (p Phase) String() string {
	switch p {
	case Normal:
		return "normal"
	case Spiking:
		return "spiking"
	default:
		return "learning"
	}
}

// State is what a detector knows and does.
type State struct {
	Phase Phase // Learning until the p99 level is on
	// Needed is about how many more requests the p99 level waits for; 0 when it is on. About 491 are needed in
	// all, old requests of a baseline counting less than new ones.
	Needed uint64
	// GraceLeft is how long requests will still not be learned from.
	GraceLeft time.Duration
	// JudgedIn is how long requests will still not be judged, if they do not become faster meanwhile: in the grace after
	// Restore or after a silence; 0 when they are.
	JudgedIn time.Duration
	// Held: an incident is under way that is not announced (yet), since one has come at this time before.
	Held bool
	// Restored: the baseline came from Restore.
	Restored bool
	// Effective is the number of equally weighted requests that would estimate as well as the baseline does.
	Effective float64
	// Levels are those of p99, p90, p50 and tail, in this order.
	Levels [levels]LevelState
}

// LevelState is that of one level.
type LevelState struct {
	Level     Level         // p99, p90, p50 or tail
	On        bool          // there are enough requests for it
	Threshold time.Duration // 0 when off
	Evidence  float64       // 0 to 1, where an alarm is raised
}

// State returns what the detector knows and does. It allocates nothing.
func (d *Detector) State() State {
	s := State{
		Held:      d.alarm.open && !d.alarm.announced,
		Restored:  d.restored,
		Effective: d.normal.effective(),
		Needed:    d.needed(),
	}
	switch {
	case d.alarm.announced:
		s.Phase = Spiking
	case d.levels[at99].on:
		s.Phase = Normal
	}
	left := d.grace()
	if d.alive {
		left = max(0, left-(d.clock.seconds-d.born))
	}
	cold := max(0, d.silences.coldUntil-d.clock.seconds)
	s.GraceLeft = duration(max(left, cold))
	if s.JudgedIn = duration(cold); d.restored && !d.alive {
		s.JudgedIn = s.GraceLeft
	}
	for i := range d.levels {
		l := &d.levels[i]
		s.Levels[i] = LevelState{Level: d.tune.levels[i].name, On: l.on, Evidence: l.top() / d.tune.alarm}
		if l.on {
			s.Levels[i].Threshold = duration(Bound(l.cut))
		}
	}
	return s
}

// needed returns the effective requests that are missing for the p99: with z = sureness, rank(q, n) < 1 - 1/2n is a
// quadratic inequality in √n.
func (d *Detector) needed() uint64 {
	if d.levels[at99].on {
		return 0
	}
	q := d.tune.levels[at99].q
	zs := d.tune.sureness * math.Sqrt(q*(1-q))
	root := (zs + math.Sqrt(zs*zs+2*(1-q))) / (2 * (1 - q))
	have := d.normal.effective() + float64(d.normal.recent.total)
	return uint64(max(1, math.Ceil(root*root-have)))
}

// Quantile returns the duration below which a share q of the baseline lies, 0 ≤ q ≤ 1, interpolated within a bucket
// of 9 %. ok is false as long as nothing has been learned.
func (d *Detector) Quantile(q float64) (_ time.Duration, ok bool) {
	if d.normal.sum == 0 || !(q >= 0 && q <= 1) {
		return 0, false
	}
	return duration(d.normal.quantile(q)), true
}

// Slow returns the threshold of the p99, Ratio times what that usually is, and which share of the baseline's requests took longer. ok is
// false while the p99 is not known.
func (d *Detector) Slow() (threshold time.Duration, share float64, ok bool) {
	l := &d.levels[at99]
	return duration(Bound(l.cut)), l.share, l.on
}

// Share is how many of the baseline's requests lie in one of its buckets: (2^(Index/8), 2^((Index+1)/8)] seconds, which is that of
// OpenTelemetry's exponential histogram at scale 3. The lowest and the highest one hold what lies outside, too.
type Share struct {
	Index int32   // -136 to 79
	Share float64 // above 0, up to 1
}

// Shares yields the buckets of the baseline that are not empty, ascending, at most 216. Their shares add up to 1. There are none as
// long as nothing has been learned.
func (d *Detector) Shares() iter.Seq[Share] {
	return func(yield func(Share) bool) {
		for i, w := range d.normal.weight {
			if w > 0 && d.normal.sum > 0 && !yield(Share{Index: int32(i + firstCell), Share: float64(w) / d.normal.sum}) {
				return
			}
		}
	}
}
