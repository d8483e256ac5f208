// SPDX-License-Identifier: Apache-2.0

package format

import (
	"bytes"
	"fmt"
	"strconv"
	"time"
)

// minuteLen is the length of "2006-01-02T15:04".
const minuteLen = 16

const (
	firstYear, lastYear = 1970, 2261 // what a time in ns can say
	secondsPerDay       = 86400
)

// stamps parses times as RFC 3339 has them: 2026-03-02T10:00:00.123Z, with T or a space, Z or an offset, a point or a comma.
// Digits beyond ns are cut. It remembers the minute of the last one, since the next is mostly in the same.
type stamps struct {
	minute [minuteLen]byte
	unix   int64 // of minute, as UTC
}

// parse returns ns since 1970; ok is false for what is no time between 1970 and 2261.
func (s *stamps) parse(b []byte) (ns int64, ok bool) {
	if len(b) < len("2006-01-02T15:04:05Z") {
		return 0, false
	}
	if string(b[:minuteLen]) != string(s.minute[:]) && !s.setMinute(b[:minuteLen]) {
		return 0, false
	}
	second, ok := twoDigits(b[17], b[18], 59)
	if !ok || b[16] != ':' {
		return 0, false
	}
	fraction, rest, ok := fractionOfSecond(b[19:])
	if !ok {
		return 0, false
	}
	unix := s.unix + int64(second)
	if len(rest) != 1 || rest[0] != 'Z' && rest[0] != 'z' {
		offset, ok := zoneOffset(rest)
		if !ok {
			return 0, false
		}
		unix -= offset
	}
	if unix < 0 {
		return 0, false
	}
	return unix*1e9 + fraction, true
}

// setMinute parses "2006-01-02T15:04".
func (s *stamps) setMinute(b []byte) bool {
	century, ok1 := twoDigits(b[0], b[1], 99)
	year, ok2 := twoDigits(b[2], b[3], 99)
	month, ok3 := twoDigits(b[5], b[6], 12)
	day, ok4 := twoDigits(b[8], b[9], 31)
	hour, ok5 := twoDigits(b[11], b[12], 23)
	minute, ok6 := twoDigits(b[14], b[15], 59)
	year += 100 * century
	if !(ok1 && ok2 && ok3 && ok4 && ok5 && ok6) || b[4] != '-' || b[7] != '-' || b[13] != ':' ||
		b[10] != 'T' && b[10] != 't' && b[10] != ' ' || month == 0 || day == 0 || year < firstYear || year > lastYear {
		return false
	}
	t := time.Date(year, time.Month(month), day, hour, minute, 0, 0, time.UTC)
	if t.Day() != day { // the 31st of a month that has 30
		return false
	}
	s.unix = t.Unix()
	copy(s.minute[:], b)
	return true
}

// twoDigits returns a number of two digits that is at most limit.
func twoDigits(a, b byte, limit int) (int, bool) {
	tens, ones := a-'0', b-'0'
	n := int(tens)*10 + int(ones)
	return n, tens <= 9 && ones <= 9 && n <= limit
}

// fractionOfSecond parses a fraction of a second, if there is one.
func fractionOfSecond(b []byte) (ns int64, rest []byte, ok bool) {
	if len(b) == 0 || b[0] != '.' && b[0] != ',' {
		return 0, b, true
	}
	i := 1
	scale := int64(1e9)
	for ; i < len(b) && b[i]-'0' <= 9; i++ {
		if scale > 1 {
			ns = ns*10 + int64(b[i]-'0')
			scale /= 10
		}
	}
	return ns * scale, b[i:], i > 1
}

// zoneOffset parses "+01:00" to seconds east of UTC.
func zoneOffset(b []byte) (int64, bool) {
	if len(b) != len("+01:00") || b[3] != ':' || b[0] != '+' && b[0] != '-' {
		return 0, false
	}
	hours, ok1 := twoDigits(b[1], b[2], 23)
	minutes, ok2 := twoDigits(b[4], b[5], 59)
	offset := int64(hours*3600 + minutes*60)
	if b[0] == '-' {
		offset = -offset
	}
	return offset, ok1 && ok2
}

// localStamps parses the times of access logs, 02/Mar/2026:10:00:00 +0000. They have whole seconds, so that the last
// one is mostly the next one.
type localStamps struct {
	last  [localLen]byte
	unix  int64
	zoned [localLen]byte // memory of parseMillis
}

const (
	localLayout = "02/Jan/2006:15:04:05 -0700"
	localLen    = len(localLayout)
)

func (s *localStamps) parse(b []byte) (ns int64, ok bool) {
	if len(b) == localLen && string(b) == string(s.last[:]) {
		return s.unix * 1e9, true
	}
	t, err := time.Parse(localLayout, string(b))
	if err != nil || t.Unix() < 0 || t.Year() > lastYear {
		return 0, false
	}
	if len(b) == localLen {
		copy(s.last[:], b)
		s.unix = t.Unix()
	}
	return t.Unix() * 1e9, true
}

// parseMillis parses the times of HAProxy, 02/Mar/2026:10:00:00.123, which have no zone: they are read as UTC.
func (s *localStamps) parseMillis(b []byte) (ns int64, ok bool) {
	whole, fraction, found := bytes.Cut(b, []byte("."))
	if !found || len(fraction) != 3 || len(whole) != len("02/Jan/2006:15:04:05") {
		return 0, false
	}
	part, ok := parseDuration(fraction, milliseconds)
	if !ok {
		return 0, false
	}
	ns, ok = s.parse(append(append(s.zoned[:0], whole...), " +0000"...))
	return ns + int64(part), ok
}

// parseEpoch parses a number since 1970 in s, ms, µs or ns, which its size tells apart: what would be before 1973 in the smaller
// unit is in the larger one. A fraction counts for seconds, and is cut of the others.
func parseEpoch(b []byte) (ns int64, ok bool) {
	whole, _, _ := bytes.Cut(b, []byte("."))
	if len(whole) <= 10 {
		return parseUnix(b)
	}
	n, err := strconv.ParseInt(string(whole), 10, 64)
	if err != nil || n < 0 {
		return 0, false
	}
	scale := int64(1)
	switch {
	case n < 1e14:
		scale = 1e6
	case n < 1e17:
		scale = 1e3
	}
	if n > lastSecond*1e9/scale {
		return 0, false
	}
	return n * scale, true
}

// parseMicros parses µs since 1970.
func parseMicros(s string) (ns int64, ok bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n <= 0 || n > lastSecond*1e6 {
		return 0, false
	}
	return n * 1e3, true
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
	scale := int64(1e8)
	part := int64(0)
	for _, c := range fraction {
		if c-'0' > 9 {
			return 0, false
		}
		part += int64(c-'0') * scale
		scale /= 10
	}
	return ns*1e9 + part, true
}

// lastSecond is the end of the year 2261.
var lastSecond = time.Date(lastYear, 12, 31, 23, 59, 59, 0, time.UTC).Unix()

// badTime is the error for what is no time.
func badTime(field string, b []byte) error {
	if len(bytes.TrimSpace(b)) == 0 {
		return fmt.Errorf("%s is empty", field)
	}
	return fmt.Errorf("%s is %.40q, which is no time from 1970 to 2261", field, b)
}
