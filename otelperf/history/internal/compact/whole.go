// SPDX-License-Identifier: Apache-2.0

package compact

import (
	"fmt"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// Writer makes frames. It holds 40 KiB and the largest frame's blocks. It is not safe for concurrent use.
type Writer struct {
	coder coder
	model model
	frame frame
	buf   []byte
}

// Whole appends a frame of tallies that stand for themselves, of the endpoints with these names.
func (w *Writer) Whole(dst []byte, names []conventions.Endpoint, tallies []Tally) []byte {
	w.begin(whole)
	w.frame.names = names
	for i := range tallies {
		w.block(func() { w.coder.root(&w.model, &tallies[i]) })
	}
	return w.frame.append(dst)
}

// Split appends a frame that says how tallies are made up of parts: for each endpoint wholes[i], which may be parts of another, and the
// parts of each. They are as many for all, at most MaxParts.
func (w *Writer) Split(dst []byte, wholes [][]Tally, parts [][][]Tally) []byte {
	kind := 1
	if len(parts) > 0 && len(parts[0]) > 0 {
		kind = len(parts[0][0])
	}
	w.begin(kind)
	for i := range wholes {
		w.block(func() {
			for k := range wholes[i] {
				if !wholes[i][k].Empty() {
					w.coder.split(&w.model, &wholes[i][k], parts[i][k])
				}
			}
		})
	}
	return w.frame.append(dst)
}

func (w *Writer) begin(kind int) {
	w.frame = frame{kind: kind, blocks: w.frame.blocks[:0]}
	w.buf = w.buf[:0]
}

func (w *Writer) block(code func()) {
	w.model = *fresh
	w.coder.write()
	code()
	from := len(w.buf)
	w.buf = append(w.buf, w.coder.end()...)
	w.frame.blocks = append(w.frame.blocks, w.buf[from:len(w.buf):len(w.buf)])
}

// Reader reads frames. It holds 40 KiB. It is not safe for concurrent use.
type Reader struct {
	coder coder
	model model
}

// Whole is a frame of tallies that stand for themselves.
type Whole struct {
	Names []conventions.Endpoint // in the order of the tallies
	frame frame
}

// ParseWhole reads what names there are and where their tallies are, which stay parts of data.
func ParseWhole(data []byte) (Whole, error) {
	f, err := parse(data, whole)
	return Whole{f.names, f}, err
}

// Tally reads tally i into t.
func (r *Reader) Tally(w *Whole, i int, t *Tally) error {
	t.Reset()
	r.begin(w.frame.blocks[i])
	r.coder.root(&r.model, t)
	return checked(t)
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

// Split reads the parts of tally i, whose wholes are as they were when it was written, into parts, which has as many for each.
func (r *Reader) Split(p *Parts, i int, wholes []Tally, parts [][]Tally) error {
	if i >= len(p.frame.blocks) {
		return fmt.Errorf("%w: it has %d rows", ErrDamaged, len(p.frame.blocks))
	}
	r.begin(p.frame.blocks[i])
	for k := range wholes {
		for j := range parts[k] {
			parts[k][j].Reset()
		}
		if wholes[k].Empty() {
			continue
		}
		r.coder.split(&r.model, &wholes[k], parts[k])
		for j := range parts[k] {
			if err := checked(&parts[k][j]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *Reader) begin(block []byte) {
	r.model = *fresh
	r.coder.read(block)
}

func checked(t *Tally) error {
	if !t.check() {
		return fmt.Errorf("%w: its counts do not fit", ErrDamaged)
	}
	return nil
}
