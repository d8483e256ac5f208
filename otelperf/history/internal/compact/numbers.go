// SPDX-License-Identifier: Apache-2.0

package compact

import "math/bits"

// magnitude is the probabilities of numbers of one sort, by how many bits they have.
type magnitude [24]prob

// number codes any number: how many bits it has in unary, then these.
func (c *coder) number(m *magnitude, v uint64) uint64 {
	n := bits.Len64(v)
	at := 0
	for at < 64 && c.bit(&m[min(at, len(m)-1)], at < n) {
		at++
	}
	if at == 0 {
		return 0
	}
	return 1<<(at-1) | c.raw(v, at-1)
}

// raw codes the lower n bits of v, of which nothing is expected.
func (c *coder) raw(v uint64, n int) (out uint64) {
	for i := n - 1; i >= 0; i-- {
		out <<= 1
		if c.fixed(half, v>>i&1 != 0) {
			out |= 1
		}
	}
	return out
}

// signed codes a number of either sign, small ones in few bits.
func (c *coder) signed(m *magnitude, v int64) int64 {
	z := c.number(m, uint64(v<<1^v>>63))
	return int64(z>>1) ^ -int64(z&1)
}

// What is expected of a part of n things is a number of them, by which probabilities are chosen: classes of half octaves from 1/64 to 8.
// Above, what is coded is how far the part is from what is expected.
const (
	classes   = 18
	unary     = 16 // beyond, what is left is a number
	manyClass = 24
	many      = kinds - 1
	kinds     = 5 // of how many things there are: 2, 3, 4, 5 to 7, more
)

// parts is the probabilities of parts, by how many things there are to divide and how many of them are expected.
type parts struct {
	few  [kinds][classes][unary]prob
	rest magnitude
	many [manyClass]magnitude
}

// newParts begins with what the probabilities would be if each thing fell anywhere by chance.
func newParts() *parts {
	p := new(parts)
	for t, n := range [kinds]float64{2, 3, 4, 6, 0} {
		for c := range p.few[t] {
			m := float64(uint64(4+c&1*2+1)<<(c>>1)) / 256 // 1.25 or 1.75 times a power of two
			for i := range unary {
				p.few[t][c][i] = prob{p: uint16(max(64, min(65472, 65536*hazard(float64(i), n, m)))), n: 3}
			}
		}
	}
	p.rest = newMagnitude()
	for i := range p.many {
		p.many[i] = newMagnitude()
	}
	return p
}

func newMagnitude() (m magnitude) {
	for i := range m {
		m[i].p = half
	}
	return m
}

// hazard is the probability that it is i that are, if it is not fewer: of n things, or of very many if n is 0, of which m are expected. All
// machines have to come to the same probabilities: products are rounded by themselves, which a conversion makes sure of.
func hazard(i, n, m float64) float64 {
	sum, term := 1.0, 1.0
	for j := i; j < i+100; j++ {
		ratio := m / (j + 1)
		if n > 0 {
			share := min(m/n, 0.98)
			ratio = float64(max(n-j, 0)*share) / float64((j+1)*(1-share))
		}
		term = float64(term * ratio)
		sum += term
	}
	return 1 / sum
}

// part codes how many of n things are in a part: at most limit, if all were put at random into places of which the part has limit of all.
// all is not below limit and n, and below 2^63.
func (c *coder) part(p *parts, v, n, limit, all uint64) uint64 {
	most := min(n, limit)
	if most == 0 || limit == all {
		return most
	}
	expected := float64(int64(n)) * float64(int64(limit)) / float64(int64(all)) // as signed ones they are faster to convert
	if n == 1 {
		if c.fixed(uint16(max(1, min(1<<16-1, int((1-expected)*65536)))), v == 1) {
			return 1
		}
		return 0
	}
	return c.near(p, things(n), v, expected, most)
}

// near codes a number that is expected to be about so large, and is at most most.
func (c *coder) near(p *parts, t int, v uint64, expected float64, most uint64) uint64 {
	if most == 0 {
		return 0
	}
	if expected >= 8 {
		mean := min(uint64(expected+0.5), most)
		m := &p.many[min(bits.Len64(mean), manyClass)-1]
		return uint64(max(0, min(int64(mean)+c.signed(m, int64(v-mean)), int64(most))))
	}
	set := &p.few[t][classOf(expected)]
	for i := range uint64(unary) {
		if i == most || !c.bit(&set[i], v > i) {
			return i
		}
	}
	return min(unary+c.number(&p.rest, v-min(v, unary)), most)
}

// things is the kind of so many things.
func things(n uint64) int {
	switch {
	case n < 5:
		return max(int(n), 2) - 2
	case n < 8:
		return 3
	default:
		return many
	}
}

// classOf is the class of an expectation below 8.
func classOf(expected float64) int {
	x := uint(int(expected * 128))
	if x < 2 {
		return 0
	}
	n := bits.Len(x) - 2
	return min(2*n+int(x>>n&1), classes-1)
}
