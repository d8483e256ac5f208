// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"time"
)

func sections() []section {
	return []section{
		{"hot", hotTable},
		{"swept", sweptTable},
		{"whole", wholeTable},
		{"children", childrenTable},
		{"inside", insideTable},
		{"request", requestTable},
		{"processes", processesTable},
		{"path", pathTables},
		{"cpu", wholeProcessTable},
		{"exported", exportedTable},
		{"loopback", loopbackTable},
		{"sampling", samplingTable},
		{"allocations", allocationsTable},
		{"instructions", instructionsTable},
		{"cores", coresTable},
		{"crowd", crowdTable},
		{"growth", growthTables},
		{"paper", paperTable},
		{"recorders", recordersTable},
		{"engine", engineTable},
		{"budgets", budgetsTable},
	}
}

func sectionNames() (names []string) {
	for _, s := range sections() {
		names = append(names, s.name)
	}
	return names
}

// rounds picks a number of rounds.
func rounds(quick bool, few, many int) int {
	if quick {
		return few
	}
	return many
}

func hotTable(w io.Writer, quick bool) {
	p := plan{rounds(quick, 41, 301), 2 * time.Millisecond}
	against(subjectsOf(hot, variants()[1:]), p).grid("OnStart + OnEnd of one span, hot").print(w)
	against(subjectsOf(hotRemote, named(hotNames...)), p).grid("The same with a parent in another process").print(w)
	g := against(subjectsOf(hotTicked, named(hotNames...)), p).grid("The same, with what the tick does left out")
	g.note = "What the request itself waits for: in a service the tick empties the recorder's logs once a second, in a goroutine of its own. The first table has that work in it."
	g.print(w)
}

var hotNames = []string{vNoop, vZpages, vClassic, vOurs, vLean, vBare}

func sweptTable(w io.Writer, quick bool) {
	against(subjectsOf(swept, variants()[1:]), plan{rounds(quick, 31, 201), time.Millisecond / 10}).
		grid("OnStart + OnEnd, 100 endpoints, caches swept before").print(w)
}

func wholeTable(w io.Writer, quick bool) {
	against(subjectsOf(whole, variants()), plan{rounds(quick, 31, 201), 5 * time.Millisecond}).
		grid("A whole span, 100 endpoints").print(w)
}

func childrenTable(w io.Writer, quick bool) {
	against(subjectsOf(withChildren, variants()), plan{rounds(quick, 31, 201), 5 * time.Millisecond}).
		grid("A request with five database calls (6 spans)").print(w)
}

func subjectsOf(level func(variant) subject, vs []variant) (out []subject) {
	for _, v := range vs {
		out = append(out, level(v))
	}
	return out
}

// comparison is a table and the variant that the others are set against.
type comparison struct {
	table
	base string
}

// against sets the others against the no-op processor, which is one of the subjects.
func against(subjects []subject, p plan) comparison {
	return comparison{measure(subjects, p), vNoop}
}

func (c comparison) grid(title string) *grid {
	g := &grid{title: title, head: []string{"", "ns", "more than " + c.base + ", ns", "of what zpages adds"}}
	for _, name := range c.names {
		g.row(name, c.times(name).ns(), c.over(name, c.base).ns(), c.ratio(name, vZpages, c.base).ratio())
	}
	return g
}
