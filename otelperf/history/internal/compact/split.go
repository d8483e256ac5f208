// SPDX-License-Identifier: Apache-2.0

package compact

import "math/bits"

// MaxParts is into how many parts a tally is split at most.
const MaxParts = 10

// split codes how a whole was made up of parts, which are as many as there are in parts. Little is left to say: the whole says what there
// was in each bucket, and the parts, how much each has of it.
func (c *coder) split(m *model, whole *Tally, parts []Tally) {
	c.outcomes(m, whole, parts)
	left := whole.Count
	var room [MaxParts]uint64 // of the durations of a part, those whose bucket is not known yet
	for k := range parts {
		p := &parts[k]
		if p.Guessed = whole.Guessed; k == len(parts)-1 {
			p.Count = left
		} else {
			c.durations(m, p, left)
		}
		left -= p.Count
		room[k] = p.Count
	}
	c.share(m, whole, parts, &room)
	for k := range parts {
		if p := &parts[k]; p.Count > 0 {
			if whole.Grain > 0 {
				c.grain(m, p)
			}
			c.seconds(m, p)
		}
	}
}

// outcomes codes how those of the whole fall on the parts.
func (c *coder) outcomes(m *model, whole *Tally, parts []Tally) {
	for o, n := range whole.Outcomes {
		for k := range parts {
			p, rest := &parts[k], len(parts)-k
			if rest == 1 {
				p.Outcomes[o] = n
			} else {
				p.Outcomes[o] = c.near(&m.shares, things(n), p.Outcomes[o], float64(n)/float64(rest), n)
			}
			n -= p.Outcomes[o]
		}
	}
}

// share codes how the cells of the whole fall on the parts.
func (c *coder) share(m *model, whole *Tally, parts []Tally, room *[MaxParts]uint64) {
	var at [MaxParts]int // writing: the next cell of a part
	all := whole.Count
	for _, cell := range whole.Cells {
		n, rest := cell.N, all
		for k := 0; k < len(parts) && n > 0; k++ {
			p, v := &parts[k], uint64(0)
			if !c.reading && at[k] < len(p.Cells) && p.Cells[at[k]].Bucket == cell.Bucket {
				v = p.Cells[at[k]].N
				at[k]++
			}
			v = c.part(&m.cells, v, n, room[k], rest)
			rest -= room[k]
			room[k] -= v
			n -= v
			if c.reading && v > 0 {
				p.Cells = append(p.Cells, Cell{cell.Bucket, v})
			}
		}
		all -= cell.N
	}
}

// check reports whether a tally agrees with itself.
func (t *Tally) check() bool {
	sum, last := uint64(0), -1
	for _, c := range t.Cells {
		s, over := bits.Add64(sum, c.N, 0)
		if over != 0 || c.Bucket <= last {
			return false
		}
		sum, last = s, c.Bucket
	}
	return sum == t.Count
}
