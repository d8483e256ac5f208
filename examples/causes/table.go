// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"slices"
	"time"
)

// tally is what came of several runs.
type tally struct {
	runs, first, named   int
	slow, right          int
	explained            float64 // weighed by slow requests
	found, spent, inTime []time.Duration
}

// soon is how long it may take from the injection to the named cause.
const soon = 10 * time.Second

func (t *tally) add(r *result) {
	t.runs++
	if r.first {
		t.first++
	}
	if r.named > 0 {
		t.named++
		t.spent = append(t.spent, r.named)
		if r.named <= soon {
			t.inTime = append(t.inTime, r.named)
		}
	}
	if r.found > 0 {
		t.found = append(t.found, r.found)
	}
	t.slow += r.slow
	t.right += r.right
	t.explained += r.explained * float64(r.slow)
}

// writeTable writes what came of all runs, in Markdown.
func writeTable(w io.Writer, all []*result) {
	_, _ = fmt.Fprintln(w, "| fault | spikes: right cause first | a cause named at all | named after, median | slow requests: right | time explained |\n|---|---|---|---|---|---|")
	byName, total := map[string]*tally{}, &tally{}
	var names []string
	for _, r := range all {
		name := r.String()
		if byName[name] == nil {
			byName[name] = &tally{}
			names = append(names, name)
		}
		byName[name].add(r)
		if len(r.truth) > 0 {
			total.add(r)
		}
	}
	for _, name := range names {
		byName[name].row(w, name)
	}
	total.row(w, "all with a fault")
	_, _ = fmt.Fprintf(w, "\nNamed within %v of the injection: %d of %d that were named.\n", soon, len(total.inTime), total.named)
}

func (t *tally) row(w io.Writer, name string) {
	requests, explained := "", ""
	if t.slow > 0 {
		requests = fmt.Sprintf("%d of %d (%.0f %%)", t.right, t.slow, 100*float64(t.right)/float64(t.slow))
		explained = fmt.Sprintf("%.0f %%", 100*t.explained/float64(t.slow))
	}
	after := ""
	if len(t.spent) > 0 {
		slices.Sort(t.spent)
		after = fmt.Sprintf("%.1f s", t.spent[len(t.spent)/2].Seconds())
	}
	_, _ = fmt.Fprintf(w, "| %s | %d of %d | %d | %s | %s | %s |\n", name, t.first, t.runs, t.named, after, requests, explained)
}
