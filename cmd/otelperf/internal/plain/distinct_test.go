// SPDX-License-Identifier: Apache-2.0

package plain

import (
	"fmt"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

func TestMiddle(t *testing.T) {
	for _, tt := range []struct {
		s    string
		n    int
		want string
	}{
		{"GET /a", 6, "GET /a"}, {"GET /organizations/{org}/issues", 16, "GET /or…}/issues"}, {"GET /organizations/{org}/issues", 17, "GET /org…}/issues"},
		{"abcdef", 2, "a…"}, {"abcdef", 3, "a…f"}, {"日本語日本語", 7, "日…本語"},
	} {
		if got := Middle(tt.s, tt.n); got != tt.want {
			t.Errorf("Middle(%q, %d) is %q, want %q", tt.s, tt.n, got, tt.want)
		}
	}
}

// Whatever names differ in, at their beginning, in their middle or at their end, they do on the columns of a table, too.
func TestDistinct(t *testing.T) {
	names := []string{"GET /a", "GET /a"}
	for i := range 12 {
		names = append(names, fmt.Sprintf("GET /api/v2/organizations/{organization}/projects/%c/issues/{issue}/comments", 'a'+i),
			fmt.Sprintf("GET /api/v2/organizations/{organization}/reports/quarter%d/of/all/regions/summary", i),
			fmt.Sprintf("GET /api/v2/organizations/{organization}/projects/{project}/issues/{issue}/%d", i),
			fmt.Sprintf("GET /%c/v2/organizations/{organization}/日本語日本語日本語/issues/{issue}/events", 'a'+i))
	}
	for width := 16; width <= 80; width++ {
		seen := map[string]string{}
		for i, label := range Distinct(names, width) {
			if other, known := seen[label]; known && other != names[i] {
				t.Errorf("at %d columns %q and %q are both %q", width, other, names[i], label)
			}
			if seen[label] = names[i]; ansi.StringWidth(label) > width {
				t.Errorf("%q has more than %d columns", label, width)
			}
		}
	}
	want := []string{"GET /t…/alpha/items/…", "GET /t…/beta/items/{…", "POST /b"}
	got := Distinct([]string{"GET /tenants/{tenant}/alpha/items/{item}/details", "GET /tenants/{tenant}/beta/items/{item}/details", "POST /b"}, 21)
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("Distinct is %q, want %q", got, want)
	}
}

func FuzzDistinct(f *testing.F) {
	f.Add("GET /a/b/c", "GET /a/x/c", 6)
	f.Add("日本語", "日本", 3)
	f.Add("", "\xff", 0)
	f.Fuzz(func(t *testing.T, a, b string, width int) {
		width = min(max(width, 0), 100)
		a, b = Line(a), Line(b)
		for _, label := range Distinct([]string{a, b, a}, width) {
			if ansi.StringWidth(label) > width {
				t.Errorf("%q has more than %d columns", label, width)
			}
		}
	})
}
