// SPDX-License-Identifier: Apache-2.0

package compact

import (
	"fmt"
	"slices"
)

// Writer makes a frame. It holds 20 KiB and the frame's blocks. It is not safe for concurrent use.
type Writer struct {
	coder coder
	model model
	frame frame
	ends  []int // of the blocks in buf
	buf   []byte
	step  []byte
}

// NewWriter returns a writer of a frame of wholes, with parts 0, or of one that divides into so many parts, at most MaxParts.
func NewWriter(parts int) *Writer { return &Writer{frame: frame{kind: parts}} }

// Split adds how the tallies of one endpoint, which may be parts of another, are made up of parts. The endpoints come in the order in
// which they are in the frame of wholes.
func (w *Writer) Split(wholes []Tally, parts [][]Tally) {
	w.model = *fresh
	w.coder.write()
	for k := range wholes {
		if !wholes[k].Empty() {
			w.coder.split(&w.model, &wholes[k], parts[k])
		}
	}
	w.buf = append(w.buf, w.coder.end()...)
	w.ends = append(w.ends, len(w.buf))
}

// Frame appends the frame to dst, and begins another.
func (w *Writer) Frame(dst []byte) []byte {
	from := 0
	for _, end := range w.ends {
		w.frame.blocks = append(w.frame.blocks, w.buf[from:end])
		from = end
	}
	dst = w.frame.append(dst)
	w.frame.names, w.frame.blocks, w.ends, w.buf = w.frame.names[:0], w.frame.blocks[:0], w.ends[:0], w.buf[:0]
	return dst
}

// Parts is a frame that says how tallies are made up of parts.
type Parts struct{ frame frame }

// ParseParts reads a frame that divides into so many parts.
func ParseParts(data []byte, parts int) (Parts, error) {
	if parts < 1 || parts > MaxParts {
		return Parts{}, fmt.Errorf("%w: %d parts", ErrDamaged, parts)
	}
	f, err := parse(data, parts)
	return Parts{f}, err
}

// Reader reads how tallies are made up. It holds 20 KiB. It is not safe for concurrent use.
type Reader struct {
	coder coder
	model model
}

// Split reads the parts of the tallies of row i, which are as they were when it was written.
func (r *Reader) Split(p *Parts, i int, wholes []Tally) (parts [][]Tally, err error) {
	if i >= len(p.frame.blocks) {
		return nil, fmt.Errorf("%w: it has %d rows", ErrDamaged, len(p.frame.blocks))
	}
	r.model = *fresh
	r.coder.read(p.frame.blocks[i])
	all := make([]Tally, len(wholes)*p.frame.kind)
	for these := range slices.Chunk(all, p.frame.kind) {
		w := &wholes[len(parts)]
		parts = append(parts, these)
		if w.Empty() {
			continue
		}
		r.coder.split(&r.model, w, these)
		for j := range these {
			if !these[j].check() {
				return nil, fmt.Errorf("%w: counts of row %d do not fit", ErrDamaged, i)
			}
		}
	}
	return parts, nil
}
