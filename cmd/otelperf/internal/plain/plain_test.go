// SPDX-License-Identifier: Apache-2.0

package plain

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestLine(t *testing.T) {
	for in, want := range map[string]string{
		"GET /a é 語":            "GET /a é 語",
		"\x1b]0;owned\a\x1b[2J": "?]0;owned??[2J",
		"a\u009b31mb\u202ec":    "a?31mb?c",
		"two\nlines\tand":       "two?lines?and",
		"a\xffb":                "a\ufffdb",
	} {
		if got := Line(in); got != want {
			t.Errorf("Line(%q) is %q, want %q", in, got, want)
		}
	}
	if got := Clip("abcdé", 4); got != "abc…" {
		t.Errorf("Clip gives %q", got)
	}
	if got := Clip("abcdé", 5); got != "abcdé" {
		t.Errorf("Clip of what fits gives %q", got)
	}
}

func TestWrap(t *testing.T) {
	for text, want := range map[string]string{"": "", "a b": "a b", "ääää bb cc": "ääää|bb cc", "abcdefgh ij k": "abcdefgh|ij k", "  a  b  ": "a b"} {
		if got := strings.Join(Wrap(text, 6), "|"); got != want {
			t.Errorf("Wrap(%q) gives %q, want %q", text, got, want)
		}
	}
}

func FuzzLine(f *testing.F) {
	f.Add("\x1b[31m")
	f.Add("\u202e\x80")
	f.Fuzz(func(t *testing.T, s string) {
		got := Line(s)
		if !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("Line(%q) is %q", s, got)
		}
	})
}

// JSON changes how values are written, never the values.
func FuzzJSON(f *testing.F) {
	f.Add([]byte("{\"a\":\"\u009b31m\u202e\U000e0001\x7f\",\r\n\t\"b\":[1,null]}"))
	f.Add([]byte("\"\xff\""))
	f.Fuzz(func(t *testing.T, text []byte) {
		var want, got any
		if json.Unmarshal(text, &want) != nil {
			return
		}
		safe := JSON(text)
		if err := json.Unmarshal(safe, &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("JSON(%q) is %q: %v", text, safe, err)
		}
		for _, r := range string(safe) {
			if r != '\n' && !unicode.IsPrint(r) {
				t.Errorf("JSON(%q) has %U", text, r)
			}
		}
	})
}

func TestNumbers(t *testing.T) {
	for v, want := range map[float64]string{0: "0.00", 0.123: "0.12", 12.34: "12.3", 123.6: "124", 1e12: "1.00e+12", math.Inf(1): "-", -3: "-3.00"} {
		if got := Number(&v); got != want {
			t.Errorf("Number(%v) is %q, want %q", v, got, want)
		}
	}
	if Number(nil) != "-" || Ms(nil) != "-" || Share(nil) != "-" || Times(nil) != "-" {
		t.Error("nil is not shown as no data")
	}
	for v, want := range map[float64]string{0: "0 %", 0.0004: "0.04 %", 0.012: "1.2 %", 0.5: "50 %", 1: "100 %"} {
		if got := Share(&v); got != want {
			t.Errorf("Share(%v) is %q, want %q", v, got, want)
		}
	}
	for v, want := range map[float64]string{-1: "0s", 0.9: "0s", 59: "59s", 61: "1m1s", 3661: "1h1m", 90000: "1d1h", 1e300: "36500d", 300: "5m"} {
		if got := Seconds(v); got != want {
			t.Errorf("Seconds(%v) is %q, want %q", v, got, want)
		}
	}
	if got := Plural(1, "request") + ", " + Plural(uint64(2), "request"); got != "1 request, 2 requests" {
		t.Errorf("Plural gives %q", got)
	}
}
