// SPDX-License-Identifier: Apache-2.0

package slowlog

import (
	"net/url"
	"strings"
)

const idPlaceholder = "{id}"

// httpTarget is where a call went, equal for equal calls: the url template if there is one, else the url with ids
// taken out of its path, which becomes the template. User, query string and fragment are never part of it.
func (c *Call) httpTarget(peer string) string {
	u, err := url.Parse(c.URLFull[:min(len(c.URLFull), maxURLIn)])
	if err != nil || u.Host == "" {
		return peer + c.URLTemplate
	}
	base := u.Host
	if u.Scheme != "" {
		base = u.Scheme + "://" + u.Host
	}
	if c.URLTemplate == "" {
		c.URLTemplate = templatePath(u.EscapedPath())
	}
	if c.URLTemplate != "" && !strings.HasPrefix(c.URLTemplate, "/") {
		return c.URLTemplate
	}
	return base + c.URLTemplate
}

// templatePath replaces the segments of a path that look like ids.
func templatePath(path string) string {
	segments := strings.Split(clamp(path, maxTemplatePath), "/")
	for i, s := range segments {
		if isID(s) {
			segments[i] = idPlaceholder
		}
	}
	return strings.Join(segments, "/")
}

// isID reports whether a path segment looks like one value of many: a number, a UUID or another run of hex digits
// with dashes, a long token, an e-mail address. It may err; a url template does not.
func isID(s string) bool {
	var digits, hex, dashes, at int
	for i := range len(s) {
		switch c := s[i]; {
		case '0' <= c && c <= '9':
			digits++
		case 'a' <= c && c <= 'f', 'A' <= c && c <= 'F':
			hex++
		case c == '-' || c == '_':
			dashes++
		case c == '@':
			at++
		}
	}
	switch n := len(s); {
	case at > 0, strings.Contains(s, "%40"):
		return true
	case digits == 0:
		return n > 40
	case digits+dashes == n, digits+hex+dashes == n && n >= 8:
		return true
	default:
		return n >= 20
	}
}
