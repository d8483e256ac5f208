// SPDX-License-Identifier: Apache-2.0

package baseline

import "math/bits"

// recurring remembers episodes that come back at the same time of the hour, of the day or of the week: the cron job,
// the nightly batch, the weekly report. Such an episode, once seen so often that it is no chance, is given its usual
// length before it is announced.
type recurring struct {
	hourly [16]episode
	daily  [8]episode
	weekly [8]episode
}

const (
	hour, day, weekLength = 3600.0, 86400.0, 7 * 86400.0

	longestHourly       = 600.0 // seconds; a longer episode is a daily or weekly one
	knownStreak   uint8 = 3     // periods in which it came, at least,
	mostStreak    uint8 = 200
	mostIdle            = 2 // days of the week on which a daily episode does not come; otherwise it is a weekly one
)

// cycle is a period in which episodes come back. Times are in seconds.
type cycle struct {
	length float64
	onTime float64 // from its usual time an episode may be so far, however punctual it has been
	reach  float64 // and no two of the same are further from each other
	kept   int32   // periods after which an episode is forgotten that has not come

	byChance float64 // the largest chance, of episodes at random times, to be taken for one that comes back
}

var (
	hourlyCycle = cycle{hour, 75, 600, 24, 0.005}
	dailyCycle  = cycle{day, 300, 1800, 24, 0.001}
	weeklyCycle = cycle{weekLength, 900, 3600, 4, 0.001}
)

// expected returns for how long an episode that begins now would be nothing new, in seconds, and up to which
// magnitude; zero for no such episode.
func (r *recurring) expected(wall float64) (hold, magnitude float64) {
	look := func(c *cycle, entries []episode) {
		for i := range entries {
			e := &entries[i]
			if h := 1.5*float64(e.length) + 30; h > hold && e.expects(c, wall) {
				hold, magnitude = h, float64(e.magnitude)
			}
		}
	}
	look(&hourlyCycle, r.hourly[:])
	look(&dailyCycle, r.daily[:])
	look(&weeklyCycle, r.weekly[:])
	return hold, magnitude
}

// remember records an episode that began at a wall time and stayed hot for length seconds: as an hourly one, as a daily
// one while it is none that is known to come hourly, and as a weekly one while it has not come on most days.
func (r *recurring) remember(wall, length, magnitude float64) {
	if length <= longestHourly {
		e := record(&hourlyCycle, r.hourly[:], wall, length, magnitude)
		if e.known(&hourlyCycle) {
			return
		}
	}
	if e := record(&dailyCycle, r.daily[:], wall, length, magnitude); e.streak == 1 || bits.OnesCount8(e.idle) > mostIdle {
		record(&weeklyCycle, r.weekly[:], wall, length, magnitude)
	}
}

// record adds an episode to the entry whose it is, or replaces the one that is worth least.
func record(c *cycle, entries []episode, wall, length, magnitude float64) *episode {
	var best *episode
	least := 0.0
	for i := range entries {
		e := &entries[i]
		if gain, ok := e.joining(c, wall); ok && (best == nil || gain < least) {
			best, least = e, gain
		}
	}
	if best == nil {
		n, phase := period(wall, c.length)
		best = worthLeast(c, entries, n)
		*best = episode{phase: float32(phase), last: n}
	}
	for i := range entries {
		if e := &entries[i]; e != best && e.streak > 0 && e.others < mostStreak {
			e.others++
		}
	}
	best.add(c, wall, length, magnitude)
	return best
}

// worthLeast returns the first expired entry, else the one of the shortest streak, the oldest among equals.
func worthLeast(c *cycle, entries []episode, number int32) *episode {
	worst := &entries[0]
	for i := range entries {
		e := &entries[i]
		if !e.fresh(c, number) {
			return e
		}
		if e.streak < worst.streak || (e.streak == worst.streak && e.last < worst.last) {
			worst = e
		}
	}
	return worst
}
