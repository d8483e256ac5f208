// SPDX-License-Identifier: Apache-2.0

package format

import "bytes"

const (
	maxSegments  = 8  // of a route; the rest of a deeper path is {rest}
	longSegment  = 64 // bytes; a longer segment is an id
	tokenSegment = 20 // bytes from which a mix of cases and digits is an id
	hexSegment   = 8  // hexadecimal digits from which they are an id
)

// AppendRoute appends the route that a path is likely to belong to: without query, and {id} for each segment that is
//
//   - a number, or a UUID,
//   - 8 or more hexadecimal digits, one of them a decimal one at least,
//   - 20 or more letters, digits, - and _, with capitals, small letters and digits among them,
//   - longer than 64 bytes.
//
// What comes behind the eighth segment is {rest}. A path that does not begin with a slash becomes "(unmatched)".
func AppendRoute(dst, path []byte) []byte {
	if i := bytes.IndexAny(path, "?#;"); i >= 0 {
		path = path[:i]
	}
	if len(path) == 0 || path[0] != '/' {
		return append(dst, "(unmatched)"...)
	}
	for n := 0; len(path) > 0; n++ {
		path = path[1:] // the slash
		dst = append(dst, '/')
		if n == maxSegments {
			return append(dst, "{rest}"...)
		}
		segment := path
		if i := bytes.IndexByte(path, '/'); i >= 0 {
			segment = path[:i]
		}
		path = path[len(segment):]
		if isID(segment) {
			dst = append(dst, "{id}"...)
		} else {
			dst = append(dst, segment...)
		}
	}
	return dst
}

// isID tells whether a segment of a path names one of many things.
func isID(s []byte) bool {
	if len(s) == 0 {
		return false
	}
	if len(s) > longSegment {
		return true
	}
	var digits, hexes, lower, upper, dashes, others int
	for _, c := range s {
		switch {
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
