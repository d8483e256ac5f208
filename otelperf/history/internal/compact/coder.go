// SPDX-License-Identifier: Apache-2.0

package compact

// coder is a binary range coder: it spends -log2 p bits on what has probability p. The same calls describe what is written and what is
// read: each takes a value and returns it, as given when writing, as found when reading. Reading never fails: past the end are zeros, and
// any bytes are some sequence of values.
type coder struct {
	reading bool
	in, out []byte
	code    uint32 // reading: the place within width
	width   uint32
	low     uint64 // writing: a carry may stand above 32 bits
	held    byte   // the byte before low, to which a carry may still come
	full    int    // bytes of 0xff between held and low
	begun   bool   // held is one
}

// prob is the probability of a zero, as it adapts: p in 1/65536, n for how much was seen.
type prob struct {
	p uint16
	n uint8
}

const (
	half    = 1 << 15
	slowest = 5 // the share of 1/32 by which a well-known probability moves
)

func (c *coder) write() { *c = coder{out: c.out[:0], width: 1<<32 - 1} }

func (c *coder) read(in []byte) {
	*c = coder{reading: true, in: in, width: 1<<32 - 1}
	for range 4 {
		c.code = c.code<<8 | uint32(c.next())
	}
}

func (c *coder) next() (b byte) {
	if len(c.in) > 0 {
		b, c.in = c.in[0], c.in[1:]
	}
	return b
}

// bit codes a bit, and adapts its probability.
func (c *coder) bit(p *prob, is bool) bool {
	is = c.fixed(p.p, is)
	rate := slowest
	if p.n < slowest {
		p.n++
		rate = int(p.n)
	}
	if is {
		p.p -= p.p >> rate
	} else {
		p.p += (1<<16 - 1 - p.p) >> rate
	}
	p.p = max(p.p, 32)
	return is
}

// fixed codes a bit that is zero with probability zero, above 0.
func (c *coder) fixed(zero uint16, is bool) bool {
	bound := uint32(uint64(c.width) * uint64(zero) >> 16)
	if c.reading {
		return c.take(bound)
	}
	if is {
		c.low += uint64(bound)
		bound = c.width - bound
	}
	for c.width = bound; c.width < 1<<24; c.width <<= 8 {
		c.shift()
	}
	return is
}

// take reads a bit that is zero below a bound within width.
func (c *coder) take(bound uint32) bool {
	code, width := c.code, bound
	is := code >= bound
	if is {
		code -= bound
		width = c.width - bound
	}
	for ; width < 1<<24; width <<= 8 {
		code = code<<8 | uint32(c.next())
	}
	c.code, c.width = code, width
	return is
}

// shift moves the uppermost byte of low out, as soon as no carry can reach it.
func (c *coder) shift() {
	if carry := byte(c.low >> 32); carry != 0 || c.low < 0xff<<24 {
		if c.begun {
			c.out = append(c.out, c.held+carry)
		}
		for ; c.full > 0; c.full-- {
			c.out = append(c.out, 0xff+carry)
		}
		c.begun, c.held = true, byte(c.low>>24)
	} else {
		c.full++
	}
	c.low = c.low << 8 & (1<<32 - 1)
}

// end returns what was written, valid until the next write: of all numbers that mean it the one with the most zeros behind, which are
// left out.
func (c *coder) end() []byte {
	for n := 32; n >= 0; n-- {
		mask := uint64(1)<<n - 1
		if v := (c.low + mask) &^ mask; v < c.low+uint64(c.width) {
			c.low = v
			break
		}
	}
	for range 5 {
		c.shift()
	}
	for len(c.out) > 0 && c.out[len(c.out)-1] == 0 {
		c.out = c.out[:len(c.out)-1]
	}
	return c.out
}
