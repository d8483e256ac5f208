// SPDX-License-Identifier: Apache-2.0

package compact

import (
	"encoding/binary"
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
	runs  []byte // of one block
}

// NewWriter returns a writer of a frame of wholes, with parts 0, or of one that divides into so many parts, at most MaxParts.
func NewWriter(parts int) *Writer { return &Writer{frame: frame{version: version, kind: parts}} }

// Split adds how the tallies of one endpoint, which may be parts of another, are made up of parts. The endpoints come in the order in
// which they are in the frame of wholes, and there are as many tallies of each. Each tally is written in a run of its own, so that one can be
// read without the others.
func (w *Writer) Split(wholes []Tally, parts [][]Tally) {
	if len(wholes) > 1 {
		w.frame.version = runs
	}
	w.runs = w.runs[:0]
	for k := range wholes {
		from := len(w.runs)
		if !wholes[k].Empty() {
			w.model = *fresh
			w.coder.write()
			w.coder.split(&w.model, &wholes[k], parts[k])
			w.runs = append(w.runs, w.coder.end()...)
		}
		if k < len(wholes)-1 {
			w.buf = binary.AppendUvarint(w.buf, uint64(len(w.runs)-from))
		}
	}
	w.buf = append(w.buf, w.runs...)
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
	f, err := parse(data, parts, nil)
	return Parts{f}, err
}

// Reader reads how tallies are made up. It holds 20 KiB and the tallies of a run. It is not safe for concurrent use.
type Reader struct {
	coder  coder
	model  model
	passed [MaxParts]Tally
}

// Split reads the parts of the tallies of row i, which are as they were when it was written.
func (r *Reader) Split(p *Parts, i int, wholes []Tally) (parts [][]Tally, err error) {
	all := make([]Tally, len(wholes)*p.frame.kind)
	for these := range slices.Chunk(all, p.frame.kind) {
		parts = append(parts, these)
	}
	return parts, r.split(p, i, wholes, 0, parts)
}

// SplitOne reads the parts of tally k alone of those of row i into parts, which are emptied first and keep their memory.
func (r *Reader) SplitOne(p *Parts, i int, wholes []Tally, k int, parts []Tally) error {
	one := [1][]Tally{parts}
	return r.split(p, i, wholes, k, one[:])
}

// split reads the parts of some tallies from one on.
func (r *Reader) split(p *Parts, i int, wholes []Tally, first int, parts [][]Tally) error {
	if i >= len(p.frame.blocks) {
		return fmt.Errorf("%w: it has %d rows", ErrDamaged, len(p.frame.blocks))
	}
	block := reader{rest: p.frame.blocks[i]}
	var lengths reader
	if p.frame.version == runs {
		lengths.rest = block.rest
		for range len(wholes) - 1 {
			block.number(len(block.rest))
		}
	} else {
		r.begin(block.rest)
	}
	for k := range first + len(parts) {
		if p.frame.version == runs {
			run := block.rest
			if k < len(wholes)-1 {
				run = block.bytes(lengths.number(len(block.rest)))
			}
			if k < first {
				continue
			}
			r.begin(run)
		}
		into := r.passed[:p.frame.kind]
		if k >= first {
			into = parts[k-first]
		}
		for j := range into {
			into[j].Reset()
		}
		if wholes[k].Empty() {
			continue
		}
		r.coder.split(&r.model, &wholes[k], into)
		for j := range into {
			if !into[j].check() {
				return fmt.Errorf("%w: counts of row %d do not fit", ErrDamaged, i)
			}
		}
	}
	if block.bad || lengths.bad {
		return fmt.Errorf("%w: runs of row %d do not fit", ErrDamaged, i)
	}
	return nil
}

// begin reads a run.
func (r *Reader) begin(run []byte) {
	r.model = *fresh
	r.coder.read(run)
}
