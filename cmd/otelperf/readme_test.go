// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	commandRow  = regexp.MustCompile("(?m)^\\| `([a-z]+)[^`]*` \\|")
	commandLine = regexp.MustCompile(`(?m)^otelperf (.+)$`)
)

// The README lists the commands that there are, and shows flags that they have.
func TestReadme(t *testing.T) {
	raw, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var listed, want []string
	for _, m := range commandRow.FindAllSubmatch(raw, -1) {
		listed = append(listed, string(m[1]))
	}
	for _, c := range newRoot(io.Discard).Commands() {
		if c.IsAvailableCommand() && c.Name() != "help" {
			want = append(want, c.Name())
		}
	}
	slices.Sort(listed)
	slices.Sort(want)
	if !slices.Equal(listed, want) {
		t.Errorf("the README lists %q, the command has %q", listed, want)
	}

	shown := commandLine.FindAllSubmatch(raw, -1)
	for _, m := range shown {
		line, _, _ := strings.Cut(string(m[1]), " #")
		cmd, args, err := newRoot(io.Discard).Find(strings.Fields(line))
		if err == nil {
			err = cmd.ParseFlags(args)
		}
		if err == nil && cmd.Args != nil {
			err = cmd.Args(cmd, cmd.Flags().Args())
		}
		if err != nil || !cmd.HasParent() {
			t.Errorf("otelperf %s: %v", line, err)
		}
	}
	if len(shown) < len(want) {
		t.Errorf("the README shows %d command lines, want one of each command at least", len(shown))
	}
}
