// SPDX-License-Identifier: Apache-2.0

package format

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// otlpReader walks through ExportTraceServiceRequests token by token and decodes one span at a time.
type otlpReader struct {
	in      *lineCounter
	source  io.Reader // in, and before it what earlier decoders have read ahead
	base    int64     // offset in the stream at which decoder began
	decoder *json.Decoder
	service string // of the running resource
	to      Sink
	rec     Record
}

func newOTLP(r io.Reader) *otlpReader {
	c := &lineCounter{r: r}
	return &otlpReader{in: c, source: c, decoder: json.NewDecoder(c)}
}

// sinkError is an error of the sink, which is not to be taken for one of the JSON.
type sinkError struct{ error }

func (o *otlpReader) Run(to Sink) error {
	o.to = to
	for {
		err := o.document()
		if err == nil {
			continue
		}
		if err == io.EOF {
			return nil
		}
		if stop, ok := errors.AsType[sinkError](err); ok {
			return stop.error
		}
		if o.in.err != nil && o.in.err != io.EOF {
			return o.in.err
		}
		if err := o.to.Bad(o.line(), fmt.Errorf("no OTLP/JSON: %w", err)); err != nil {
			return err
		}
		if !o.nextLine() {
			return nil
		}
	}
}

// line is the number of the line at which the decoder is. It is asked for at every step, so that little is remembered.
func (o *otlpReader) line() int { return o.in.lineAt(o.base + o.decoder.InputOffset()) }

// nextLine goes on behind the line at which the decoder gave up; false at the end of the stream.
func (o *otlpReader) nextLine() bool {
	o.source = io.MultiReader(o.decoder.Buffered(), o.source)
	o.base += o.decoder.InputOffset()
	var one [1]byte
	for one[0] != '\n' {
		if _, err := io.ReadFull(o.source, one[:]); err != nil {
			return false
		}
		o.base++
	}
	o.decoder = json.NewDecoder(o.source)
	return true
}

// document reads one request. The error is io.EOF if there is none.
func (o *otlpReader) document() error {
	t, err := o.decoder.Token()
	if err != nil {
		return err
	}
	if t != json.Delim('{') {
		return fmt.Errorf("%v where an object is expected", t)
	}
	err = o.members(func(name string) error {
		if name == "resourceSpans" || name == "resource_spans" {
			return o.array(o.resourceSpans)
		}
		return o.skip()
	})
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return err
}

func (o *otlpReader) resourceSpans() error {
	o.service = ""
	return o.object(func(name string) error {
		switch name {
		case "resource":
			var resource struct{ Attributes attributes }
			_, err := o.decode(&resource)
			o.service = resource.Attributes.text("service.name")
			return err
		case "scopeSpans", "scope_spans", "instrumentationLibrarySpans":
			return o.array(o.scopeSpans)
		}
		return o.skip()
	})
}

func (o *otlpReader) scopeSpans() error {
	return o.object(func(name string) error {
		if name == "spans" {
			return o.array(o.span)
		}
		return o.skip()
	})
}

func (o *otlpReader) span() error {
	var s span
	understood, err := o.decode(&s)
	if err != nil || !understood {
		return err
	}
	line := o.line()
	isRequest, err := s.record(o.service, &o.rec)
	if err != nil {
		err = o.to.Bad(line, err)
	} else if isRequest {
		err = o.to.Request(line, &o.rec)
	}
	if err != nil {
		return sinkError{err}
	}
	return nil
}

// decode decodes a value. One that has another type than expected somewhere is reported, and reading can go on behind it.
func (o *otlpReader) decode(to any) (understood bool, err error) {
	err = o.decoder.Decode(to)
	if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		if err := o.to.Bad(o.line(), fmt.Errorf("no OTLP/JSON: %w", err)); err != nil {
			return false, sinkError{err}
		}
		return false, nil
	}
	return err == nil, err
}

// skip reads a value of no interest, token by token, since it may be large.
func (o *otlpReader) skip() error {
	for depth := 0; ; {
		o.line()
		t, err := o.decoder.Token()
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
func (o *otlpReader) object(member func(name string) error) error {
	if err := o.expect('{'); err != nil {
		return err
	}
	return o.members(member)
}

func (o *otlpReader) members(member func(name string) error) error {
	for o.decoder.More() {
		t, err := o.decoder.Token()
		if err != nil {
			return err
		}
		name, _ := t.(string)
		if err := member(name); err != nil {
			return err
		}
	}
	return o.expect('}')
}

func (o *otlpReader) array(item func() error) error {
	if err := o.expect('['); err != nil {
		return err
	}
	for o.decoder.More() {
		if err := item(); err != nil {
			return err
		}
	}
	return o.expect(']')
}

func (o *otlpReader) expect(d json.Delim) error {
	t, err := o.decoder.Token()
	if err != nil {
		return err
	}
	if t != d {
		return fmt.Errorf("%v where %v is expected", t, d)
	}
	return nil
}
