// SPDX-License-Identifier: Apache-2.0

package table

import (
	"strings"
	"testing"
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
		{"just fits", strings.Repeat("é", MaxCell), strings.Repeat("é", MaxCell)},
		{"too long", strings.Repeat("é", MaxCell+1), strings.Repeat("é", MaxCell-1) + "…"},
	}
	for _, tt := range tests {
		if got := clean(tt.in); got != tt.want {
			t.Errorf("%s: clean(%q) is %q, want %q", tt.name, tt.in, got, tt.want)
		}
	}
}
