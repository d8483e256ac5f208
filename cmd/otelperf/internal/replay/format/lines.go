// SPDX-License-Identifier: Apache-2.0

package format

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// lines cuts a stream into lines of at most MaxLine bytes, the newline included.
type lines struct {
	r      *bufio.Reader // with a buffer of MaxLine bytes
	number int           // of the line that next returned
}

var errLineTooLong = fmt.Errorf("the line is longer than %d bytes", MaxLine)

// next returns a line without its end, valid until the next call. errLineTooLong means that a line was skipped.
func (l *lines) next() ([]byte, error) {
	line, err := l.r.ReadSlice('\n')
	if len(line) > 0 {
		l.number++
	}
	if err == nil {
		line = line[:len(line)-1]
		if n := len(line); n > 0 && line[n-1] == '\r' {
			line = line[:n-1]
		}
		return line, nil
	}
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = l.r.ReadSlice('\n')
		}
		if err != nil && err != io.EOF {
			return nil, err
		}
		return nil, errLineTooLong
	case err == io.EOF && len(line) > 0:
		if n := len(line); line[n-1] == '\r' {
			line = line[:n-1]
		}
		return line, nil
	default:
		return nil, err
	}
}

// lineParser fills a record from a line. errSkip means that the line is none but nothing is wrong with it.
type lineParser interface {
	parse(line []byte, rec *Record) error
}

var errSkip = errors.New("not a request")

// lineReader is the Reader of formats with one request per line.
type lineReader struct {
	lines  lines
	parser lineParser
	about  About
}

func (r *lineReader) About() About { return r.about }

func (r *lineReader) Run(to Sink) error {
	var rec Record
	for {
		line, err := r.lines.next()
		switch {
		case err == io.EOF:
			return nil
		case err != nil && err != errLineTooLong:
			return err
		case err == nil && len(line) == 0:
			continue
		case err == nil:
			err = r.parser.parse(line, &rec)
		}
		switch err {
		case nil:
			err = to.Request(r.lines.number, &rec)
		case errSkip:
			continue
		default:
			err = to.Bad(r.lines.number, err)
		}
		if err != nil {
			return err
		}
	}
}
