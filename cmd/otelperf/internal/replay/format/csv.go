// SPDX-License-Identifier: Apache-2.0

package format

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/otelperf/otelperf-go/slowlog"
)

// csvParser parses lines of CSV.
type csvParser struct {
	stamps  stamps
	columns csvColumns
	begun   bool  // the first line was seen
	header  error // what is wrong with the first line, which is a header: no column can be trusted then
	fields  [maxFields][]byte
	unquote []byte // memory of quoted fields
}

const maxFields = 64 // what a line has beyond is ignored

// csvColumns are places in a line; status is -1 where there is none.
type csvColumns struct{ timestamp, route, duration, status int }

var (
	usualColumns = csvColumns{timestamp: 0, route: 1, duration: 2, status: 3}

	errQuote      = errors.New(`a quote (") is not where CSV may have one`)
	errEmptyRoute = errors.New("route is empty")
	errHeader     = errors.New("the header does not name what is needed")
)

func (p *csvParser) parse(line []byte, rec *Record) error {
	fields, err := p.split(line)
	if err != nil {
		return err
	}
	if !p.begun {
		p.begun, p.columns = true, usualColumns
		if c, ok := headerColumns(fields); ok {
			p.columns = c
			return errSkip
		}
		p.header = strangeHeader(fields)
	}
	if p.header != nil {
		return p.header
	}
	return p.fill(fields, rec)
}

func (p *csvParser) fill(fields [][]byte, rec *Record) error {
	c := p.columns
	if len(fields) <= max(c.timestamp, c.route, c.duration) {
		return fmt.Errorf("the line has %d fields, needed are timestamp,route,duration_ms,status", len(fields))
	}
	var ok bool
	if rec.Time, ok = p.stamps.parse(fields[c.timestamp]); !ok {
		return badTime("timestamp", fields[c.timestamp])
	}
	if rec.Route = fields[c.route]; len(rec.Route) == 0 {
		return errEmptyRoute
	}
	if rec.Duration, ok = parseDuration(fields[c.duration], milliseconds); !ok {
		return badDuration("duration_ms", fields[c.duration])
	}
	rec.Outcome = slowlog.OutcomeOK
	if c.status >= 0 && c.status < len(fields) {
		status, ok := parseStatus(fields[c.status])
		if !ok {
			return badStatus(fields[c.status])
		}
		rec.Outcome = slowlog.OutcomeOfStatus(status)
	}
	return nil
}

// headerColumns finds the columns in a header; ok is false if it is none.
func headerColumns(fields [][]byte) (c csvColumns, ok bool) {
	place := map[string]int{}
	for i, f := range fields {
		name := strings.ToLower(string(bytes.TrimSpace(f)))
		if _, twice := place[name]; !twice {
			place[name] = i
		}
	}
	var found [4]bool
	c.timestamp, found[0] = place["timestamp"]
	c.route, found[1] = place["route"]
	c.duration, found[2] = place["duration_ms"]
	if c.status, found[3] = place["status"]; !found[3] {
		c.status = -1
	}
	return c, found[0] && found[1] && found[2]
}

// strangeHeader reports a header that names something else: its durations would be of another unit.
func strangeHeader(fields [][]byte) error {
	for _, f := range fields {
		name := strings.ToLower(string(bytes.TrimSpace(f)))
		if name == "timestamp" || name == "route" || strings.HasPrefix(name, "duration") {
			return fmt.Errorf("%w: that of CSV has timestamp, route and duration_ms, not %.100q", errHeader, bytes.Join(fields, []byte(",")))
		}
	}
	return nil
}

// split cuts a line into fields, which are valid until the next call.
func (p *csvParser) split(line []byte) ([][]byte, error) {
	if bytes.IndexByte(line, '"') >= 0 {
		return p.splitQuoted(line)
	}
	n := 0
	for n < maxFields {
		before, after, ok := bytes.Cut(line, []byte{','})
		if !ok {
			p.fields[n] = line
			n++
			break
		}
		p.fields[n], line = before, after
		n++
	}
	return p.fields[:n], nil
}

// splitQuoted does the same for a line with quotes: a field is quoted as a whole or not at all, and "" in it is one quote.
func (p *csvParser) splitQuoted(line []byte) ([][]byte, error) {
	p.unquote = p.unquote[:0]
	n := 0
	for more := true; more; {
		var field []byte
		var err error
		if len(line) > 0 && line[0] == '"' {
			field, line, err = p.quoted(line[1:])
		} else {
			field = line[:fieldEnd(line)]
			line = line[len(field):]
			if bytes.IndexByte(field, '"') >= 0 {
				err = errQuote
			}
		}
		if err != nil {
			return nil, err
		}
		if n < maxFields {
			p.fields[n] = field
			n++
		}
		if more = len(line) > 0; more {
			line = line[1:] // the comma
		}
	}
	return p.fields[:n], nil
}

// fieldEnd is where the next comma is, or the end.
func fieldEnd(line []byte) int {
	if i := bytes.IndexByte(line, ','); i >= 0 {
		return i
	}
	return len(line)
}

// quoted takes a field behind its opening quote. The rest begins with a comma or is empty.
func (p *csvParser) quoted(line []byte) (field, rest []byte, err error) {
	from := len(p.unquote)
	for {
		i := bytes.IndexByte(line, '"')
		if i < 0 {
			return nil, nil, errQuote
		}
		p.unquote = append(p.unquote, line[:i]...)
		line = line[i+1:]
		if len(line) == 0 || line[0] == ',' {
			return p.unquote[from:len(p.unquote):len(p.unquote)], line, nil
		}
		if line[0] != '"' {
			return nil, nil, errQuote
		}
		p.unquote = append(p.unquote, '"')
		line = line[1:]
	}
}
