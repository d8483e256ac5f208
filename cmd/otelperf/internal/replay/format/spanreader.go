// SPDX-License-Identifier: Apache-2.0

package format

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// spanFormat is how the spans lie in a document of JSON.
type spanFormat interface {
	// document reads one, and hands over its spans. The error is io.EOF if there is none.
	document(r *spanReader) error
}

// spanReader is the Reader of formats of traces: one document of JSON after the other.
type spanReader struct {
	walker
	format spanFormat
	about  About
	to     Sink
	rec    Record
}

func newSpanReader(in io.Reader, f spanFormat, about About) *spanReader {
	return &spanReader{walker: newWalker(in), format: f, about: about}
}

func (r *spanReader) About() About { return r.about }

// sinkError is an error of the sink, which is not to be taken for one of the JSON.
type sinkError struct{ error }

func (r *spanReader) Run(to Sink) error {
	r.to = to
	for {
		err := r.format.document(r)
		if err == nil {
			continue
		}
		if err == io.EOF {
			return nil
		}
		if stop, ok := errors.AsType[sinkError](err); ok {
			return stop.error
		}
		if err := r.failed(); err != nil {
			return err
		}
		if stop, ok := errors.AsType[sinkError](r.bad(err)); ok {
			return stop.error
		}
		if !r.nextLine() {
			return nil
		}
	}
}

// bad reports JSON that is not of the format. Its error is a sinkError.
func (r *spanReader) bad(reason error) error {
	if err := r.to.Bad(r.line(), fmt.Errorf("no JSON of %s: %w", r.about.Format, reason)); err != nil {
		return sinkError{err}
	}
	return nil
}

// span hands a span over, if it is a request or a job of its own.
func (r *spanReader) span(s *span) error {
	line := r.line()
	isRequest, err := s.record(&r.rec)
	if err != nil {
		err = r.to.Bad(line, err)
	} else if isRequest {
		err = r.to.Request(line, &r.rec)
	}
	if err != nil {
		return sinkError{err}
	}
	return nil
}

// decode decodes the next value. One that has another type than expected somewhere is reported, and reading can go on behind it.
func (r *spanReader) decode(to any) (understood bool, err error) {
	err = r.decoder.Decode(to)
	if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return false, r.bad(err)
	}
	return err == nil, err
}

// unmarshal does the same with a value that was read already.
func (r *spanReader) unmarshal(raw json.RawMessage, to any) (understood bool, err error) {
	if err := json.Unmarshal(raw, to); err != nil {
		return false, r.bad(err)
	}
	return true, nil
}
