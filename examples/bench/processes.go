// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"
)

// processes is how many processes the level of requests is measured in: what a run of a program happens to have, where its memory
// lies and which lines of it share a cache set, is the same all through a process, and its rounds can't see it.
const processes = 5

// added is what a variant adds to a request in one process.
type added struct {
	NS    float64 // more than the no-op processor
	Ratio float64 // of what zpages adds
}

// Sizes of the part of one process.
const (
	sizeFull      = "full"
	sizeQuick     = "quick"      // fewer rounds
	sizeGate      = "gate"       // the variants of the gate
	sizeGateAgain = "gate again" // and more rounds
)

// addedToRequests is the part of one process.
func addedToRequests(size string) map[string]added {
	subjects := requestSubjects(named(vNoop, vZpages, vLean))
	if size == sizeFull || size == sizeQuick {
		subjects = append(append(subjects, requestSubjects(named(vClassic, vFloor, vOurs, vBare))...), extras()...)
	}
	n := map[string]int{sizeFull: 101, sizeQuick: 61, sizeGate: 81, sizeGateAgain: 161}[size]
	c := against(subjects, plan{n, 8 * time.Millisecond})
	out := map[string]added{}
	for _, name := range c.names {
		out[name] = added{c.over(name, vNoop).mid, c.ratio(name, vZpages, vNoop).mid}
	}
	return out
}

// inProcesses asks some processes, one after the other.
func inProcesses(size string) (runs []map[string]added) {
	for i := range processes {
		progress("requests: process %d of %d", i+1, processes)
		said, err := child(partRequests, size).Output()
		if err != nil {
			panic(fmt.Sprintf("bench: a process for requests: %v", err))
		}
		var run map[string]added
		if err := json.Unmarshal(said, &run); err != nil {
			panic(err)
		}
		runs = append(runs, run)
	}
	return runs
}

// across is the median of few values, with all of them as the interval: of five independent ones, the true median is among them
// with 94 %.
func across(v []float64) estimate {
	return estimate{middle(slices.Clone(v)), slices.Min(v), slices.Max(v)}
}

// ratioAcross is what a variant adds to a request against what zpages adds.
func ratioAcross(runs []map[string]added, name string) estimate {
	return across(column(runs, func(r map[string]added) float64 { return r[name].Ratio }))
}

func processesTable(w io.Writer, quick bool) {
	size := sizeFull
	if quick {
		size = sizeQuick
	}
	runs := inProcesses(size)
	g := &grid{
		title: fmt.Sprintf("What is added to an otelhttp request: median of %d processes", processes),
		head:  []string{"", "more than " + vNoop + ", ns", "of what zpages adds"},
	}
	for _, name := range []string{vZpages, vClassic, vFloor, vOurs, vLean, vBare, vSecondReader, vMiddleware} {
		g.row(name, across(column(runs, func(r map[string]added) float64 { return r[name].NS })).ns(), ratioAcross(runs, name).ratio())
	}
	g.note = "In brackets the least and the most of the processes; the true median is between them with 94 % confidence."
	g.print(w)
}

// column takes one number of each row.
func column[T any](rows []T, f func(T) float64) (out []float64) {
	for _, r := range rows {
		out = append(out, f(r))
	}
	return out
}
