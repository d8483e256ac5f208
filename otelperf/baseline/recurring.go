// SPDX-License-Identifier: Apache-2.0

package baseline

import "math"

// recurring remembers episodes that come back at the same time of the hour, of the day or of the week: the cron job,
// the nightly batch, the weekly report. Such an episode, once seen three times, is given its usual length before it is
// announced.
type recurring struct {
	hourly [16]episode
	daily  [8]episode
	weekly [8]episode
}

// episode is one remembered time of the hour, day or week. streak 0 means unused.
type episode struct {
	phase     float32 // seconds into the period
	length    float32 // seconds; the longest, slowly forgotten
	magnitude float32 // times the baseline; the strongest, slowly forgotten
	spread    float32 // seconds by which it has come too early or late; the largest, slowly forgotten
	last      int32   // number of the period, since 1970, in which it came last
	streak    uint8   // periods in which it came
}

const (
	hour, day, weekLength = 3600.0, 86400.0, 7 * 86400.0

	hourlySlack         = 75.0   // seconds around a phase that count as the same
	dailySlack          = 600.0  // likewise
	weeklySlack         = 1800.0 // likewise
	jitter              = 600.0  // seconds by which an hourly episode that waits for others may be off at most
	longestHourly       = 600.0  // seconds; a longer episode is a daily or weekly one
	mostMissed          = 24     // periods after which an episode is forgotten
	knownStreak   uint8 = 3
	mostStreak    uint8 = 200
)

// period returns the number of the period that holds a wall time in seconds, and the seconds into it.
func period(wall, length float64) (number int32, phase float64) {
	n := math.Floor(wall / length)
	return int32(min(max(n, math.MinInt32/2), math.MaxInt32/2)), wall - n*length
}

// apart returns the distance of two phases around the period.
func apart(a, b, length float64) float64 {
	d := math.Abs(a - b)
	return min(d, length-d)
}

// fresh tells whether the episode is remembered and came not too long ago, and not in the future.
func (e *episode) fresh(number int32) bool {
	return e.streak > 0 && number-e.last <= mostMissed
}

// find returns the entry with the longest streak at this time, or nil.
func find(entries []episode, wall, length, slack float64) *episode {
	number, phase := period(wall, length)
	var best *episode
	for i := range entries {
		e := &entries[i]
		if e.fresh(number) && apart(phase, float64(e.phase), length) <= e.slack(slack) && (best == nil || e.streak > best.streak) {
			best = e
		}
	}
	return best
}

// slack is how far from its phase in seconds the episode may come: as far as any, once it has not been on time.
func (e *episode) slack(onTime float64) float64 {
	if e.spread > 0 {
		return max(onTime, jitter)
	}
	return onTime
}

// lastPeriod returns the entry with the longest streak that came in one of the last four periods, not further than jitter
// from here: the same job, which was started by hand or had to wait.
func lastPeriod(entries []episode, wall, length float64) *episode {
	number, phase := period(wall, length)
	var best *episode
	for i := range entries {
		e := &entries[i]
		if ago := number - e.last; e.streak > 0 && ago >= 1 && ago <= 4 && apart(phase, float64(e.phase), length) <= jitter &&
			(best == nil || e.streak > best.streak) {
			best = e
		}
	}
	return best
}

// expected returns for how long an episode that begins now would be nothing new, in seconds, and up to which
// magnitude; zero for no such episode.
func (r *recurring) expected(wall float64) (hold, magnitude float64) {
	for _, e := range [...]*episode{
		find(r.hourly[:], wall, hour, hourlySlack),
		find(r.daily[:], wall, day, dailySlack),
		find(r.weekly[:], wall, weekLength, weeklySlack),
	} {
		if e == nil || e.streak < knownStreak {
			continue
		}
		if h := 1.5*float64(e.length) + 30; h > hold {
			hold, magnitude = h, float64(e.magnitude)
		}
	}
	return hold, magnitude
}

// remember records an episode that began at a wall time and stayed hot for length seconds.
func (r *recurring) remember(wall, length, magnitude float64) {
	onlyDaily := find(r.hourly[:], wall, hour, hourlySlack) == nil && find(r.daily[:], wall, day, dailySlack) != nil
	if length > longestHourly || onlyDaily {
		r.rememberDay(wall, length, magnitude)
		return
	}
	if e := record(r.hourly[:], wall, hour, hourlySlack, length, magnitude); e.streak == 1 {
		r.rememberDay(wall, length, magnitude) // it may come back daily rather than hourly
	}
}

// rememberDay records an episode that comes daily, or weekly as long as it has come on one day only.
func (r *recurring) rememberDay(wall, length, magnitude float64) {
	if e := record(r.daily[:], wall, day, dailySlack, length, magnitude); e.streak == 1 {
		record(r.weekly[:], wall, weekLength, weeklySlack, length, magnitude)
	}
}

// record updates the entry of this phase, or replaces the one that is worth least.
func record(entries []episode, wall, per, slack, length, magnitude float64) *episode {
	number, phase := period(wall, per)
	e := find(entries, wall, per, slack)
	if e == nil && per == hour {
		e = lastPeriod(entries, wall, per)
	}
	if e == nil {
		e = worthLeast(entries, number)
		*e = episode{phase: float32(phase), length: float32(length), magnitude: float32(magnitude), last: number, streak: 1}
		return e
	}
	if number > e.last && e.streak < mostStreak {
		e.streak++
	}
	e.last = number
	if off := apart(phase, float64(e.phase), per); off > slack/2 || e.spread > 0 {
		e.spread = max(float32(off), e.spread+(float32(off)-e.spread)/8)
	}
	if d := float32(phase) - e.phase; math.Abs(float64(d)) <= max(slack, jitter) { // not around the end of the period
		e.phase += d / 4
	}
	fade := func(old float32, v float64) float32 {
		return float32(max(v, float64(old+(float32(v)-old)/8)))
	}
	e.length, e.magnitude = fade(e.length, length), fade(e.magnitude, magnitude)
	return e
}

// worthLeast returns the first expired entry, else the one of the shortest streak, the oldest among equals.
func worthLeast(entries []episode, number int32) *episode {
	worst := &entries[0]
	for i := range entries {
		e := &entries[i]
		if !e.fresh(number) {
			return e
		}
		if e.streak < worst.streak || (e.streak == worst.streak && e.last < worst.last) {
			worst = e
		}
	}
	return worst
}
