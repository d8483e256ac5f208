// SPDX-License-Identifier: Apache-2.0

package format

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Names of formats. What is none of them is the format of an access log.
const (
	Auto   = "auto" // told by the content
	CSV    = "csv"
	Nginx  = "nginx"  // NginxFormat
	Apache = "apache" // ApacheFormat
	OTLP   = "otlp"
)

// Names are all of them.
var Names = []string{Auto, CSV, Nginx, Apache, OTLP}

// Check reports what is wrong with a format: nothing, for a name.
func Check(format string) error {
	_, err := layoutOf(format)
	return err
}

// layoutOf returns the layout of an access log's format, nil for the formats that have none.
func layoutOf(format string) (*layout, error) {
	switch format {
	case Auto, CSV, OTLP:
		return nil, nil
	case Nginx:
		return compile(NginxFormat)
	case Apache:
		return compile(ApacheFormat)
	}
	if !strings.ContainsAny(format, "$%") {
		return nil, fmt.Errorf("there is no format of this name; accepted: %s, or a log format such as '$msec $request_time $request'", strings.Join(Names, ", "))
	}
	return compile(format)
}

// ErrUnknown is wrapped by what Open returns when the content does not tell what it is.
var ErrUnknown = errors.New("its lines are of no known format; --format tells which")

// Open returns a reader of a stream in a format. An empty stream of format Auto reads as CSV.
func Open(r io.Reader, format string) (Reader, error) {
	l, err := layoutOf(format)
	if err != nil {
		return nil, err
	}
	in := bufio.NewReaderSize(r, MaxLine)
	if mark, _ := in.Peek(3); string(mark) == "\xef\xbb\xbf" { // the byte order mark that some editors write
		_, _ = in.Discard(3)
	}
	if format == Auto {
		if format, err = peek(in); err != nil {
			return nil, err
		}
		if l, err = layoutOf(format); err != nil {
			return nil, err
		}
	}
	switch {
	case format == OTLP:
		return newOTLP(in), nil
	case l != nil:
		return &lineReader{lines: lines{r: in}, parser: &accessParser{layout: l}}, nil
	default:
		return &lineReader{lines: lines{r: in}, parser: &csvParser{}}, nil
	}
}

// peek tells the format from what is there, and waits for more only as long as that does not suffice.
func peek(in *bufio.Reader) (string, error) {
	for more := 1; ; {
		_, err := in.Peek(more)
		if err != nil && err != io.EOF {
			return "", err
		}
		head, _ := in.Peek(in.Buffered())
		if format := detect(head, err == io.EOF); format != "" {
			return format, nil
		}
		if more = len(head) + 1; err == io.EOF || more > MaxLine {
			return "", ErrUnknown
		}
	}
}

// triedLines is how many lines may be damaged before one that tells the format.
const triedLines = 20

// detect tells the format from the begin of a stream, "" if it cannot. Of the two kinds of access logs it is nginx's if the
// duration has a point: Apache's is in whole microseconds.
func detect(head []byte, whole bool) string {
	text := bytes.TrimSpace(head)
	switch {
	case len(text) == 0 && whole:
		return CSV
	case len(text) > 0 && text[0] == '{':
		return OTLP
	}
	var rec Record
	csv := &csvParser{}
	access := &accessParser{layout: mustCompile(NginxFormat)}
	for range triedLines {
		line, rest, found := bytes.Cut(head, []byte("\n"))
		if len(line) == 0 && !found || !found && !whole {
			break
		}
		head = rest
		line = bytes.TrimSuffix(line, []byte("\r"))
		if err := csv.parse(line, &rec); err == nil || err == errSkip {
			return CSV
		}
		if access.parse(line, &rec) == nil {
			if duration := line[bytes.LastIndexByte(line, '"')+1:]; bytes.IndexByte(duration, '.') < 0 {
				return Apache
			}
			return Nginx
		}
	}
	return ""
}

// mustCompile is for formats of our own.
func mustCompile(format string) *layout {
	l, err := compile(format)
	if err != nil {
		panic(err) // cannot be: the tests compile both
	}
	return l
}
