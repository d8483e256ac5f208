// SPDX-License-Identifier: Apache-2.0

package format

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

var (
	// ErrUnknown is wrapped by what Open returns when the content does not tell what it is, or how it is to be read.
	ErrUnknown = errors.New("its format is not known")
	// ErrEmpty is returned by Open when there is nothing but space.
	ErrEmpty = errors.New("there is nothing in it")
)

// Open returns a reader of a stream.
func Open(r io.Reader, o Options) (Reader, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	k, err := o.kind()
	if err != nil {
		return nil, err
	}
	in := bufio.NewReaderSize(r, MaxLine)
	if mark, _ := in.Peek(3); string(mark) == "\xef\xbb\xbf" { // the byte order mark that some editors write
		_, _ = in.Discard(3)
	}
	if k == nil {
		if k, err = peek(in, &o); err != nil {
			return nil, err
		}
	} else if err := notEmpty(in); err != nil {
		return nil, err
	}
	return k.open(in, &o)
}

// notEmpty waits for what is no space.
func notEmpty(in *bufio.Reader) error {
	for more := 1; more <= MaxLine; more++ {
		head, err := in.Peek(more)
		switch {
		case len(bytes.TrimSpace(head)) > 0:
			return nil
		case err == io.EOF:
			return ErrEmpty
		case err != nil:
			return err
		}
	}
	return nil
}

// peek tells the format from what is there, and waits for more only as long as that does not suffice.
func peek(in *bufio.Reader, o *Options) (*kind, error) {
	for more := 1; ; {
		_, err := in.Peek(more)
		if err != nil && err != io.EOF {
			return nil, err
		}
		head, _ := in.Peek(in.Buffered())
		whole := err == io.EOF || len(head) >= MaxLine
		k, why := recognize(head, whole, o)
		if k != nil || why != nil {
			return k, why
		}
		more = len(head) + 1
	}
}
