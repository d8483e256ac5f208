// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"strings"
)

// grid is a markdown table in the making.
type grid struct {
	title, note string
	head        []string
	rows        [][]string
}

func (g *grid) row(cells ...string) { g.rows = append(g.rows, cells) }

func (g *grid) print(w io.Writer) {
	line := func(cells []string) { _, _ = fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | ")) }
	_, _ = fmt.Fprintf(w, "\n### %s\n\n", g.title)
	line(g.head)
	rule := make([]string, len(g.head))
	for i := range rule {
		rule[i] = "---:"
	}
	rule[0] = "---"
	line(rule)
	for _, r := range g.rows {
		line(r)
	}
	if g.note != "" {
		_, _ = fmt.Fprintf(w, "\n%s\n", g.note)
	}
}

func (e estimate) ns() string { return fmt.Sprintf("%.0f (%.0f–%.0f)", e.mid, e.lo, e.hi) }

func (e estimate) ratio() string { return fmt.Sprintf("%.3f (%.3f–%.3f)", e.mid, e.lo, e.hi) }

func (e estimate) speed() string { return fmt.Sprintf("%.2f (%.2f–%.2f)", e.mid, e.lo, e.hi) }

func (e estimate) signed() string { return fmt.Sprintf("%+.1f (%+.1f to %+.1f)", e.mid, e.lo, e.hi) }

// ms shows nanoseconds in milliseconds.
func (e estimate) ms() string {
	return fmt.Sprintf("%.2f (%.2f–%.2f)", e.mid/1e6, e.lo/1e6, e.hi/1e6)
}

// kib is a size in KiB with one decimal.
func kib(bytes float64) string { return fmt.Sprintf("%.1f", bytes/1024) }
