// SPDX-License-Identifier: Apache-2.0

package latency

import (
	"math"
	"math/bits"
	"time"
	"unsafe"
)

// A Histogram counts durations in exponential buckets. The zero value is an empty histogram at [Scale], ready for use.
//
// Memory: about 0.6 KiB, and a page of 256 bytes for each of the 35 octaves in which a duration
// was ever counted (5 pages of 8 octaves for a coarse one). A bucket that passes 2^32 counts takes a
// map entry more. The count ends at 2^63-1: durations beyond are not counted.
//
// A Histogram is not safe for concurrent use and must not be copied after first use.
type Histogram struct {
	pages [octaves]*page  // nil until a cell of it is used; kept by Reset
	used  [octaves]uint64 // bit i of used[p]: cell i of pages[p] is not 0
	spill map[int]uint64  // cell -> multiples of 2^32 that its uint32 could not hold; nil as a rule

	count        uint64 // always the sum of all cells
	sumHi, sumLo uint64 // ns, 128 bits
	min, max     time.Duration

	shift uint8 // a cell is 1<<shift buckets
	grain uint8 // cells are trusted in groups of 1<<grain buckets; 0 means shift
	loose bool  // min and max are bucket bounds, not durations that were seen
}

type page [64]uint32

const (
	coarseShift = 3
	maxCount    = math.MaxInt64
)

// NewCoarse returns an empty histogram at scale 3: 8 buckets per octave, quantiles at most 4.4 % off.
// It takes an eighth of the memory, for what is rare: failed requests, say.
func NewCoarse() *Histogram { return &Histogram{shift: coarseShift} }

// Scale returns the OpenTelemetry scale of h: 6, or 3 for a coarse histogram.
func (h *Histogram) Scale() int { return Scale - int(h.shift) }

// Count returns the number of durations: the sum of all buckets.
func (h *Histogram) Count() uint64 { return h.count }

// Sum returns the sum of all durations. It is exact up to the longest time.Duration (292 years), where it stays;
// SumSeconds goes on.
func (h *Histogram) Sum() time.Duration {
	if h.sumHi != 0 || h.sumLo > math.MaxInt64 {
		return math.MaxInt64
	}
	return time.Duration(h.sumLo)
}

// SumSeconds returns the sum of all durations in seconds.
func (h *Histogram) SumSeconds() float64 {
	return (float64(h.sumHi)*0x1p64 + float64(h.sumLo)) / 1e9
}

// Mean returns the arithmetic mean, rounded down, and 0 for an empty histogram.
func (h *Histogram) Mean() time.Duration {
	if h.count == 0 {
		return 0
	}
	if h.sumHi >= h.count {
		return math.MaxInt64
	}
	q, _ := bits.Div64(h.sumHi, h.sumLo, h.count)
	return time.Duration(min(q, math.MaxInt64))
}

// Min returns the shortest duration, or a lower bound of it (see [Histogram.Exact]); 0 for an empty histogram.
func (h *Histogram) Min() time.Duration { return h.min }

// Max returns the longest duration, or an upper bound of it (see [Histogram.Exact]); 0 for an empty histogram.
func (h *Histogram) Max() time.Duration { return h.max }

// Exact reports whether Min and Max are durations that were recorded. After Subtract, MergeBucket and
// MergeRange they are bounds of the lowest and the highest bucket instead.
func (h *Histogram) Exact() bool { return !h.loose }

// ErrorBound returns how far a quantile can be off, as a share of it: 0.00542 at scale 6, 0.0109 when h
// holds a step at scale 5, 0.0434 for a coarse histogram. Durations outside [MinDuration, MaxDuration]
// and those from MergeRange have no such bound.
func (h *Histogram) ErrorBound() float64 {
	w := math.Exp2(float64(uint(1)<<h.trusted()) / 64)
	return (w - 1) / (w + 1)
}

// TrustedScale returns the OpenTelemetry scale to which quantiles are known: Scale, or less when h holds a coarser step. ErrorBound is by it.
func (h *Histogram) TrustedScale() int { return Scale - int(h.trusted()) }

// Trust says that what was added is known to no finer scale than this, from [Scale] down to Scale-12: quantiles are answered by it from then on.
func (h *Histogram) Trust(scale int) {
	h.grain = max(h.grain, uint8(min(max(Scale-scale, 0), maxShift)))
}

// Bytes returns the memory that h holds, in bytes.
func (h *Histogram) Bytes() int {
	n := int(unsafe.Sizeof(*h)) + 32*len(h.spill)
	for _, p := range h.pages {
		if p != nil {
			n += int(unsafe.Sizeof(*p))
		}
	}
	return n
}

// Record counts d. A negative d counts as 0. It allocates only for the first duration in an octave.
func (h *Histogram) Record(d time.Duration) {
	if h.count == maxCount {
		return
	}
	d = max(d, 0)
	h.widen(d, d)
	c := Bucket(d) >> h.shift
	if p := h.pages[c>>6]; p != nil && p[c&63] < math.MaxUint32 {
		p[c&63]++
		h.used[c>>6] |= 1 << (c & 63)
	} else {
		h.add(c, 1)
	}
	h.count++
	h.addSum(0, uint64(d))
}

// Reset empties h and keeps its scale and its pages.
func (h *Histogram) Reset() {
	for i, u := range h.used {
		if u != 0 {
			*h.pages[i] = page{}
		}
	}
	*h = Histogram{pages: h.pages, shift: h.shift}
}

// trusted returns how many buckets, as a power of two, form a group whose count is certain.
func (h *Histogram) trusted() uint8 { return max(h.grain, h.shift) }

// widen makes [lo, hi] part of [min, max]. It must come before the count grows.
func (h *Histogram) widen(lo, hi time.Duration) {
	if h.count == 0 {
		h.min, h.max = lo, hi
		return
	}
	h.min, h.max = min(h.min, lo), max(h.max, hi)
}

func (h *Histogram) addSum(hi, lo uint64) {
	var carry uint64
	h.sumLo, carry = bits.Add64(h.sumLo, lo, 0)
	h.sumHi, _ = bits.Add64(h.sumHi, hi, carry)
}

// add adds n > 0 to cell c. The caller keeps count in step.
func (h *Histogram) add(c int, n uint64) {
	p := h.pages[c>>6]
	if p == nil {
		p = new(page)
		h.pages[c>>6] = p
	}
	h.used[c>>6] |= 1 << (c & 63)
	n += uint64(p[c&63])
	p[c&63] = uint32(n)
	if n>>32 != 0 {
		h.carry(c, n>>32)
	}
}

func (h *Histogram) carry(c int, n uint64) {
	if h.spill == nil {
		h.spill = make(map[int]uint64)
	}
	h.spill[c] += n
}

// cell returns the count of cell c, whose page must exist.
func (h *Histogram) cell(c int) uint64 {
	n := uint64(h.pages[c>>6][c&63])
	if h.spill != nil {
		n += h.spill[c] << 32
	}
	return n
}

// take removes up to n from cell c and returns how many those were.
func (h *Histogram) take(c int, n uint64) uint64 {
	if h.used[c>>6]&(1<<(c&63)) == 0 {
		return 0
	}
	have := h.cell(c)
	n = min(n, have)
	rest := have - n
	h.pages[c>>6][c&63] = uint32(rest)
	if h.spill != nil {
		delete(h.spill, c)
		if rest>>32 != 0 {
			h.spill[c] = rest >> 32
		}
	}
	if rest == 0 {
		h.used[c>>6] &^= 1 << (c & 63)
	}
	h.count -= n
	return n
}
