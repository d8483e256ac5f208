// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"net/url"
	"slices"
	"strings"
	"sync"
)

// elided stands in a route for path segments that no pattern names.
const elided = "{...}"

// templateOf is the path part of a pattern: "GET example.com/a/{b}" gives "/a/{b}".
func templateOf(pattern string) string {
	if i := strings.IndexByte(pattern, '/'); i >= 0 {
		return pattern[i:]
	}
	return ""
}

// strippedPrefix is what was cut from the front of the requested path to make u, or ""
// if nothing was, or if the path was rewritten in another way. requested is asked
// only when the plain comparison with uri fails.
func strippedPrefix(requested func() string, uri string, u *url.URL) string {
	if rest, ok := strings.CutPrefix(uri, u.Path); ok && u.RawPath == "" && u.Path != "" && (rest == "" || rest[0] == '?') {
		return ""
	}
	prefix, ok := strings.CutSuffix(requested(), u.EscapedPath())
	if !ok || !strings.HasPrefix(prefix, "/") {
		return ""
	}
	return strings.TrimRight(prefix, "/")
}

// prefixes remembers prefixes that were stripped where no pattern tells of them:
// http.StripPrefix around the only mux. Such a prefix is a constant of the program, so
// there are few; code that strips names or ids makes many. At most 8 of at most 64
// plain bytes are kept, the rest is elided.
type prefixes struct {
	mu    sync.RWMutex // guards known
	known []string
}

const (
	maxPrefixes  = 8
	maxPrefixLen = 64
)

// append appends the part of a route for a stripped prefix. outer is the route of the mux above, if there is one: then only its words are
// used.
func (p *prefixes) append(b []byte, prefix, outer string) []byte {
	switch {
	case outer != "":
		return appendOuter(b, prefix, outer)
	case p.constant(prefix):
		return append(b, prefix...)
	}
	return append(b, "/"+elided...)
}

func (p *prefixes) constant(prefix string) bool {
	p.mu.RLock()
	found, full := slices.Contains(p.known, prefix), len(p.known) >= maxPrefixes
	p.mu.RUnlock()
	if found || full || !plainPath(prefix) {
		return found
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if slices.Contains(p.known, prefix) {
		return true
	}
	if len(p.known) >= maxPrefixes {
		return false
	}
	p.known = append(p.known, strings.Clone(prefix))
	return true
}

func plainPath(s string) bool {
	return len(s) <= maxPrefixLen && !strings.ContainsFunc(s, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("/._~-", c)
	})
}

// appendOuter names the segments of prefix by those of the outer route, as far as
// that has segments of its own: a trailing slash or {rest...} matched anything.
func appendOuter(b []byte, prefix, outer string) []byte {
	prefix, outer = strings.Trim(prefix, "/"), strings.TrimPrefix(outer, "/")
	for have, named := true, true; have; {
		var segment, name string
		segment, prefix, have = strings.Cut(prefix, "/")
		if !named {
			return append(b, "/"+elided...)
		}
		name, outer, named = strings.Cut(outer, "/")
		if !standsFor(name, segment) {
			return append(b, "/"+elided...)
		}
		b = append(append(b, '/'), name...)
	}
	return b
}

// standsFor says whether name, a segment of a pattern, stands for exactly this segment.
func standsFor(name, segment string) bool {
	if strings.HasPrefix(name, "{") {
		return name != "{$}" && !strings.HasSuffix(name, "...}")
	}
	if name == segment {
		return name != ""
	}
	unescaped, err := url.PathUnescape(segment)
	return err == nil && name != "" && name == unescaped
}

// nextWildcard is the name of the first wildcard of a pattern, and what follows it.
func nextWildcard(pattern string) (name, rest string, ok bool) {
	_, after, ok := strings.Cut(pattern, "{")
	if !ok {
		return "", "", false
	}
	name, rest, ok = strings.Cut(after, "}")
	return strings.TrimSuffix(name, "..."), rest, ok
}
