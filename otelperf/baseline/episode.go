// SPDX-License-Identifier: Apache-2.0

package baseline

import (
	"math"
	"math/bits"
)

// episode is one remembered time of the hour, day or week. streak 0 means unused.
type episode struct {
	phase     float32 // seconds into the period, on average
	length    float32 // seconds; the longest, slowly forgotten
	magnitude float32 // times the baseline; the strongest, slowly forgotten
	spread    float32 // seconds by which it has come too early or late; the largest, slowly forgotten
	last      int32   // number of the period, since 1970, in which it came last
	streak    uint8   // periods in which it came
	others    uint8   // episodes since the first that were others
	idle      uint8   // of a daily one: days of the week on which it did not come the last time, as bits
}

// remembered is about how many of the last runs count for what is usual of an episode.
const remembered = 16

// period returns the number of the period that holds a wall time in seconds, and the seconds into it.
func period(wall, length float64) (number int32, phase float64) {
	n := math.Floor(wall / length)
	return int32(min(max(n, math.MinInt32/2), math.MaxInt32/2)), wall - n*length
}

// nearest returns the number of the period in which the episode is usually nearest to a wall time, and how many seconds
// after it that is; both around the end of a period.
func (e *episode) nearest(c *cycle, wall float64) (number int32, off float64) {
	number, phase := period(wall, c.length)
	switch off = phase - float64(e.phase); {
	case off > c.length/2:
		return number + 1, off - c.length
	case off < -c.length/2:
		return number - 1, off + c.length
	}
	return number, off
}

// fresh tells whether the episode is remembered and came not too long ago, and not in the future.
func (e *episode) fresh(c *cycle, number int32) bool {
	ago := number - e.last
	return e.streak > 0 && ago >= 0 && ago <= c.kept
}

// idleBefore returns the days of the week on which a daily episode does not come, before a day.
func (e *episode) idleBefore(number int32) uint8 {
	idle := e.idle
	for n := e.last + 1; n < min(number, e.last+8); n++ {
		idle |= weekday(n)
	}
	return idle
}

// weekday returns the bit of a day since 1970.
func weekday(number int32) uint8 { return 1 << ((number%7 + 7) % 7) }

// chance returns the logarithm of the chance that, of episodes at random times, so many have come no further than spread
// on average from where those before were: the distances are evenly distributed up to half a period, so that k of them
// have a sum of s halves with a chance of sᵏ/k! at most; and any of all episodes may have been the ones.
func (c *cycle) chance(streak, others, spread float64) float64 {
	if streak <= 1 {
		return 0
	}
	k := streak - 1
	return k*math.Log(k*max(spread, 0.2*c.onTime)/(c.length/2)) - logFactorial(k) + logChoose(k+others, k)
}

func logFactorial(n float64) float64 {
	x, _ := math.Lgamma(n + 1)
	return x
}

// logChoose returns the logarithm of the number of ways to take k of n.
func logChoose(n, k float64) float64 { return logFactorial(n) - logFactorial(k) - logFactorial(n-k) }

// known tells whether the episode has come so often that it is no chance.
func (e *episode) known(c *cycle) bool {
	return e.streak >= knownStreak && c.chance(float64(e.streak), float64(e.others), float64(e.spread)) < math.Log(c.byChance)
}

// expects tells whether one that begins at a wall time is nothing new.
func (e *episode) expects(c *cycle, wall float64) bool {
	n, off := e.nearest(c, wall)
	if !e.fresh(c, n) || math.Abs(off) > e.slack(c) || !e.known(c) {
		return false
	}
	idle := e.idleBefore(n)
	return c.length != day || idle&weekday(n) == 0 && bits.OnesCount8(idle) <= mostIdle
}

// slack is how many seconds from its usual time the episode may come.
func (e *episode) slack(c *cycle) float64 { return c.onTime + 3*float64(e.spread) }

// joining tells whether one that began at a wall time may be the same, and by how much that makes it less likely, in
// nats, that the episode came back by chance; negative if it does.
func (e *episode) joining(c *cycle, wall float64) (gain float64, ok bool) {
	n, off := e.nearest(c, wall)
	off = math.Abs(off)
	switch {
	case !e.fresh(c, n) || off > c.reach:
		return 0, false
	case n == e.last: // once more in the same period
		return math.Inf(-1), off <= e.slack(c)
	}
	streak, others := float64(e.streak), float64(e.others)
	with := c.chance(streak+1, others, e.spreadWith(off))
	gain = with - c.chance(streak, others+1, float64(e.spread))
	return gain, gain < 0 || e.streak >= knownStreak && with < math.Log(c.byChance)
}

// spreadWith returns the spread after one more run, off seconds from the usual time.
func (e *episode) spreadWith(off float64) float64 {
	return float64(e.spread) + (off-float64(e.spread))/float64(max(1, min(e.streak, remembered)))
}

// add takes one that began at a wall time and stayed hot for length seconds.
func (e *episode) add(c *cycle, wall, length, magnitude float64) {
	n, off := e.nearest(c, wall)
	if n > e.last || e.streak == 0 {
		e.idle = e.idleBefore(n) &^ weekday(n)
		e.spread = float32(e.spreadWith(math.Abs(off)))
		if e.streak++; e.streak >= mostStreak {
			e.streak, e.others = e.streak/2, e.others/2
		}
		e.last = n
		e.move(c, off/float64(min(e.streak, remembered)))
	}
	e.length, e.magnitude = fade(e.length, length), fade(e.magnitude, magnitude)
}

// move moves the usual time, around the end of the period.
func (e *episode) move(c *cycle, seconds float64) {
	switch phase := float64(e.phase) + seconds; {
	case phase < 0:
		e.phase, e.last = float32(phase+c.length), e.last-1
	case phase >= c.length:
		e.phase, e.last = float32(phase-c.length), e.last+1
	default:
		e.phase = float32(phase)
	}
}

// fade returns the largest of values that are slowly forgotten.
func fade(old float32, x float64) float32 {
	return float32(max(x, float64(old)+(x-float64(old))/remembered))
}
