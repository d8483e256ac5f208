// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"runtime"
	"time"
)

// growers are the variants whose growth is shown, each as what it takes more than the no-op processor.
var growers = []string{vZpages, vClassic, vOurs, vLean, vNoAnatomy}

func growthTables(w io.Writer, quick bool) {
	byEndpoints(quick).print(w)
	byChildren(quick).print(w)
	byCores(quick).print(w)
}

// byEndpoints shows what more endpoints cost: cold cache lines.
func byEndpoints(quick bool) *grid {
	g := &grid{title: "A whole span by the number of endpoints that take turns: ns more than " + vNoop, head: append([]string{"endpoints"}, growers...)}
	for _, n := range []int{1, 10, 100, 500} {
		c := against(subjectsOf(wholeOf(n), named(append([]string{vNoop}, growers...)...)), plan{rounds(quick, 21, 101), 3 * time.Millisecond})
		g.growth(fmt.Sprint(n), c, 1)
	}
	g.note = "500 endpoints are as many as otelperf keeps apart by default."
	return g
}

// byChildren shows that a child costs the same however many there are.
func byChildren(quick bool) *grid {
	g := &grid{title: "A request by the number of its children: ns for each span, more than " + vNoop, head: append([]string{"children"}, growers...)}
	for _, n := range []int{1, 10, 50, 200} {
		level := func(v variant) subject { return timed(v.name, familyOf(provider(v.make()).Tracer(""), n)) }
		c := against(subjectsOf(level, named(append([]string{vNoop}, growers...)...)), plan{rounds(quick, 21, 101), 3 * time.Millisecond})
		g.growth(fmt.Sprint(n), c, float64(n+1))
	}
	g.note = "The classic looks at no child."
	return g
}

// byCores shows what GOMAXPROCS makes of it: as many goroutines on one endpoint. With more of them than CPUs, they take turns.
func byCores(quick bool) *grid {
	g := &grid{title: "GOMAXPROCS goroutines on one endpoint: CPU time of an OnStart + OnEnd, ns more than " + vNoop, head: append([]string{"GOMAXPROCS"}, growers...)}
	for _, procs := range []int{1, 2, 8} {
		g.growth(fmt.Sprint(procs), withProcs(procs, quick), 1)
	}
	g.note = fmt.Sprintf("On %d CPUs.", runtime.NumCPU())
	return g
}

func withProcs(procs int, quick bool) comparison {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
	var subjects []subject
	for _, v := range named(append([]string{vNoop}, growers...)...) {
		start := shared(v)
		subjects = append(subjects, timed(v.name, func(n int) { crowd(procs, n/procs+1, start) }))
	}
	return against(subjects, plan{rounds(quick, 21, 101), 4 * time.Millisecond})
}

// growth adds a row with what each grower takes more than the base, in parts.
func (g *grid) growth(first string, c comparison, parts float64) {
	row := []string{first}
	for _, name := range growers {
		e := c.over(name, c.base)
		row = append(row, estimate{e.mid / parts, e.lo / parts, e.hi / parts}.ns())
	}
	g.row(row...)
}
