// SPDX-License-Identifier: Apache-2.0

package quiet

import "math"

const (
	weekHours = 168
	allWeeks  = 200 // a count of weeks stands still at
)

// week remembers how many requests each hour of the week usually has, and how few it may have. Rates are requests an hour on a scale of
// eighths of an octave, from 1 on; 0 is none.
type week struct {
	mean, low [weekHours]uint8
	weeks     [weekHours]uint8 // seen; 0: never
}

func level(perHour float64) uint8 {
	if perHour < 1 {
		return 0
	}
	return uint8(min(1+math.Round(8*math.Log2(perHour)), 255))
}

// rate returns requests/s.
func rate(level uint8) float64 {
	if level == 0 {
		return 0
	}
	return math.Exp2(float64(level-1)/8) / 3600
}

// slot returns the hour of the week of one since 1970: 0 is Thursday, 0:00 UTC.
func slot(hour int64) int { return int((hour%weekHours + weekHours) % weekHours) }

// learn takes the requests of an hour that is over. A week that was quieter is forgotten by a quarter of the octaves each week.
func (w *week) learn(hour int64, requests float64) {
	i, l := slot(hour), level(requests)
	if w.weeks[i] == 0 {
		w.mean[i], w.low[i] = l, l
	} else {
		w.mean[i] = uint8((int(w.mean[i]) + int(l) + 1) / 2)
		up := 0
		if w.mean[i] > w.low[i] {
			up = int(w.mean[i]-w.low[i]+3) / 4
		}
		w.low[i] = min(l, uint8(int(w.low[i])+up))
	}
	w.weeks[i] = min(w.weeks[i]+1, allWeeks)
}

// usual is what is known of an hour.
type usual struct {
	known bool
	low   float64 // requests/s, the least
	calm  float64 // what may be expected: the mean of an hour that is never much quieter, else the least
	mean  float64
	slope bool // the day begins or ends: this hour and those beside it are too far apart to say what is usual at a minute of it
}

// swings is how far the least of an hour may be below its mean, in eighths of an octave, for the mean to be expected.
const swings = 12

// slopes is how far the means of neighbouring hours may be apart, a factor of three.
const slopes = 13

// usual returns what is known of an hour. Low and calm are the least of it and those beside it, so that the beginning and the end of a
// working day may come an hour early or late. An hour that was not seen yet is what it was on the days before; but a weekend is not
// known by other days.
func (w *week) usual(hour int64) usual {
	low, calm, mean := uint8(255), uint8(255), uint8(0)
	least, most := uint8(255), uint8(0)
	for near := int64(-1); near <= 1; near++ {
		l, m, ok := w.hour(hour + near)
		if !ok {
			return usual{}
		}
		if near == 0 {
			mean = m
		}
		least, most = min(least, m), max(most, m)
		if low = min(low, l); int(m) > int(l)+swings {
			m = l
		}
		calm = min(calm, m)
	}
	return usual{known: true, low: rate(low), calm: rate(calm), mean: rate(mean), slope: most-least > slopes}
}

func (w *week) hour(hour int64) (low, mean uint8, ok bool) {
	i := slot(hour)
	if w.weeks[i] > 0 {
		return w.low[i], w.mean[i], true
	}
	if weekend(i) {
		return 0, 0, false
	}
	for d := range 6 {
		if j := slot(hour - int64(24*(d+1))); w.weeks[j] > 0 {
			if !ok {
				low, mean, ok = w.low[j], w.mean[j], true
			}
			low, mean = min(low, w.low[j]), min(mean, w.mean[j])
		}
	}
	return low, mean, ok
}

// weekend tells whether it may be one somewhere: from Thursday noon, UTC, when it is Friday in the east, for the countries that rest on
// Fridays, to Monday noon.
func weekend(slot int) bool { return slot >= 12 && slot < 4*24+12 }

// always returns the requests/s that an hour and the next had in each of at least two weeks; else 0.
func (w *week) always(hour int64) float64 {
	i, j := slot(hour), slot(hour+1)
	if w.weeks[i] < 2 || w.weeks[j] < 2 {
		return 0
	}
	return rate(min(w.low[i], w.low[j]))
}
