// SPDX-License-Identifier: Apache-2.0

package conventions

import (
	"strings"
	"testing"
)

func TestText(t *testing.T) {
	for _, tt := range []struct {
		in, want string
		limit    int
	}{
		{"abc", "abc", 3}, {"abcd", "abc", 3}, {"aé", "a", 2}, {"aé", "aé", 3}, {"a€", "a", 3}, {"\xff", "\uFFFD", 9}, {"", "", 0},
		{"ab\x80\x80\x80\x80\x80\x80", "ab", 6}, {"é", "", 1}, {"\x80\x80", "", 1}, {"a\xffb", "a\uFFFDb", 9}, {"a\xffb", "a", 3},
	} {
		if got := Text(tt.in, tt.limit); got != tt.want {
			t.Errorf("Text(%q, %d) = %q, want %q", tt.in, tt.limit, got, tt.want)
		}
	}
}

// TestClippedNamesStayTheSame: a name that was clipped on its way gives the endpoint that the whole one gives.
func TestClippedNamesStayTheSame(t *testing.T) {
	for _, rune := range []string{"x", "é", "€", "😀", "\xff", "\xf0\x9f"} {
		for shift := range 5 {
			name := strings.Repeat("a", shift) + strings.Repeat(rune, 300)
			whole, clipped := Request{Method: "GET", Route: name}, Request{Method: "GET", Route: Clip(name)}
			if w, c := whole.Endpoint(), clipped.Endpoint(); w != c || len(w.Route) > MaxNameBytes {
				t.Errorf("%q, %d bytes before: %q and %q", rune, shift, w.Route, c.Route)
			}
			if e := DependencyEndpoint(categoryDB, name, name, 65535); len(e.Route) > 520 {
				t.Errorf("%q: a dependency's route has %d bytes", rune, len(e.Route))
			}
		}
	}
}
