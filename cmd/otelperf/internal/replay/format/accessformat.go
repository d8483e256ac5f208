// SPDX-License-Identifier: Apache-2.0

package format

import (
	"errors"
	"fmt"
	"strings"
)

// variable is what a part of a log line means.
type variable uint8

const (
	ignored     variable = iota
	count                // digits or "-", of no interest, but no other text
	word                 // without a space, of no interest
	localTime            // 02/Mar/2026:10:00:00 +0000
	clockTime            // 02/Mar/2026:10:00:00.000
	isoTime              // RFC 3339
	unixTime             // s with a fraction
	requestLine          // GET /path HTTP/1.1
	methodName           //
	uri                  // path, or path and query
	status               //
	tookNumber           // of a unit that is not known
	tookSeconds          // with three decimals
	tookS                //
	tookMs               //
	tookUs               //
	tookNs               //
	tookPart             // s, of which several make the duration
)

var tookUnits = map[variable]Unit{
	tookSeconds: seconds, tookS: seconds, tookMs: milliseconds, tookUs: microseconds, tookNs: nanoseconds, tookPart: seconds,
}

// nginxVariables are those that mean something here, and some of our own for what other servers write.
var nginxVariables = map[string]variable{
	"time_local": localTime, "time_iso8601": isoTime, "msec": unixTime, "request": requestLine, "request_method": methodName,
	"uri": uri, "request_uri": uri, "document_uri": uri, "status": status, "request_time": tookSeconds,
	"body_bytes_sent": count, "bytes_sent": count, "request_length": count,

	"start_local": localTime, "start_iso8601": isoTime, "start_clock": clockTime,
	"duration": tookNumber, "duration_s": tookS, "duration_ms": tookMs, "duration_us": tookUs, "duration_ns": tookNs, "part_s": tookPart,
	"count": count, "word": word,
}

// apacheDirectives are those that mean something here, with their argument if they have one. Apache writes %D in µs, as Tomcat does
// since 10.1; before it was in ms.
var apacheDirectives = map[string]variable{
	"t": localTime, "r": requestLine, "m": methodName, "U": uri, "s": status,
	"T": tookS, "{s}T": tookS, "{ms}T": tookMs, "{us}T": tookUs, "D": tookNumber,
	"b": count, "B": count, "I": count, "O": count,
}

// element is a variable of a log line and the text that ends it: "" for the last.
type element struct {
	variable variable
	end      string
}

// layout is a compiled log format.
type layout struct {
	begin    string // before the first element
	elements []element
	started  bool // times are those of the begin of a request
}

// MaxFormat is the most bytes that a log format may have.
const MaxFormat = 4096

// compile reads a log format: one of nginx if it has a $, else one of Apache.
func compile(format string) (*layout, error) {
	if len(format) > MaxFormat {
		return nil, fmt.Errorf("the log format is longer than %d bytes", MaxFormat)
	}
	l := &layout{}
	next := nextApache
	if strings.Contains(format, "$") {
		next = nextNginx
		l.started = strings.Contains(format, "$start_") || strings.Contains(format, "${start_")
	} else {
		l.started = true
	}
	for len(format) > 0 {
		text, v, rest, err := next(format)
		if err != nil {
			return nil, err
		}
		if n := len(l.elements); n == 0 {
			l.begin = text
		} else {
			l.elements[n-1].end = text
		}
		if len(rest) == 0 && v == nil {
			break
		}
		l.elements = append(l.elements, element{variable: *v})
		format = rest
	}
	return l.join()
}

// nextNginx cuts text and the variable behind it off: "$name" or "${name}". v is nil at the end.
func nextNginx(format string) (text string, v *variable, rest string, err error) {
	text, rest, found := strings.Cut(format, "$")
	if !found {
		return text, nil, "", nil
	}
	name := rest[:wordLen(rest)]
	if strings.HasPrefix(rest, "{") {
		name, rest, found = strings.Cut(rest[1:], "}")
		if !found || wordLen(name) != len(name) {
			return "", nil, "", errors.New("the log format has a ${ without a name and a }")
		}
	} else {
		rest = rest[len(name):]
	}
	if name == "" {
		return "", nil, "", errors.New("the log format has a $ without a name")
	}
	kind := nginxVariables[name]
	return text, &kind, rest, nil
}

// wordLen is the number of letters, digits and _ at the begin.
func wordLen(s string) int {
	i := strings.IndexFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_'
	})
	if i < 0 {
		return len(s)
	}
	return i
}

// nextApache does the same for "%s", "%>s", "%{Referer}i". "%%" is a percent sign.
func nextApache(format string) (text string, v *variable, rest string, err error) {
	var before strings.Builder
	for {
		t, r, found := strings.Cut(format, "%")
		before.WriteString(t)
		if !found {
			return before.String(), nil, "", nil
		}
		if !strings.HasPrefix(r, "%") {
			rest = strings.TrimLeft(r, "<>")
			break
		}
		before.WriteByte('%')
		format = r[1:]
	}
	argument := ""
	if strings.HasPrefix(rest, "{") {
		end := strings.IndexByte(rest, '}')
		if end < 0 {
			return "", nil, "", errors.New("the log format has a %{ without a }")
		}
		argument, rest = rest[:end+1], rest[end+1:]
	}
	if wordLen(rest) == 0 {
		return "", nil, "", errors.New("the log format has a % without a letter")
	}
	letter := rest[:1]
	rest = rest[1:]
	kind := apacheDirectives[argument+letter]
	if letter == "t" && argument == "" {
		before.WriteByte('[')
		rest = "]" + rest
	}
	return before.String(), &kind, rest, nil
}

// join checks a layout, and makes one element of two with nothing between them when the second one is not needed, such
// as path and query in "%U%q".
func (l *layout) join() (*layout, error) {
	kept := l.elements[:0]
	for _, e := range l.elements {
		if n := len(kept); n > 0 && kept[n-1].end == "" {
			if e.variable != ignored {
				return nil, errors.New("the log format has two variables with nothing between them")
			}
			kept[n-1].end = e.end
			continue
		}
		kept = append(kept, e)
	}
	l.elements = kept
	return l, l.complete()
}

// unit is that of the durations, noUnit where the format does not tell.
func (l *layout) unit() Unit {
	for _, e := range l.elements {
		if u := tookUnits[e.variable]; u != noUnit {
			return u
		}
	}
	return noUnit
}

// complete reports what is missing in a layout.
func (l *layout) complete() error {
	var has [tookPart + 1]int
	for _, e := range l.elements {
		has[e.variable]++
	}
	var errs []error
	if has[localTime]+has[isoTime]+has[unixTime]+has[clockTime] == 0 {
		errs = append(errs, errors.New("the log format has no time: $time_local, $time_iso8601, $msec, $start_local, $start_iso8601 or %t"))
	}
	took := 0
	for v := tookNumber; v < tookPart; v++ {
		took += has[v]
	}
	switch {
	case took+has[tookPart] == 0:
		errs = append(errs, errors.New("the log format has no duration: $request_time, $duration, $duration_ms, %D or %T"))
	case took > 1:
		errs = append(errs, errors.New("the log format has several durations"))
	}
	if has[requestLine]+has[uri] == 0 {
		errs = append(errs, errors.New("the log format has no request: $request, $uri, %r or %U"))
	}
	return errors.Join(errs...)
}
