// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
	"time"
)

// TestBudgets is the gate: it fails only when the whole interval of a ratio is beyond its budget, so that noise, which
// widens the interval, cannot trip it. A budget that seems broken is measured once more. The budgets stand at a margin above what was
// measured (0.35, 0.37 and 0.69) on a busy machine with two cores.
func TestBudgets(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	for _, b := range []struct {
		name   string
		table  func() comparison
		what   string
		budget float64
	}{
		{"hot", func() comparison {
			return against(subjectsOf(hot, named(vNoop, vZpages, vLean)), plan{151, 2 * time.Millisecond}, vNoop)
		}, vLean, 0.45},
		{"whole span", func() comparison {
			return against(subjectsOf(whole, named(vNoop, vZpages, vLean)), plan{241, 4 * time.Millisecond}, vNoop)
		}, vLean, 0.60},
		{"request", func() comparison {
			return against(requestSubjects(named(vNoop, vZpages, vLean)), plan{301, 8 * time.Millisecond}, vNoop)
		}, vLean, 0.95},
	} {
		t.Run(b.name, func(t *testing.T) {
			for attempt := 1; ; attempt++ {
				c := b.table()
				r := c.ratio(b.what, vZpages, c.base)
				t.Logf("%s of what zpages adds, budget %.2f", r.ratio(), b.budget)
				if r.lo <= b.budget {
					return
				}
				if attempt == 2 {
					t.Fatalf("%s adds more than %.2f of what zpages adds:\n%s", b.what, b.budget, text(c.grid(b.name)))
				}
			}
		})
	}
}

func TestAddIsCheap(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a second")
	}
	const budget = 0.07
	var rs []recorder
	for _, r := range recorders() {
		if r.name == rOTel || r.name == rOurs {
			rs = append(rs, r)
		}
	}
	table := measure(adding(rs), plan{81, time.Millisecond})
	if r := table.share(rOurs, rOTel); r.lo > budget {
		t.Errorf("adding a duration takes %s of OTel's Record, want at most %v", r.ratio(), budget)
	}
}

func TestTwoCoresDoNotHoldEachOtherUp(t *testing.T) {
	if testing.Short() {
		t.Skip("takes two seconds")
	}
	const budget = 1.4
	s := measureCores(2, 41, 20_000, vLean)
	if r := median(s.cpu[vLean]); r.hi < budget {
		t.Errorf("two goroutines on one endpoint do %s times as much as one, want %v:\n%s", r.speed(), budget, text(s.grid(2)))
	}
}

func text(g *grid) string {
	var b strings.Builder
	g.print(&b)
	return b.String()
}
