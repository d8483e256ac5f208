// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// What the README shows as added or as context stands in main.go, in that order; what it shows as removed does not; and
// no line of main.go that speaks of the Monitor is left out.
func TestReadmeDiff(t *testing.T) {
	program := lines(t, "main.go")
	added := map[string]bool{}
	rest := program
	for _, line := range diffOf(t) {
		var text string
		want := true
		switch {
		case line == "" || strings.HasPrefix(line, "@@"):
			continue
		case line[0] == '+':
			text = line[1:]
			added[text] = true
		case line[0] == '-':
			text, want = line[1:], false
		default:
			text = line[1:]
		}
		if !want {
			if slices.Index(program, text) >= 0 {
				t.Errorf("main.go still has %q", text)
			}
			continue
		}
		i := slices.Index(rest, text)
		if i < 0 {
			t.Errorf("main.go does not have %q, or not in this order", text)
			continue
		}
		rest = rest[i+1:]
	}
	for _, line := range program {
		if speaks := strings.Contains(line, "mon.") || strings.Contains(line, "otelperf.New"); speaks && !added[line] {
			t.Errorf("the README does not show %q", line)
		}
	}
}

// diffOf returns the lines of the README's diff block.
func diffOf(t *testing.T) []string {
	t.Helper()
	all := lines(t, "README.md")
	begin := slices.Index(all, "```diff")
	if begin < 0 {
		t.Fatal("the README has no diff block")
	}
	end := slices.Index(all[begin:], "```")
	if end < 0 {
		t.Fatal("the diff block has no end")
	}
	return all[begin+1 : begin+end]
}

func lines(t *testing.T, file string) []string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.ReplaceAll(string(b), "\r\n", "\n"), "\n")
}
