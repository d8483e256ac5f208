// SPDX-License-Identifier: Apache-2.0

package slowlog

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// The longest strings that an entry or a node keeps, in bytes. Longer ones end in "…".
const (
	maxPath       = 512
	maxName       = 128 // names, kinds, methods, error types, attribute keys
	maxRoute      = 256
	maxMessage    = 1024
	maxStack      = 16 << 10
	maxDetail     = 512
	maxDependency = 520
	maxValue      = 256
	maxDimensions = 16
)

const ellipsis = "…"

// clamp returns s as valid UTF-8 of at most n bytes, n ≥ len(ellipsis). Invalid bytes become '?', one for each run, so
// that the text never grows. The result never keeps a longer string alive than it needs when it had to be changed.
func clamp(s string, n int) string {
	cut := len(s) > n
	if cut {
		end := n - len(ellipsis)
		for end > 0 && end > n-len(ellipsis)-utf8.UTFMax && !utf8.RuneStart(s[end]) {
			end--
		}
		s = s[:end]
	}
	s = strings.ToValidUTF8(s, "?")
	if cut {
		s += ellipsis
	}
	return s
}

// own is clamp with memory of its own: a path of ten bytes is often a slice of a request line of a megabyte.
func own(s string, n int) string {
	return strings.Clone(clamp(s, n))
}

// printable returns s on one line without what a terminal would act on: control and formatting characters
// (bidirectional overrides among them) become spaces.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, s)
}
