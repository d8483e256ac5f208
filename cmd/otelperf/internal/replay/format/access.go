// SPDX-License-Identifier: Apache-2.0

package format

import (
	"bytes"
	"errors"
	"time"

	"github.com/otelperf/otelperf-go/slowlog"
)

// accessParser parses lines of an access log.
type accessParser struct {
	layout *layout
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
	p.method, p.path, p.status = nil, nil, 0
	for _, e := range p.layout.elements {
		var value []byte
		if value, rest, ok = cutValue(rest, e.end); !ok {
			return errLayout
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

// cutValue cuts a value off that ends before end; the last one ends at a space or at the end of the line. A quote
// behind a backslash is part of the value.
func cutValue(line []byte, end string) (value, rest []byte, ok bool) {
	if end == "" {
		value, rest, _ = bytes.Cut(line, []byte(" "))
		return value, rest, true
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
	case tookSeconds:
		return setDuration(value, seconds, rec)
	case tookMillis:
		return setDuration(value, milliseconds, rec)
	case tookMicros:
		return setDuration(value, microseconds, rec)
	}
	return nil
}

func setDuration(value []byte, unit int, rec *Record) error {
	d, ok := parseDuration(value, unit)
	if !ok {
		return badDuration("the duration", value)
	}
	rec.Duration = d
	return nil
}

// parseUnix parses seconds since 1970 with a fraction.
func parseUnix(b []byte) (ns int64, ok bool) {
	whole, fraction, _ := bytes.Cut(b, []byte("."))
	if len(whole) == 0 || len(whole) > 10 {
		return 0, false
	}
	for _, c := range whole {
		if c-'0' > 9 {
			return 0, false
		}
		ns = ns*10 + int64(c-'0')
	}
	if ns > lastSecond {
		return 0, false
	}
	d := time.Duration(0)
	if len(fraction) > 0 {
		if d, ok = parseDuration(append([]byte("0."), fraction...), seconds); !ok {
			return 0, false
		}
	}
	return ns*1e9 + int64(d), true
}

// lastSecond is the end of the year 2261.
var lastSecond = time.Date(lastYear, 12, 31, 23, 59, 59, 0, time.UTC).Unix()

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
