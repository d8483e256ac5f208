// SPDX-License-Identifier: Apache-2.0

package baseline

import "math"

// The detector's own histograms are eight times coarser than the input: eight buckets per octave, 9 % wide, from
// 2^-17 s (7.6 µs) to 2^10 s. Values are interpolated within a bucket.
const (
	cells      = 216
	firstCell  = -17 * 8 // the lowest cell, in eighths of an octave
	cellBits   = 3       // 2^3 input buckets make a cell
	cellOctave = 8
)

// bounds holds the lower bound of every cell in seconds, and at the end the upper bound of the last.
var bounds = func() (b [cells + 1]float64) {
	for i := range b {
		b[i] = math.Exp2(float64(i+firstCell) / cellOctave)
	}
	return b
}()

// cellOf returns the cell of an input bucket; what lies outside counts in the first or last one.
func cellOf(index int32) int {
	return min(max(int(index>>cellBits)-firstCell, 0), cells-1)
}

// cellAt returns the cell that holds a duration in seconds. The small term keeps a bound in the cell below it
// despite the rounding of the logarithm.
func cellAt(seconds float64) int {
	i := math.Ceil(cellOctave*math.Log2(seconds)-1e-9) - 1 - firstCell
	return int(min(max(i, 0), cells-1))
}

// counts is a histogram of requests not yet part of the baseline. Cells saturate.
type counts struct {
	cell  [cells]uint32
	total uint64
}

func (c *counts) add(cell int, n uint32) {
	n = min(n, math.MaxUint32-c.cell[cell])
	c.cell[cell] += n
	c.total += uint64(n)
}

func (c *counts) reset() {
	if c.total != 0 {
		*c = counts{}
	}
}

// take moves the requests that a sample holds, too, to a histogram of their own.
func (c *counts) take(s *sample) (taken counts) {
	for i, n := range s.cell {
		m := min(uint32(n), c.cell[i])
		c.cell[i] -= m
		taken.cell[i] = m
		c.total -= uint64(m)
		taken.total += uint64(m)
	}
	return taken
}

// low returns the lower bound in seconds of the cell in which the quantile q lies: a cheap estimate for comparing
// magnitudes.
func (c *counts) low(q float64) float64 {
	need, sum := q*float64(c.total), 0.0
	for i, n := range c.cell {
		sum += float64(n)
		if n > 0 && sum >= need {
			return bounds[i]
		}
	}
	return bounds[cells]
}

// sample is a histogram of the first requests of a stretch: it stops when a cell is full, so that no part of it is
// favoured.
type sample struct {
	cell  [cells]uint16
	total uint32
	full  bool
}

func (s *sample) add(cell int, n uint32) {
	if s.full || n > math.MaxUint16-uint32(s.cell[cell]) {
		s.full = true
		if s.total > 0 {
			return
		}
		n = math.MaxUint16
	}
	s.cell[cell] += uint16(n)
	s.total += n
}

func (s *sample) reset() {
	if s.total != 0 {
		*s = sample{}
	}
}

// quantile returns the quantile q in seconds; 0 if empty.
func (s *sample) quantile(q float64) float64 {
	return interpolate(s.cell[:], q*float64(s.total))
}

// above returns the share of requests above a duration in seconds, interpolated within a cell; 0 if empty.
func (s *sample) above(seconds float64) float64 {
	if s.total == 0 {
		return 0
	}
	at, sum := cellAt(seconds), 0.0
	for _, n := range s.cell[at+1:] {
		sum += float64(n)
	}
	inside := (bounds[at+1] - seconds) / (bounds[at+1] - bounds[at])
	return (sum + float64(s.cell[at])*min(max(inside, 0), 1)) / float64(s.total)
}

// interpolate returns the duration in seconds below which need of the weight lies; 0 without any. Sums may be off by
// rounding, so it does not rely on need being below all the weight.
func interpolate[N uint16 | uint32 | float32](cell []N, need float64) float64 {
	sum, last := 0.0, 0.0
	for i, n := range cell {
		if n == 0 {
			continue
		}
		w := float64(n)
		if sum+w >= need {
			return bounds[i] + (bounds[i+1]-bounds[i])*(need-sum)/w
		}
		sum += w
		last = bounds[i+1]
	}
	return last
}
