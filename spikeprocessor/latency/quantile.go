// SPDX-License-Identifier: Apache-2.0

package latency

import (
	"iter"
	"math"
	"math/bits"
	"time"
)

// Quantile returns the duration that a share q of all durations does not exceed: the one of nearest
// rank, ceil(q·Count), where the first is Min and the last is Max. The answer is the middle of its bucket, kept within
// [Min, Max]; how far it can be off is ErrorBound. A q outside [0, 1] counts as 0 or 1. ok is
// false for an empty histogram and when q is NaN.
func (h *Histogram) Quantile(q float64) (d time.Duration, ok bool) {
	var one [1]time.Duration
	ok = h.Quantiles(one[:], []float64{q})
	return one[0], ok
}

// Quantiles writes the quantile of each of qs, which ascend, to dst[:len(qs)], in one pass and without
// allocation; dst must be as long as qs. It reports false, and leaves dst alone, for an empty histogram and when qs
// holds a NaN or does not ascend. Each answer is what Quantile says.
func (h *Histogram) Quantiles(dst []time.Duration, qs []float64) bool {
	if h.count == 0 || !ascending(qs) {
		return false
	}
	dst = dst[:len(qs)]
	if len(qs) == 0 {
		return true
	}
	i, rank, below := 0, h.rank(qs[0]), uint64(0)
	for p, used := range h.used {
		for at := 0; used != 0; at, used = at+run, used>>run {
			if used&(1<<run-1) == 0 {
				continue
			}
			if sum := h.runAt(p, at); below+sum < rank {
				below += sum
				continue
			}
			for c := p<<6 | at; c < p<<6+at+run; c++ { // a rank is in here
				below += h.cell(c)
				for below >= rank {
					dst[i] = h.answer(c, rank)
					if i++; i == len(qs) {
						return true
					}
					rank = h.rank(qs[i])
				}
			}
		}
	}
	return true
}

// run is how many cells Quantiles takes at a time while it looks for a rank: to add them all up is faster than to pick those that are used.
const run = 16

// runAt returns the count of run cells of page p, from at on.
func (h *Histogram) runAt(p, at int) (sum uint64) {
	cells := (*[run]uint32)(h.pages[p][at:])
	for i := range cells {
		sum += uint64(cells[i])
	}
	if h.spill != nil {
		for i := range cells {
			sum += h.spill[p<<6|at+i] << 32
		}
	}
	return sum
}

// ascending reports whether qs never falls; a NaN is neither below nor above anything.
func ascending(qs []float64) bool {
	last := math.Inf(-1)
	for _, q := range qs {
		if !(q >= last) {
			return false
		}
		last = q
	}
	return true
}

// rank returns ceil(q·count), at least 1 and at most count. Half an ulp in q, as in 0.07·100 = 7.000000000000001,
// does not move a rank up.
func (h *Histogram) rank(q float64) uint64 {
	if q >= 1 {
		return h.count
	}
	if q <= 0 {
		return 1
	}
	r := q * float64(h.count)
	return min(max(uint64(math.Ceil(r-r*0x1p-51)), 1), h.count)
}

// answer returns the duration for a rank that lies in cell c.
func (h *Histogram) answer(c int, rank uint64) time.Duration {
	if !h.loose && rank == h.count {
		return h.max
	}
	if !h.loose && rank == 1 {
		return h.min
	}
	g := h.trusted()
	group := c << h.shift >> g
	return min(max(middle(group<<g, (group+1)<<g), h.min), h.max)
}

// Buckets returns the buckets that are not empty, ascending, with their counts. For a coarse
// histogram each is named by the first of the eight buckets that its count stands for. Iterating
// allocates nothing. h must not change meanwhile.
func (h *Histogram) Buckets() iter.Seq2[int, uint64] {
	return func(yield func(int, uint64) bool) {
		for c, n := range h.cells {
			if !yield(c<<h.shift, n) {
				return
			}
		}
	}
}

// cells yields the cells that are not empty, ascending, in units of h's own scale.
func (h *Histogram) cells(yield func(int, uint64) bool) {
	for p, used := range h.used {
		for ; used != 0; used &= used - 1 {
			c := p<<6 | bits.TrailingZeros64(used)
			if !yield(c, h.cell(c)) {
				return
			}
		}
	}
}

// AppendCounts appends the counts as the data model's bucket_counts, contiguous from the lowest to the highest
// bucket that is not empty, at most NumBuckets of them. The first one appended is the bucket with OpenTelemetry
// index offset at h's Scale. For an empty histogram it appends nothing and offset is 0.
func (h *Histogram) AppendCounts(dst []uint64) (offset int32, counts []uint64) {
	next := -1
	for c, n := range h.cells {
		if next < 0 {
			next = c
			offset = int32(c + FirstIndex>>h.shift)
		}
		for ; next < c; next++ {
			dst = append(dst, 0)
		}
		dst = append(dst, n)
		next++
	}
	return offset, dst
}

// bucketRange returns durations between which all of h's lie, by the bounds of its trusted groups. The first and the
// last bucket are open to the outside. h must not be empty.
func (h *Histogram) bucketRange() (lo, hi time.Duration) {
	first, last := h.ends()
	g := h.trusted()
	from, to := first<<h.shift>>g<<g, (last<<h.shift>>g+1)<<g
	lo, hi = 0, 1<<63-1
	if from > 0 {
		lo = floorPower(from + FirstIndex)
	}
	if to < NumBuckets {
		hi = floorPower(to + FirstIndex)
	}
	return lo, hi
}

// ends returns the first and the last cell that is not empty. h must not be empty.
func (h *Histogram) ends() (first, last int) {
	p, q := 0, octaves-1
	for h.used[p] == 0 {
		p++
	}
	for h.used[q] == 0 {
		q--
	}
	return p<<6 | bits.TrailingZeros64(h.used[p]), q<<6 | (bits.Len64(h.used[q]) - 1)
}
