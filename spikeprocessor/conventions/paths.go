// SPDX-License-Identifier: Apache-2.0

package conventions

import "strings"

// requested is the path that the client asked for, perhaps escaped; "" if that is not known.
func (s *said) requested() string {
	path := s.path
	if path == "" {
		_, rest, _ := strings.Cut(s.url, "://")
		if i := strings.IndexByte(rest, '/'); i >= 0 {
			path = rest[i:]
		}
	}
	if i := strings.IndexByte(path, '?'); i >= 0 {
		path = path[:i]
	}
	return path
}

// isPath reports whether a route is the path that the client asked for, or what is left of it below a prefix. One of them may be escaped.
func isPath(route, path string) bool {
	if path == "" {
		return false
	}
	if strings.IndexByte(route, '%') >= 0 || strings.IndexByte(path, '%') >= 0 {
		return sameUnescaped(route, path)
	}
	return route == path || len(route) > 1 && route[len(route)-1] != '/' && strings.HasSuffix(path, route)
}

// sameUnescaped reports whether two paths differ in what is escaped, at most. It allocates nothing.
func sameUnescaped(a, b string) bool {
	for len(a) > 0 && len(b) > 0 {
		var x, y byte
		x, a = unescape(a)
		y, b = unescape(b)
		if x != y {
			return false
		}
	}
	return a == b
}

// unescape returns the first byte of a path that is not empty, and the rest.
func unescape(s string) (byte, string) {
	if s[0] == '%' && len(s) > 2 {
		if hi, lo := hexDigit(s[1]), hexDigit(s[2]); hi < 16 && lo < 16 {
			return hi<<4 | lo, s[3:]
		}
	}
	return s[0], s[1:]
}

// hexDigit is 16 or more for what is none.
func hexDigit(c byte) byte {
	switch {
	case c-'0' <= 9:
		return c - '0'
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	}
	return 16
}

const (
	longSegment  = 64 // bytes; a longer segment is an id
	tokenSegment = 20 // bytes from which a mix of cases and digits is an id
	hexSegment   = 8  // hexadecimal digits from which they are an id
)

// hasID reports whether a segment of a path is likely to name one of many things. Words that are joined with "-", "." or ":" are looked
// at one by one, too.
func hasID(path string) bool {
	for path != "" {
		i := strings.IndexByte(path, '/')
		segment := path
		if i >= 0 {
			segment, path = path[:i], path[i+1:]
		} else {
			path = ""
		}
		if IsID(segment) {
			return true
		}
		for segment != "" {
			n := strings.IndexAny(segment, "-.:_")
			word := segment
			if n >= 0 {
				word, segment = segment[:n], segment[n+1:]
			} else {
				segment = ""
			}
			if IsID(word) {
				return true
			}
		}
	}
	return false
}

// IsID reports whether a segment of a path names one of many things: it is
//
//   - a number, or a UUID,
//   - 8 or more hexadecimal digits, one of them a decimal one at least,
//   - 20 or more letters, digits, - and _, with capitals, small letters and digits among them,
//   - longer than 64 bytes.
func IsID[S ~string | ~[]byte](s S) bool {
	if len(s) == 0 {
		return false
	}
	if len(s) > longSegment {
		return true
	}
	var digits, hexes, lower, upper, dashes, others int
	for i := range len(s) {
		switch c := s[i]; {
		case c-'0' <= 9:
			digits++
			hexes++
		case c-'a' <= 'z'-'a':
			lower++
			if c <= 'f' {
				hexes++
			}
		case c-'A' <= 'Z'-'A':
			upper++
			if c <= 'F' {
				hexes++
			}
		case c == '-':
			dashes++
		case c != '_':
			others++
		}
	}
	switch n := len(s); {
	case digits == n:
		return true
	case hexes == n:
		return n >= hexSegment && digits > 0
	case n == 36 && hexes == 32 && dashes == 4:
		return s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-'
	default:
		return n >= tokenSegment && others == 0 && digits > 0 && lower > 0 && upper > 0
	}
}
