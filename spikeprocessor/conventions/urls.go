// SPDX-License-Identifier: Apache-2.0

package conventions

import "strings"

// maxErrorText is how much of an error's text is read, in bytes.
const maxErrorText = 16 << 10

// A URL in a text ends before one of these. One in quotes ends with its quote.
const (
	urlQuotes = "\"'`"
	urlEnds   = urlQuotes + " \t\r\n<>"
)

// ErrorText returns what may be stored of an error's message or stack: its first 16 KiB, less query, fragment and user of the URLs and
// less the query of the paths in it, which errors quote: `Get "http://inventory/items?token=1": EOF`. All else stays as it is. It
// allocates only for texts that have one of them.
func ErrorText(s string) string {
	s = cut(s, maxErrorText)
	if !strings.Contains(s, "/") || !strings.ContainsAny(s, "?#@") {
		return s
	}
	var b strings.Builder
	done := 0
	for at := 0; at < len(s); {
		start := len(s) - len(strings.TrimLeft(s[at:], urlEnds))
		at = start + wordLength(s, start)
		if bare, tail := bareURL(s[start:at]); len(bare)+len(tail) < at-start {
			b.WriteString(s[done:start])
			b.WriteString(bare)
			b.WriteString(tail)
			done = at
		}
	}
	if done == 0 {
		return s
	}
	b.WriteString(s[done:])
	return b.String()
}

// wordLength is the length of the word that begins at start, or of the whole URL if one begins there in quotes.
func wordLength(s string, start int) int {
	word := s[start:]
	n := strings.IndexAny(word, urlEnds)
	if n < 0 {
		return len(word)
	}
	if start == 0 || !strings.Contains(urlQuotes, s[start-1:start]) || !strings.HasPrefix(word, "/") && !strings.Contains(word[:n], "://") {
		return n
	}
	for i := 0; i < len(word); i++ {
		switch word[i] {
		case '\\':
			i++ // as %q has quotes within
		case s[start-1]:
			return i
		}
	}
	return len(word) // it was cut off
}

// bareURL is a word without the parts of a URL that nobody is to see, and the punctuation behind it.
func bareURL(word string) (bare, tail string) {
	ends := "?"
	if strings.Contains(word, "://") {
		ends = "?#"
	}
	if at := strings.IndexAny(word, ends); at >= 0 && strings.Contains(word[:at], "/") {
		tail = word[max(at, len(strings.TrimRight(word, ".,:;!?)]}"))):]
		word = word[:at]
	}
	return withoutUsers(word), tail
}

// withoutUsers takes the users out of URLs.
func withoutUsers(s string) string {
	if !strings.Contains(s, "://") || !strings.Contains(s, "@") {
		return s
	}
	var b strings.Builder
	for {
		before, after, found := strings.Cut(s, "://")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteString("://")
		host, _, _ := strings.Cut(after, "/")
		s = after[strings.LastIndexByte(host, '@')+1:]
	}
}
