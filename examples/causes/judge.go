// SPDX-License-Identifier: Apache-2.0

package main

import (
	"slices"
	"strings"

	"github.com/otelperf/otelperf-go/otelperf/causes"
)

// right reports whether a reason is the truth: its state, the function that waits, who is behind it, what that one does, and where.
func (t *truth) right(r causes.Reason, times float64) bool {
	who := strings.TrimSuffix(r.Who, causes.AndOthers)
	if goroutine, is := strings.CutPrefix(who, "goroutine "); is {
		who = "goroutine " + bare(goroutine)
	}
	return slices.Contains(t.states, r.State) && bare(r.Line.Func) == t.line && who == t.who && r.What == t.what &&
		bare(r.Where.Func) == t.where && times >= t.times
}

// bare is the name of a function without its package and its receiver.
func bare(function string) string { return function[strings.LastIndexByte(function, '.')+1:] }
