// SPDX-License-Identifier: Apache-2.0

package latency

import (
	"encoding/binary"
	"math/bits"
)

// rice codes numbers of one kind: v>>k in unary and the lower k bits as they are, where k follows the mean
// of the numbers before. A quotient of maxUnary or more is an escape: the bit length of v in six bits, then v.
type rice struct {
	sum uint64 // about 1<<riceShift times the mean
}

const (
	riceShift = 3
	maxUnary  = 16
	riceLimit = 1 << 48 // larger numbers move the mean no further
)

// k is the best parameter for a geometric distribution of that mean: 2^k just above mean·ln 2.
func (r *rice) k() int { return bits.Len64(r.sum * 11 >> (4 + riceShift)) }

func (r *rice) saw(v uint64) { r.sum += min(v, riceLimit) - r.sum>>riceShift }

func (r *rice) put(w *bitWriter, v uint64) {
	k := r.k()
	q := v >> k
	r.saw(v)
	if q < maxUnary {
		w.put(1<<q-1|v&(1<<k-1)<<(q+1), int(q)+1+k) // q ones, a zero, k bits; at most 64
		return
	}
	n := max(bits.Len64(v), 1)
	w.put(1<<maxUnary-1, maxUnary)
	w.put(uint64(n-1), 6)
	w.put(v, n)
}

func (r *rice) get(b *bitReader) uint64 {
	k := r.k()
	b.fill()
	q := bits.TrailingZeros64(^b.acc)
	n := q + 1 + k
	if q >= maxUnary || n > b.have {
		return r.getSlow(b, k)
	}
	v := uint64(q)<<(k&63) | b.acc>>((q+1)&63)&(1<<(k&63)-1)
	b.acc >>= n & 63
	b.have -= n
	r.saw(v)
	return v
}

// getSlow reads escapes, codes too long for get, and what is left of a damaged stream.
func (r *rice) getSlow(b *bitReader, k int) (v uint64) {
	q := min(bits.TrailingZeros64(^b.acc), maxUnary)
	b.skip(min(q+1, maxUnary))
	if q < maxUnary {
		v = uint64(q)<<k | b.get(k)
	} else {
		v = b.get(int(b.get(6)) + 1)
	}
	r.saw(v)
	return v
}

// bitWriter appends bits to buf, the lowest first.
type bitWriter struct {
	buf  []byte
	acc  uint64
	have int // bits in acc, below 64 between calls
}

// put writes the lower n ≤ 64 bits of v; the others must be 0.
func (w *bitWriter) put(v uint64, n int) {
	w.acc |= v << (w.have & 63)
	w.have += n
	if w.have >= 64 {
		w.buf = binary.LittleEndian.AppendUint64(w.buf, w.acc)
		w.have -= 64
		w.acc = v >> (n - w.have) // those of v that were shifted out
	}
}

// flush writes what is left, filled up with zeros to a byte, and returns the buffer.
func (w *bitWriter) flush() []byte {
	for ; w.have > 0; w.have -= 8 {
		w.buf = append(w.buf, byte(w.acc))
		w.acc >>= 8
	}
	return w.buf
}

// bitReader reads what bitWriter wrote. Past the end it reads zeros and sets bad.
type bitReader struct {
	buf  []byte
	acc  uint64
	have int
	bad  bool
}

// fill brings at least 56 bits to acc if there are so many. It may bring in some bits of the next byte early; they
// are brought again, to the same place, by the next fill.
func (r *bitReader) fill() {
	if r.have >= 32 {
		return
	}
	if len(r.buf) >= 8 {
		r.acc |= binary.LittleEndian.Uint64(r.buf) << (r.have & 63)
		n := (63 - r.have) >> 3
		r.buf = r.buf[n:]
		r.have += n << 3
		return
	}
	r.fillTail()
}

func (r *bitReader) fillTail() {
	for ; len(r.buf) > 0 && r.have <= 56; r.buf = r.buf[1:] {
		r.acc |= uint64(r.buf[0]) << r.have
		r.have += 8
	}
}

// get reads n ≤ 64 bits.
func (r *bitReader) get(n int) uint64 {
	if n > 32 {
		lo := r.get(32)
		return lo | r.get(n-32)<<32
	}
	r.fill()
	v := r.acc & (1<<n - 1)
	r.skip(n)
	return v
}

func (r *bitReader) skip(n int) {
	r.acc >>= n
	r.have -= n
	if r.have < 0 {
		r.have, r.bad = 0, true
	}
}
