// SPDX-License-Identifier: Apache-2.0

package main

import (
	"iter"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// Every help text has examples, and every example is a command line that begins.
func TestExamples(t *testing.T) {
	for c := range every(newRoot()) {
		if c.Example == "" {
			t.Errorf("%s has no example", c.CommandPath())
		}
		for line := range strings.SplitSeq(c.Example, "\n") {
			if _, rest, found := strings.Cut(line, "<("); found {
				line = strings.TrimSuffix(rest, ")")
			}
			line, _, _ = strings.Cut(line, " >")
			words := wordsOf(line)
			if len(words) < 2 || words[0] != "otelperf" {
				t.Errorf("%s: the example %q is no command line of otelperf", c.CommandPath(), line)
				continue
			}
			got, args, err := newRoot().Find(words[1:])
			if err == nil {
				err = got.ParseFlags(args)
			}
			if err == nil && got.Args != nil {
				err = got.Args(got, got.Flags().Args())
			}
			if err != nil || !got.HasParent() {
				t.Errorf("%s: the example %q: %v", c.CommandPath(), line, err)
			}
			if c.HasParent() && !strings.HasPrefix(got.CommandPath(), c.CommandPath()) {
				t.Errorf("%s: the example %q is of %s", c.CommandPath(), line, got.CommandPath())
			}
		}
	}
}

// every yields a command and all below it.
func every(c *cobra.Command) iter.Seq[*cobra.Command] {
	return func(yield func(*cobra.Command) bool) {
		if !yield(c) {
			return
		}
		for _, sub := range c.Commands() {
			for below := range every(sub) {
				if !yield(below) {
					return
				}
			}
		}
	}
}

// wordsOf splits a command line as a shell does, as far as our examples need: at spaces outside of quotes.
func wordsOf(line string) (words []string) {
	quote := rune(0)
	fields := strings.FieldsFunc(line, func(r rune) bool {
		switch {
		case quote == 0 && (r == '\'' || r == '"'):
			quote = r
		case r == quote:
			quote = 0
		}
		return quote == 0 && r == ' '
	})
	for _, w := range fields {
		words = append(words, strings.Trim(w, `'"`))
	}
	return words
}
