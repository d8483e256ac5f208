// SPDX-License-Identifier: Apache-2.0

package why

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/internal/units"
)

// The longest texts, in bytes.
const (
	maxEndpoint = 120
	maxName     = 120 // of dependencies and pools
	maxAbout    = 160
	maxSentence = 320
	maxHeadline = 1 << 10
)

const ellipsis = "…"

// Clean is s on one line, as valid UTF-8 of at most limit bytes, without what a terminal would act on.
func Clean(s string, limit int) string {
	cut := len(s) > limit
	if cut {
		s = s[:limit-len(ellipsis)]
		for i := 0; i < utf8.UTFMax && s != ""; i++ {
			if r, n := utf8.DecodeLastRuneInString(s); r != utf8.RuneError || n > 1 {
				break
			}
			s = s[:len(s)-1]
		}
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError:
			return '?'
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == '\u2028', r == '\u2029':
			return ' '
		}
		return r
	}, s)
	if cut {
		s += ellipsis
	}
	return s
}

// sentence is what a candidate says.
func sentence(c *candidate) string {
	upTo := ""
	if c.atMost {
		upTo = "up to "
	}
	of := ""
	if c.then > 0 {
		of = fmt.Sprintf("of +%s ms when recorded: ", number(c.then))
	}
	return Clean(fmt.Sprintf("%s%.0f %% %s%s", upTo, 100*c.Share, of, c.text), maxSentence)
}

// Longer begins what is said of an endpoint: by how much its slow requests take longer than ordinary ones, which is more than what the average of
// all has risen by.
func Longer(endpoint string, extra float64) string {
	return fmt.Sprintf("%s: +%s ms a slow request; ", Clean(endpoint, maxEndpoint), number(extra))
}

// headline says how much longer slow requests take, and the first two causes.
func headline(endpoint string, extra float64, found []causes.Ranked) string {
	s := Longer(endpoint, extra)
	if len(found) == 0 {
		return s + "the cause is unknown: nothing has 30 % of it"
	}
	said := []string{}
	for _, c := range found[:min(len(found), 2)] {
		text := c.Sentence
		if c.Unknown {
			text = strings.Replace(text, "% ", "% unknown: ", 1)
		}
		said = append(said, text)
	}
	return Clean(s+strings.Join(said, "; "), maxHeadline)
}

// inSentence begins a sentence with a small letter, unless an abbreviation stands there.
func inSentence(s string) string {
	if first, size := utf8.DecodeRuneInString(s); size < len(s) && unicode.IsUpper(first) {
		if second, _ := utf8.DecodeRuneInString(s[size:]); !unicode.IsUpper(second) {
			return string(unicode.ToLower(first)) + s[size:]
		}
	}
	return s
}

// number writes a number with two or three digits.
func number(x float64) string { return strings.TrimSuffix(units.Short(x), ".0") }
