// SPDX-License-Identifier: Apache-2.0

package main

import "fmt"

// loadColumns are what a turn is measured by.
var loadColumns = []struct {
	head, format string
	of           func(load) float64
}{
	{"requests a second", "%.0f", func(l load) float64 { return l.perSecond }},
	{"p50, µs", "%.0f", func(l load) float64 { return l.p50 }},
	{"p99, µs", "%.0f", func(l load) float64 { return l.p99 }},
	{"CPU a request, µs", "%.1f", func(l load) float64 { return l.cpu }},
	{"heap, MiB", "%.1f", func(l load) float64 { return l.heap }},
	{"GC, % of CPU", "%.1f", func(l load) float64 { return l.gc }},
}

func setupsGrid(turns map[string][]load, t turn) *grid {
	g := &grid{title: "A whole service under load, in a process of its own", head: []string{""}}
	for _, c := range loadColumns {
		g.head = append(g.head, c.head)
	}
	for _, s := range setups() {
		row := []string{s.name}
		for _, c := range loadColumns {
			row = append(row, fmt.Sprintf(c.format, middle(column(turns[s.name], c.of))))
		}
		g.row(row...)
	}
	g.note = fmt.Sprintf("otelhttp, a ServeMux and the endpoints of `otelperf demo` without its waits, 3.6 spans a request, a BatchSpanProcessor that exports to nowhere. "+
		"Medians of %d rounds. Requests a second, CPU, heap and GC: %d clients in another process that ask as fast as they get answers, on the same CPUs. "+
		"p50 and p99: %.0f requests a second from %d clients, whatever comes back.", len(turns[sWithout]), busyClients, t.perSecond, steadyClients)
	return g
}

// linesGrid shows each feature as the differences of the rounds.
func linesGrid(turns map[string][]load) *grid {
	g := &grid{title: "What each feature changes in it", head: []string{"", "requests a second, %"}}
	for _, c := range loadColumns[1:] {
		g.head = append(g.head, c.head)
	}
	for _, l := range serviceLines() {
		a, b := turns[l.with], turns[l.without]
		row := []string{l.feature, median(changes(column(a, loadColumns[0].of), column(b, loadColumns[0].of))).signed()}
		for _, c := range loadColumns[1:] {
			row = append(row, median(differences(column(a, c.of), column(b, c.of))).signed())
		}
		g.row(row...)
	}
	g.note = "The median of the differences within the rounds, with its 95 % interval (of fewer than six rounds it is all they had, which holds " +
		"less). Where the interval has 0 in it, this many rounds cannot tell the feature from none."
	return g
}

// changes are the differences in percent of b.
func changes(a, b []float64) []float64 {
	out := differences(a, b)
	for i := range out {
		out[i] *= 100 / b[i]
	}
	return out
}
