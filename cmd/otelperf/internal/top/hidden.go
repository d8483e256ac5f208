// SPDX-License-Identifier: Apache-2.0

package top

import (
	"fmt"
	"strings"
)

// hiddenText says what there is that the screen has no room for, or that the filter leaves out, with the key that shows it; "" if nothing.
func (m *Model) hiddenText(l layout) string {
	if m.view == nil {
		return ""
	}
	var parts []string
	hidden := func(n, shown int, one, many, key string) {
		more := ""
		if shown > 0 {
			more = "more "
		}
		switch n -= shown; {
		case n == 1:
			parts = append(parts, fmt.Sprintf("1 %s%s: %s", more, one, key))
		case n > 1:
			parts = append(parts, fmt.Sprintf("%d %s%s: %s", n, more, many, key))
		}
	}
	rows, dependencies, slow := len(m.rows()), len(m.dependencies()), len(m.slow())
	hidden(rows, l.endpoints, "row", "rows", "↓")
	hidden(m.all()-rows-dependencies-slow, 0, "filtered out", "filtered out", "esc")
	hidden(len(m.spikes()), l.spikes, "incident", "incidents", "tab")
	hidden(dependencies, l.dependencies, "dependency", "dependencies", "d")
	hidden(slow, l.slow, "slow request", "slow requests", "tab")
	hidden(len(m.causeLines()), l.causes, "line of why", "lines of why", "enter")
	hidden(len(m.status()), l.status, "note", "notes", "a larger screen")
	if len(parts) == 0 {
		return ""
	}
	return " … " + strings.Join(parts, "   ")
}

// all is how many rows and requests there are without a filter.
func (m *Model) all() int { return len(m.view.Endpoints) + len(m.view.Dependencies) + len(m.view.Slow) }

// hiddenLine is that on a line of its own.
func (m *Model) hiddenLine(l layout) string { return faint.Render(m.line(m.hiddenText(l))) }
