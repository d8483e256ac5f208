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
	return beforeQuery(path)
}

func beforeQuery(path string) string {
	path, _, _ = strings.Cut(path, "?")
	return path
}

// Template returns http.route without a query, which some programs write there. A question mark in braces is that of a pattern.
func Template(route string) string {
	depth := 0
	for i := range len(route) {
		switch route[i] {
		case '{':
			depth++
		case '}':
			depth--
		case '?':
			if depth <= 0 {
				return route[:i]
			}
		}
	}
	return route
}

// BelowSubtree reports whether a route is all of a subtree, such as /api/ or /{rest...}, and a path is not its root. It allocates nothing.
func BelowSubtree(route, path string) bool {
	switch {
	case strings.HasSuffix(route, "...}"):
		return true
	case !strings.HasSuffix(route, "/"):
		return false
	}
	deeper := strings.Count(path, "/") - strings.Count(route, "/")
	return deeper > 0 || deeper == 0 && !strings.HasSuffix(path, "/")
}

// IsFile reports whether a path looks like that of a file or a directory of them: it ends with a slash, or in a name with an extension.
func IsFile(path string) bool {
	name := path[strings.LastIndexByte(path, '/')+1:]
	return name == "" || strings.IndexByte(name, '.') >= 0
}

// hasQuery reports whether a name seems to have more in it than a path: no route is written with any of these.
func hasQuery(name string) bool {
	return strings.ContainsAny(name, "?#;") || strings.Contains(name, "%3F") || strings.Contains(name, "%3f")
}

// isPath reports whether a route is the path that the client asked for, what is left of it below a prefix, or that with something before it,
// as a host. They may differ in case, in what is escaped, and in slashes at their end. It allocates nothing.
func isPath(route, path string) bool {
	if path == "" {
		return false
	}
	subtree := route[len(route)-1] == '/'
	route, path = strings.TrimRight(route, "/"), strings.TrimRight(path, "/")
	n := unescapedLen(route) - unescapedLen(path)
	switch {
	case path == "":
		return strings.IndexByte(route, '{') < 0
	case route == "", n < 0 && subtree:
		return false
	}
	return sameUnescaped(skip(route, n), skip(path, -n))
}

// skip returns what is left of a path after n bytes, unescaped.
func skip(s string, n int) string {
	for ; n > 0; n-- {
		_, s = unescape(s)
	}
	return s
}

func unescapedLen(s string) (n int) {
	for ; len(s) > 0; n++ {
		_, s = unescape(s)
	}
	return n
}

// sameUnescaped reports whether two paths differ in case and in what is escaped, at most. Letters beyond ASCII are not told apart.
func sameUnescaped(a, b string) bool {
	for len(a) > 0 && len(b) > 0 {
		var x, y byte
		x, a = unescape(a)
		y, b = unescape(b)
		if lower(x) != lower(y) && (x < 0x80 || y < 0x80) {
			return false
		}
	}
	return a == b
}

func lower(c byte) byte {
	if c-'A' <= 'Z'-'A' {
		return c | 0x20
	}
	return c
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
