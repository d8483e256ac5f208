// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"time"
)

func sections() []section {
	return []section{
		{"hot", hotTable},
		{"swept", sweptTable},
		{"whole", wholeTable},
		{"children", childrenTable},
		{"growth", growthTable},
		{"request", requestTable},
		{"loopback", loopbackTable},
		{"sampling", samplingTable},
		{"cores", coresTable},
		{"crowd", crowdTable},
		{"recorders", recordersTable},
		{"engine", engineTable},
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
	against(subjectsOf(hot, variants()[1:]), plan{rounds(quick, 41, 301), 2 * time.Millisecond}, vNoop).
		grid("OnStart + OnEnd of one span, hot").print(w)
}

func sweptTable(w io.Writer, quick bool) {
	against(subjectsOf(swept, variants()[1:]), plan{rounds(quick, 31, 201), time.Millisecond / 10}, vNoop).
		grid("OnStart + OnEnd, 100 endpoints, caches swept before").print(w)
}

func wholeTable(w io.Writer, quick bool) {
	against(subjectsOf(whole, variants()), plan{rounds(quick, 31, 201), 5 * time.Millisecond}, vNoop).
		grid("A whole span, 100 endpoints").print(w)
}

func childrenTable(w io.Writer, quick bool) {
	against(subjectsOf(withChildren, variants()), plan{rounds(quick, 31, 201), 5 * time.Millisecond}, vNoop).
		grid("A request with five database calls (6 spans)").print(w)
}

// growthTable shows that a child costs the same however many there are.
func growthTable(w io.Writer, quick bool) {
	g := &grid{title: "A request by the number of its children: ns for each span, more than " + vNoop, head: []string{"children", vZpages, vClassic, vOurs, vNoAnatomy}}
	for _, children := range []int{1, 5, 20, 100, 200} {
		level := func(v variant) subject { return timed(v.name, familyOf(provider(v.make()).Tracer(""), children)) }
		c := against(subjectsOf(level, named(append([]string{vNoop}, g.head[1:]...)...)), plan{rounds(quick, 21, 101), 5 * time.Millisecond}, vNoop)
		row := []string{fmt.Sprint(children)}
		for _, name := range g.head[1:] {
			e, spans := c.over(name, vNoop), float64(children+1)
			row = append(row, estimate{e.mid / spans, e.lo / spans, e.hi / spans}.ns())
		}
		g.row(row...)
	}
	g.print(w)
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

func against(subjects []subject, p plan, base string) comparison {
	return comparison{measure(subjects, p), base}
}

func (c comparison) grid(title string) *grid {
	g := &grid{title: title, head: []string{"", "ns", "more than " + c.base + ", ns", "of what zpages adds"}}
	for _, name := range c.names {
		g.row(name, c.times(name).ns(), c.over(name, c.base).ns(), c.ratio(name, vZpages, c.base).ratio())
	}
	return g
}
