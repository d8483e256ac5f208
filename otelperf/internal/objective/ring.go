// SPDX-License-Identifier: Apache-2.0

package objective

import "time"

// cell counts the requests of a step.
type cell struct{ total, bad uint64 }

// most is where a count stands still: no sum of those of 90 days overflows.
const most = 1 << 52

// add never overflows.
func (c *cell) add(o cell) {
	c.total = min(c.total+min(o.total, most), most)
	c.bad = min(c.bad+min(o.bad, most), c.total)
}

// share returns that of the bad ones; 0 of none.
func (c cell) share() float64 {
	if c.total == 0 {
		return 0
	}
	return float64(c.bad) / float64(c.total)
}

// ring counts requests by steps of time: the running one and len(cells)-1 before it.
type ring struct {
	step  int64 // seconds
	now   int64 // number of the running step
	cells []cell
}

// newRing returns one for windows up to longest.
func newRing(step, longest time.Duration) ring {
	return ring{step: int64(step / time.Second), cells: make([]cell, int(longest/step)+1)}
}

func (r *ring) at(step int64) *cell { return &r.cells[step%int64(len(r.cells))] }

// advance moves on to a time in seconds, which is not before the last one.
func (r *ring) advance(seconds int64) {
	to := seconds / r.step
	for s := max(r.now+1, to-int64(len(r.cells))+1); s <= to; s++ {
		*r.at(s) = cell{}
	}
	r.now = to
}

// sum counts the running step and those before it that make a window.
func (r *ring) sum(window time.Duration) (all cell) {
	length := int64(len(r.cells))
	steps := min(int64(window/time.Second)/r.step+1, length, r.now+1)
	end := r.now%length + 1
	for _, part := range [...][]cell{r.cells[max(0, end-steps):end], r.cells[min(length, length+end-steps):]} {
		for i := range part {
			all.total += part[i].total
			all.bad += part[i].bad
		}
	}
	return all
}
