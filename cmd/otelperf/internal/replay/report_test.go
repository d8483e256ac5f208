// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"bytes"
	"flag"
	"io"
	"os"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestReport compares the page for a person with the golden ones. With -update it writes them.
func TestReport(t *testing.T) {
	open, shift := incident(), incident()
	open.lines, shift.lines = 20*60*43, 20*60*80
	shift.slowTo = 10 * time.Hour
	many := &traffic{lines: 3000, rate: 10, endpoints: 2000}
	tests := []struct {
		name string
		in   io.Reader
	}{
		{"incident", incident()},
		{"open", open},
		{"shift", shift},
		{"disorder", io.MultiReader(&traffic{lines: 100, rate: 10, endpoints: 1},
			strings.NewReader("2030-01-01T00:00:00Z,/endpoint/0,5,200\n2020-01-01T00:00:00Z,/endpoint/0,5,200\n"))},
		{"overflow", many},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			c := config(t, "-")
			c.JSON, c.Stdin, c.Stdout = false, tt.in, &out
			if err := Run(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			got := out.String()
			if tt.name == "overflow" { // only its begin
				got = strings.Join(strings.SplitAfterN(got, "\n", 8)[:7], "")
			}
			file := "testdata/" + tt.name + ".golden"
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("the report is\n%s\nwant\n%s", got, want)
			}
		})
	}
}
