// SPDX-License-Identifier: Apache-2.0

package latency

import (
	"encoding/binary"
	"time"
)

// A Step is a sealed histogram of a closed window: count, sum, minimum, maximum and the buckets, in a few
// hundred bytes that never change. Its zero value is a step in which nothing happened.
//
// The layout is: one byte of flags and coarseness; as uvarints count, sum, minimum, maximum minus minimum, first cell, number of
// cells minus one; then the counts of the cells as bits (see cellWriter).
type Step []byte

const (
	stepShift   = 1<<4 - 1 // a cell of the step is 1<<shift buckets
	stepLoose   = 1 << 4   // minimum and maximum are bounds of buckets
	stepBigSum  = 1 << 5   // the sum takes a second uvarint, its upper 64 bits
	stepReduced = 1 << 6   // the shift is larger than that of the histogram that was sealed

	// A step at maxShift has one cell; whatever it holds then fits into MinStepLimit bytes.
	maxShift = 12
)

// MinStepLimit is the smallest limit that Seal keeps, in bytes.
const MinStepLimit = 96

// Seal encodes h in buf[:0], which grows only when its capacity does not suffice. limit is a hard bound of the
// length in bytes: an encoding that is longer is made again at half the resolution, scale 5 (1.1 %), then 4 (2.2 %), and so
// on, until it fits. A limit below MinStepLimit counts as that. Only the buckets become coarser: count, sum, minimum and maximum
// stay exact.
func (h *Histogram) Seal(buf []byte, limit int) Step {
	limit = max(limit, MinStepLimit)
	if h.count == 0 {
		return Step(buf[:0])
	}
	for shift := h.trusted(); ; shift++ {
		s, ok := h.encode(buf[:0], limit, shift)
		if ok || shift >= maxShift {
			return s
		}
		buf = s
	}
}

func (h *Histogram) encode(buf []byte, limit int, shift uint8) (s Step, ok bool) {
	flags := shift
	if h.loose {
		flags |= stepLoose
	}
	if h.sumHi != 0 {
		flags |= stepBigSum
	}
	if shift > h.shift {
		flags |= stepReduced
	}
	first, last := h.ends()
	drop := shift - h.shift
	first, last = first>>drop, last>>drop
	buf = append(buf, flags)
	buf = binary.AppendUvarint(buf, h.count)
	buf = binary.AppendUvarint(buf, h.sumLo)
	if h.sumHi != 0 {
		buf = binary.AppendUvarint(buf, h.sumHi)
	}
	buf = binary.AppendUvarint(buf, uint64(h.min))
	buf = binary.AppendUvarint(buf, uint64(h.max-h.min))
	buf = binary.AppendUvarint(buf, uint64(first))
	buf = binary.AppendUvarint(buf, uint64(last-first))

	w := newCellWriter(buf)
	group, sum := first, uint64(0)
	for c, n := range h.cells {
		if c>>drop != group {
			w.put(group-first, sum)
			if len(w.bits.buf) > limit {
				return w.bits.buf, false
			}
			group, sum = c>>drop, 0
		}
		sum += n
	}
	w.put(group-first, sum)
	s = w.bits.flush()
	return s, len(s) <= limit
}

// header is what a step says before its cells.
type header struct {
	flags        byte
	count        uint64
	sumHi, sumLo uint64
	min, max     time.Duration
	first, last  int // cells
}

func (hd *header) shift() uint8 { return hd.flags & stepShift }

// header decodes the start of s, which must not be empty, and returns the rest. ok is false for a
// damaged one; else first ≤ last are cells of the step's scale and 0 ≤ min ≤ max.
func (s Step) header() (hd header, rest []byte, ok bool) {
	hd.flags = s[0]
	r := uvarints{buf: s[1:]}
	hd.count = r.next(maxCount)
	hd.sumLo = r.next(1<<64 - 1)
	if hd.flags&stepBigSum != 0 {
		hd.sumHi = r.next(1<<64 - 1)
	}
	hd.min = time.Duration(r.next(maxCount))
	hd.max = hd.min + time.Duration(r.next(maxCount-uint64(hd.min)))
	if hd.shift() > maxShift {
		return hd, nil, false
	}
	cells := uint64((NumBuckets - 1) >> hd.shift())
	hd.first = int(r.next(cells))
	hd.last = hd.first + int(r.next(cells-uint64(hd.first)))
	return hd, r.buf, !r.bad && hd.count > 0
}

// uvarints reads numbers off the front of buf; after the first one that is cut short or too large all are 0.
type uvarints struct {
	buf []byte
	bad bool
}

func (r *uvarints) next(limit uint64) uint64 {
	v, n := binary.Uvarint(r.buf)
	if r.bad || n <= 0 || v > limit {
		r.bad = true
		return 0
	}
	r.buf = r.buf[n:]
	return v
}

// AddTo adds what s holds to h. The counts of a coarse step are spread evenly over the finer buckets, and h answers with
// the step's error bound from then on. It reports false for a damaged step, of which it has then added what buckets it could
// read and no sum, and for one that would bring the count past 2^63-1; h stays a sound histogram.
func (s Step) AddTo(h *Histogram) bool {
	if len(s) == 0 {
		return true
	}
	hd, rest, ok := s.header()
	if !ok || hd.count > maxCount-h.count {
		return false
	}
	sumHi, sumLo := h.sumHi, h.sumLo
	h.mergeStats(hd.min, hd.max, hd.sumHi, hd.sumLo, hd.flags&stepLoose != 0)
	h.grain = max(h.grain, hd.shift())
	if s.addCells(h, &hd, rest) {
		return true
	}
	h.sumHi, h.sumLo = sumHi, sumLo
	h.min, h.max = 0, 1<<63-1
	if h.count > 0 {
		h.tighten()
	} else {
		h.Reset()
	}
	return false
}

// addCells decodes the cells into h and reports whether they are those that the header promised.
func (s Step) addCells(h *Histogram, hd *header, rest []byte) bool {
	r := newCellReader(rest)
	left := hd.count
	shift := hd.shift()
	for c := hd.first; ; c++ {
		skip, n := r.next(hd.last - c)
		c += skip
		if n > left || c > hd.last || r.bits.bad {
			return false
		}
		switch {
		case n == 0:
		case shift == h.shift:
			h.add(c, n)
			h.count += n
		default:
			h.place(c, shift, n)
		}
		left -= n
		if c == hd.last {
			return n > 0 && left == 0
		}
	}
}

// Count returns the number of durations in s, 0 for a damaged one.
func (s Step) Count() uint64 {
	if len(s) == 0 {
		return 0
	}
	hd, _, ok := s.header()
	if !ok {
		return 0
	}
	return hd.count
}

// Scale returns the OpenTelemetry scale of the buckets of s.
func (s Step) Scale() int {
	if len(s) == 0 {
		return Scale
	}
	return Scale - int(s[0]&stepShift)
}

// Coarse reports whether the buckets of s are wider than those of the histogram that was sealed.
func (s Step) Coarse() bool { return len(s) > 0 && s[0]&stepReduced != 0 }
