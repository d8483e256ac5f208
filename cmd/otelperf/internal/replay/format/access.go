// SPDX-License-Identifier: Apache-2.0

package format

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/otelperf/otelperf-go/slowlog"
)

// accessParser parses lines of an access log.
type accessParser struct {
	layout *layout
	unit   Unit // that was asked for; noUnit: the layout's own
	local  localStamps
	iso    stamps
	route  []byte // memory of the last one
	method []byte
	path   []byte
	status int
}

var errLayout = errors.New("the line does not have the log format")

func (p *accessParser) parse(line []byte, rec *Record) error {
	rest, ok := bytes.CutPrefix(line, []byte(p.layout.begin))
	if !ok {
		return errLayout
	}
	p.method, p.path, p.status, rec.Duration = nil, nil, 0, 0
	for i, e := range p.layout.elements {
		var value []byte
		if value, rest, ok = cutValue(rest, e); !ok {
			return errLayout
		}
		if i == len(p.layout.elements)-1 && len(bytes.TrimRight(rest, " ")) > 0 {
			return fmt.Errorf("%w: it goes on with %.40q", errLayout, rest)
		}
		if e.variable == ignored {
			continue
		}
		if err := p.set(e.variable, value, rec); err != nil {
			return err
		}
	}
	if p.layout.started {
		rec.Time += int64(rec.Duration)
	}
	rec.Method = known(p.method)
	p.route = AppendRoute(p.route[:0], absolutePath(p.path))
	rec.Route = p.route
	rec.Outcome = slowlog.OutcomeOfStatus(p.status)
	rec.Unmatched = p.status == 404 || p.status == 405
	return nil
}

// cutValue cuts the value of an element off. The last one of a layout ends with the line, or where it has to: then the rest is too
// much. A quote behind a backslash is part of the value.
func cutValue(line []byte, e element) (value, rest []byte, ok bool) {
	end := e.end
	if end == "" {
		from := 0
		switch e.variable {
		case ignored:
			return line, nil, true
		case requestLine:
			from = bytes.LastIndex(line, []byte(" HTTP/")) + 1
		}
		i := bytes.IndexByte(line[from:], ' ')
		if i < 0 || e.variable == requestLine && from == 0 {
			return line, nil, true
		}
		return line[:from+i], line[from+i:], true
	}
	for from := 0; ; {
		i := bytes.Index(line[from:], []byte(end))
		if i < 0 {
			return nil, nil, false
		}
		i += from
		if end[0] != '"' || !escaped(line[:i]) {
			return line[:i], line[i+len(end):], true
		}
		from = i + 1
	}
}

// escaped tells whether text ends with an odd number of backslashes.
func escaped(text []byte) bool {
	n := 0
	for len(text) > n && text[len(text)-1-n] == '\\' {
		n++
	}
	return n%2 == 1
}

func (p *accessParser) set(v variable, value []byte, rec *Record) error {
	var ok bool
	switch v {
	case localTime:
		if rec.Time, ok = p.local.parse(value); !ok {
			return badTime("the time", value)
		}
	case isoTime:
		if rec.Time, ok = p.iso.parse(value); !ok {
			return badTime("the time", value)
		}
	case unixTime:
		if rec.Time, ok = parseUnix(value); !ok {
			return badTime("the time", value)
		}
	case requestLine:
		p.method, p.path = requestOf(value)
	case methodName:
		p.method = value
	case uri:
		p.path = value
	case status:
		if p.status, ok = parseStatus(value); !ok {
			return badStatus(value)
		}
	case clockTime:
		if rec.Time, ok = p.local.parseMillis(value); !ok {
			return badTime("the time", value)
		}
	case count:
		if !isCount(value) {
			return errLayout
		}
	case word:
		if bytes.IndexByte(value, ' ') >= 0 {
			return errLayout
		}
	default:
		return p.took(v, value, rec)
	}
	return nil
}

// took adds a duration to that of the record.
func (p *accessParser) took(v variable, value []byte, rec *Record) error {
	unit := p.unit
	switch {
	case unit != noUnit:
	case v == tookNumber, v == tookSeconds && !millisecondDecimals(value):
		if _, ok := parseDuration(value, microseconds); ok {
			return withoutUnit("the duration", value)
		}
		return badDuration("the duration", value)
	default:
		unit = tookUnits[v]
	}
	d, ok := parseDuration(value, unit)
	if !ok || value[0] == '+' || rec.Duration+d > MaxDuration { // HAProxy writes a + where the request went on
		return badDuration("the duration", value)
	}
	rec.Duration += d
	return nil
}

// millisecondDecimals tells whether a number has a point and three decimals, as nginx's seconds have.
func millisecondDecimals(value []byte) bool {
	return len(value) > 4 && bytes.IndexByte(value, '.') == len(value)-4
}

// isCount tells whether a value is a number of bytes and the like: digits or "-".
func isCount(value []byte) bool {
	for _, c := range value {
		if c-'0' > 9 {
			return len(value) == 1 && c == '-'
		}
	}
	return len(value) > 0
}

// requestOf cuts "GET /path HTTP/1.1". What does not look like that has no path.
func requestOf(line []byte) (method, path []byte) {
	method, path, ok := bytes.Cut(line, []byte(" "))
	if !ok {
		return nil, nil
	}
	if i := bytes.LastIndex(path, []byte(" HTTP/")); i >= 0 {
		path = path[:i]
	}
	return method, path
}

// absolutePath takes scheme and host off a target as proxies get it.
func absolutePath(target []byte) []byte {
	if len(target) > 0 && target[0] == '/' {
		return target
	}
	_, behind, found := bytes.Cut(target, []byte("://"))
	if !found {
		return target
	}
	if i := bytes.IndexByte(behind, '/'); i >= 0 {
		return behind[i:]
	}
	return []byte("/")
}

var methods = [][]byte{
	[]byte("GET"), []byte("POST"), []byte("HEAD"), []byte("PUT"), []byte("DELETE"), []byte("OPTIONS"), []byte("PATCH"),
	[]byte("CONNECT"), []byte("TRACE"), []byte("QUERY"),
}

var otherMethod = []byte("_OTHER") // as OpenTelemetry calls it

// known returns a method that HTTP has, or _OTHER: clients may send any word.
func known(method []byte) []byte {
	for _, m := range methods {
		if bytes.Equal(m, method) {
			return m
		}
	}
	return otherMethod
}
