// SPDX-License-Identifier: Apache-2.0

package slowlog

import (
	"cmp"
	"slices"
)

// interval is the time from start up to and without end.
type interval struct{ start, end int64 }

func (v interval) length() int64 { return max(0, v.end-v.start) }

// intersect is what both have; empty intervals lie within the other's bounds too.
func (v interval) intersect(w interval) interval {
	start := min(max(v.start, w.start), w.end)
	return interval{start, max(start, min(v.end, w.end))}
}

// merge returns the union of intervals as disjoint ones in order, without the empty ones. It reorders its argument.
func merge(all []interval) []interval {
	slices.SortFunc(all, func(a, b interval) int { return cmp.Compare(a.start, b.start) })
	out := all[:0]
	for _, v := range all {
		switch last := len(out) - 1; {
		case v.length() == 0:
		case last >= 0 && v.start <= out[last].end:
			out[last].end = max(out[last].end, v.end)
		default:
			out = append(out, v)
		}
	}
	return out
}

// covered is the length of the union of intervals: time that several share is counted once. It reorders its argument.
func covered(all []interval) int64 {
	var n int64
	for _, v := range merge(all) {
		n += v.length()
	}
	return n
}

// measure computes for every span what of it lies within its ancestors and, of that, its own time.
//
// A child is clamped into its parent because time after the parent's end is not the parent's. So the own times of a
// tree in which siblings do not overlap add up to the root's duration, whatever the recorded times are; where
// siblings overlap, a parent's own time and the union of its children do.
func (t *tree) measure() {
	root := t.root()
	root.within = interval{root.start, root.end}
	for _, it := range t.items[1:] { // parents come first
		it.within = interval{it.start, it.end}.intersect(it.parent.within)
		it.late = it.end > root.end
	}
	for _, it := range t.items {
		it.self = it.within.length() - covered(withins(it.kids))
	}
}

func withins(items []*item) []interval {
	out := make([]interval, len(items))
	for i, it := range items {
		out[i] = it.within
	}
	return out
}

// breakdown is the time of the root by category, see [BreakdownOf]. Of what spans that were dropped may have covered nothing is in Own.
func (t *tree) breakdown() Breakdown {
	byCategory := make(map[Category][]interval)
	var calls []interval
	for _, it := range t.items[1:] {
		if c := it.facts.call.Category; c != Own {
			byCategory[c] = append(byCategory[c], it.within)
			calls = append(calls, it.within)
		}
	}
	out := Breakdown{}
	if own := t.root().within.length() - covered(calls); t.lost >= 0 && t.unrecorded == 0 {
		out[Own] = msOf(max(0, own-t.lost))
	}
	for c, all := range byCategory {
		if n := covered(all); n > 0 {
			out[c] = msOf(n)
		}
	}
	return out
}
