// SPDX-License-Identifier: Apache-2.0

package failures

import "math"

// marks remember, for each hour of the day, the share of bad requests in the worst ten minutes of what was learned. A quarter of each
// one's octaves is forgotten a day.
type marks struct {
	hours   [24]uint8 // by level; 0: none
	running uint8     // of the hour that runs
	hour    int8
	started bool

	n, k uint32 // of the ten minutes that run
}

const highestLevel = 96

// level puts a share on a scale of eighths of an octave; 0 is below 2^-12.
func level(share float64) uint8 {
	return uint8(min(max(math.Ceil(8*(12+math.Log2(max(share, 1e-9)))), 0), highestLevel))
}

func shareOf(level uint8) float64 {
	if level == 0 {
		return 0
	}
	return math.Exp2(float64(level)/8 - 12)
}

// learn takes minutes that count as usual.
func (m *marks) learn(n, k float64) {
	m.n += uint32(min(n, 1e8))
	m.k += uint32(min(k, 1e8))
}

// closeTen ends ten minutes. Of few requests the share is moderated: one of two is not half.
func (m *marks) closeTen() {
	if m.k > 0 {
		m.running = max(m.running, level(max(0, float64(m.k)-math.Sqrt(float64(m.k)))/float64(m.n)))
	}
	m.n, m.k = 0, 0
}

// enter begins an hour of the day.
func (m *marks) enter(hour int64) {
	h := int8((hour%24 + 24) % 24)
	if m.started && h == m.hour {
		return
	}
	if m.started {
		at := &m.hours[m.hour]
		*at = max(m.running, *at-*at/4)
	}
	m.hour, m.running, m.started = h, 0, true
}

// worst returns the largest share at this hour and the next on other days, and in the last six hours.
func (m *marks) worst() float64 {
	top := m.running
	for d := int8(-6); d <= 1; d++ {
		top = max(top, m.hours[(m.hour+d+24)%24])
	}
	return shareOf(top)
}
