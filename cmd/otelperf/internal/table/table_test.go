// SPDX-License-Identifier: Apache-2.0

package table

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestTable(t *testing.T) {
	tab := New(Column{Name: "ROUTE"}, Column{Name: "COUNT", Right: true}, Column{Name: "NOTE"})
	tab.Row("/a", "1", "é")
	tab.Row("/products/{id}", "12345678")
	tab.Row("", "2", "x", "one too many")
	want := strings.Join([]string{
		"ROUTE              COUNT  NOTE",
		"/a                     1  é",
		"/products/{id}  12345678",
		"                       2  x",
		"",
	}, "\n")
	if got := tab.String(); got != want {
		t.Errorf("table is\n%s\nwant\n%s", got, want)
	}
	var out strings.Builder
	if n, err := tab.WriteTo(&out); err != nil || int(n) != len(want) || out.String() != want {
		t.Errorf("WriteTo wrote %q, %d, %v", out.String(), n, err)
	}
}

func TestClean(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain", "GET /a b", "GET /a b"},
		{"terminal escape", "\x1b[2J/x\r\n", "?[2J/x??"},
		{"right-to-left override", "a\u202eb", "a?b"},
		{"no UTF-8", "a\xffb", "a\ufffdb"},
		{"just fits", strings.Repeat("é", 4*MaxCell), strings.Repeat("é", 4*MaxCell)},
		{"too long", strings.Repeat("é", 4*MaxCell+1), strings.Repeat("é", 4*MaxCell-1) + "…"},
	}
	for _, tt := range tests {
		if got := clean(tt.in); got != tt.want {
			t.Errorf("%s: clean(%q) is %q, want %q", tt.name, tt.in, got, tt.want)
		}
	}
}

// Long cells are cut so that different ones of a column stay different.
func TestCut(t *testing.T) {
	tab := New(Column{Name: "ROUTE"})
	for _, segment := range []string{"alpha", "beta"} {
		tab.Row("/api/v2/organizations/{organization}/" + segment + "/projects/{project}/issues/{issue}/comments/{comment}")
	}
	lines := strings.Split(tab.String(), "\n")
	if len(lines) != 4 || lines[1] == lines[2] || !strings.Contains(lines[1], "/alpha") || !strings.Contains(lines[2], "/beta") {
		t.Errorf("table is\n%s", tab)
	}
	for _, line := range lines {
		if utf8.RuneCountInString(line) > MaxCell {
			t.Errorf("%q is longer than a cell", line)
		}
	}
}
