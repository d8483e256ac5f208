// SPDX-License-Identifier: Apache-2.0

package main

import (
	"flag"
	"os"
	"strings"
	"testing"
)

// TestMain lets the test binary be one of the processes that it starts.
func TestMain(m *testing.M) {
	if !asChild() {
		os.Exit(m.Run())
	}
}

var ofTime = flag.Bool("budgets", false, "measure the budgets of time, too, on a machine that does nothing else")

// TestBudgets is the gate of what is counted: it is the same on every machine.
func TestBudgets(t *testing.T) {
	checkBudgets(t, func(b budget) bool { return !b.timed })
}

// TestBudgetsOfTime is the gate of what is measured by the clock.
func TestBudgetsOfTime(t *testing.T) {
	if !*ofTime {
		t.Skip("takes about a minute of a machine that does nothing else: go -C examples/bench test -run TestBudgetsOfTime -budgets")
	}
	checkBudgets(t, func(b budget) bool { return b.timed })
}

func checkBudgets(t *testing.T, wanted func(budget) bool) {
	t.Helper()
	results := settleAll(wanted)
	if len(results) == 0 {
		t.Fatal("no budget was measured")
	}
	table := text(budgetsGrid(results))
	t.Log(table)
	for _, r := range results {
		if r.verdict == broken {
			t.Errorf("broken: %s\n%s", r.what, table)
		}
	}
}

func text(g *grid) string {
	var b strings.Builder
	g.print(&b)
	return b.String()
}
