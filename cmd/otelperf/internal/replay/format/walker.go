// SPDX-License-Identifier: Apache-2.0

package format

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// walker goes through JSON token by token, so that a document of any length needs little memory. It knows the number of its line.
type walker struct {
	in      *lineCounter
	source  io.Reader // in, and before it what earlier decoders have read ahead
	base    int64     // offset in the stream at which decoder began
	decoder *json.Decoder
}

func newWalker(r io.Reader) walker {
	c := &lineCounter{r: r}
	return walker{in: c, source: c, decoder: json.NewDecoder(c)}
}

// line is the number of the line at which the decoder is. It is asked for at every step, so that little is remembered.
func (w *walker) line() int { return w.in.lineAt(w.base + w.decoder.InputOffset()) }

// nextLine goes on behind the line at which the decoder gave up; false at the end of the stream.
func (w *walker) nextLine() bool {
	w.source = io.MultiReader(w.decoder.Buffered(), w.source)
	w.base += w.decoder.InputOffset()
	var one [1]byte
	for one[0] != '\n' {
		if _, err := io.ReadFull(w.source, one[:]); err != nil {
			return false
		}
		w.base++
	}
	w.decoder = json.NewDecoder(w.source)
	return true
}

// failed is the error of the stream, nil if that is all right.
func (w *walker) failed() error {
	if w.in.err == io.EOF {
		return nil
	}
	return w.in.err
}

// begin reads the delimiter that a document begins with. The error is io.EOF if there is none.
func (w *walker) begin() (json.Delim, error) {
	t, err := w.decoder.Token()
	if err != nil {
		return 0, err
	}
	d, ok := t.(json.Delim)
	if !ok {
		return 0, fmt.Errorf("%v where an object is expected", t)
	}
	return d, nil
}

// inside makes the end of the stream within a document an error of its own.
func inside(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// skip reads a value of no interest, token by token, since it may be large.
func (w *walker) skip() error {
	for depth := 0; ; {
		w.line()
		t, err := w.decoder.Token()
		if err != nil {
			return err
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

// object reads an object and calls member with the decoder in front of each value.
func (w *walker) object(member func(name string) error) error {
	if err := w.expect('{'); err != nil {
		return err
	}
	return w.members(member)
}

func (w *walker) members(member func(name string) error) error {
	for w.decoder.More() {
		t, err := w.decoder.Token()
		if err != nil {
			return err
		}
		name, _ := t.(string)
		if err := member(name); err != nil {
			return err
		}
	}
	return w.expect('}')
}

func (w *walker) array(item func() error) error {
	if err := w.expect('['); err != nil {
		return err
	}
	for w.decoder.More() {
		if err := item(); err != nil {
			return err
		}
	}
	return w.expect(']')
}

func (w *walker) expect(d json.Delim) error {
	t, err := w.decoder.Token()
	if err != nil {
		return err
	}
	if t != d {
		return fmt.Errorf("%v where %v is expected", t, d)
	}
	return nil
}
