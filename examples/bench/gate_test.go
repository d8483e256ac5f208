// SPDX-License-Identifier: Apache-2.0

package main

import (
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

// TestBudgets is the gate.
func TestBudgets(t *testing.T) {
	if testing.Short() {
		t.Skip("takes about a minute")
	}
	results := settleAll()
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
