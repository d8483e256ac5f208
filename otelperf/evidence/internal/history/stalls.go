// SPDX-License-Identifier: Apache-2.0

package history

import "sort"

// StallsIn returns the stalls that reach into an interval.
func (h *History) StallsIn(from, to Time) []Interval {
	i := sort.Search(len(h.Stalls), func(i int) bool { return h.Stalls[i].To > from })
	j := i
	for j < len(h.Stalls) && h.Stalls[j].From < to {
		j++
	}
	return h.Stalls[i:j]
}
