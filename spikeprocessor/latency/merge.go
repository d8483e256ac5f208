// SPDX-License-Identifier: Apache-2.0

package latency

import (
	"math/bits"
	"time"
)

// Merge adds all that o holds to h; o must not be h. Counts, sum, minimum and maximum stay exact. When o is
// coarser than h, its counts are spread evenly over the finer buckets, and h answers with o's error
// bound from then on.
func (h *Histogram) Merge(o *Histogram) {
	if o.count == 0 {
		return
	}
	h.mergeStats(o.min, o.max, o.sumHi, o.sumLo, o.loose)
	h.grain = max(h.grain, o.trusted())
	if h.shift != o.shift || o.spill != nil || o.count > maxCount-h.count {
		for c, n := range o.cells {
			h.place(c, o.shift, n)
		}
		return
	}
	for i, used := range o.used {
		if used != 0 {
			h.mergePage(i, o.pages[i], used)
		}
	}
	h.count += o.count
}

func (h *Histogram) mergePage(i int, from *page, used uint64) {
	to := h.pages[i]
	if to == nil {
		to = new(page)
		h.pages[i] = to
	}
	h.used[i] |= used
	for ; used != 0; used &= used - 1 {
		j := bits.TrailingZeros64(used) & 63
		n := uint64(to[j]) + uint64(from[j])
		to[j] = uint32(n)
		if n>>32 != 0 {
			h.carry(i<<6|j, 1)
		}
	}
}

// MergeBucket adds n durations of which only the bucket b is known, as in an exponential histogram
// from elsewhere. It leaves the sum alone (AddSum) and takes the bounds of the bucket for their
// extremes (SetRange). A b out of range counts in the first or last bucket.
func (h *Histogram) MergeBucket(b int, n uint64) {
	if n == 0 {
		return
	}
	b = min(max(b, 0), NumBuckets-1)
	h.loose = true
	lo := floorPower(b + FirstIndex)
	if b == 0 {
		lo = 0
	}
	h.widen(lo, UpperDuration(b))
	h.place(b, 0, n)
}

// MergeRange adds n durations of which only lo < d ≤ hi is known, as in a histogram with explicit bounds.
// They are spread evenly over the interval, so that quantiles interpolate in it; this is a guess, and
// ErrorBound does not cover it. When hi ≤ lo, as for a bucket that ends at infinity, all
// count in the bucket of lo.
func (h *Histogram) MergeRange(lo, hi time.Duration, n uint64) {
	lo = max(lo, 0)
	hi = max(hi, lo)
	if n == 0 {
		return
	}
	n = min(n, maxCount-h.count)
	h.loose = true
	h.widen(lo, hi)
	width := uint64(hi - lo)
	placed := uint64(0)
	for b := Bucket(lo); placed < n; b++ {
		end := n
		if b < Bucket(hi) {
			end = share(n, uint64(max(UpperDuration(b)-lo, 0)), width)
		}
		if end > placed {
			h.place(b, 0, end-placed)
			placed = end
		}
	}
}

// share returns n·part/whole, rounded, for part < whole.
func share(n, part, whole uint64) uint64 {
	hi, lo := bits.Mul64(n, part)
	lo, carry := bits.Add64(lo, whole/2, 0)
	q, _ := bits.Div64(hi+carry, lo, whole)
	return q
}

// AddSum adds d to the sum, for counts that came through MergeBucket or MergeRange. A negative d adds nothing.
func (h *Histogram) AddSum(d time.Duration) { h.addSum(0, uint64(max(d, 0))) }

// SetRange replaces Min and Max by what a source knows them to be, and makes them exact. It does nothing
// for an empty histogram or when 0 ≤ lo ≤ hi does not hold.
func (h *Histogram) SetRange(lo, hi time.Duration) {
	if h.count == 0 || lo < 0 || hi < lo {
		return
	}
	h.min, h.max, h.loose = lo, hi, false
}

// SetBounds is SetRange for bounds that are closer than those of buckets, and not durations that were seen: they stay inexact.
func (h *Histogram) SetBounds(lo, hi time.Duration) {
	if h.count > 0 && lo >= 0 && lo <= hi {
		h.min, h.max, h.loose = lo, hi, true
	}
}

// Subtract takes away what o holds, a base that was merged into h before; o must not be h. No count, nor the
// sum, goes below 0. Min and Max become bounds of the buckets that are left. Where h holds counts of
// a coarser step or histogram, buckets of one coarse bucket stand in for each other.
func (h *Histogram) Subtract(o *Histogram) {
	if o.count == 0 {
		return
	}
	for c, n := range o.cells {
		h.takeAny(c, o.shift, n)
	}
	var borrow uint64
	h.sumLo, borrow = bits.Sub64(h.sumLo, o.sumLo, 0)
	h.sumHi, borrow = bits.Sub64(h.sumHi, o.sumHi, borrow)
	if borrow != 0 {
		h.sumHi, h.sumLo = 0, 0
	}
	if h.count == 0 {
		h.Reset()
		return
	}
	h.tighten()
}

// tighten makes min and max the bounds of the groups that are not empty, where these say more than min and max did.
func (h *Histogram) tighten() {
	h.loose = true
	lo, hi := h.bucketRange()
	h.min, h.max = max(h.min, lo), min(h.max, hi)
	if h.min > h.max { // what SetRange was told contradicts the buckets
		h.min, h.max = lo, hi
	}
}

// takeAny removes n counts of o's cell c of scale Scale-shift, first from that cell itself, then from its group.
func (h *Histogram) takeAny(c int, shift uint8, n uint64) {
	if shift <= h.shift {
		own := c >> (h.shift - shift)
		n -= h.take(own, n)
	}
	group := max(h.trusted(), shift)
	first := c << shift >> group << group >> h.shift
	end := min(first+1<<(group-h.shift), NumBuckets>>h.shift)
	for i := first; i < end && n > 0; i++ {
		n -= h.take(i, n)
	}
}

// mergeStats takes over what another source knows besides its cells; before these.
func (h *Histogram) mergeStats(lo, hi time.Duration, sumHi, sumLo uint64, loose bool) {
	h.loose = h.loose || loose
	h.widen(lo, hi)
	h.addSum(sumHi, sumLo)
}

// place adds n counts of cell c of scale Scale-shift, which may be coarser or finer than h's.
func (h *Histogram) place(c int, shift uint8, n uint64) {
	n = min(n, maxCount-h.count)
	if n == 0 {
		return
	}
	h.count += n
	if shift <= h.shift {
		h.add(c>>(h.shift-shift), n)
		return
	}
	h.grain = max(h.grain, shift)
	first := c << shift >> h.shift
	width := min(1<<(shift-h.shift), NumBuckets>>h.shift-first)
	h.spread(first, width, n)
}

// spread adds n counts evenly to the cells [first, first+width); the remainder goes to those in the middle.
func (h *Histogram) spread(first, width int, n uint64) {
	each, rest := n/uint64(width), int(n%uint64(width))
	from := (width - rest) / 2
	for i := range width {
		k := each
		if i >= from && i < from+rest {
			k++
		}
		if k > 0 {
			h.add(first+i, k)
		}
	}
}
