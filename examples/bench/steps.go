// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"time"
)

// stepOperations is how many operations are stepped through. What the scheduler or a full log puts into some of them is not
// in the least of them.
const stepOperations = 25

var stepVariants = []string{vNoop, vBatch, vZpages, vClassic, vOurs, vLean, vBare, vWrapped}

// stepCount is the number of instructions of an OnStart + OnEnd, hot.
func stepCount(name string) (float64, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	counts, err := instructions(ctx, name)
	if err == nil && len(counts) != 2*stepOperations {
		err = fmt.Errorf("stepped through %d operations, want %d", len(counts), 2*stepOperations)
	}
	if err != nil {
		return 0, err
	}
	least := [2]float64{counts[0], counts[1]}
	for i, n := range counts {
		least[i%2] = min(least[i%2], n)
	}
	return least[0] + least[1], nil
}

func instructionsTable(w io.Writer, _ bool) {
	g := &grid{title: "Instructions of OnStart + OnEnd, hot", head: []string{"", "instructions", "more than " + vNoop}}
	base := 0.0
	for _, name := range stepVariants {
		n, err := stepCount(name)
		if err != nil {
			_, _ = fmt.Fprintf(w, "\nInstructions were not counted: %v.\n", err)
			return
		}
		if name == vNoop {
			base = n
		}
		g.row(name, fmt.Sprintf("%.0f", n), fmt.Sprintf("%.0f", n-base))
	}
	g.note = fmt.Sprintf("Stepped through one by one, so no neighbour and no clock is in it: the least of %d operations. What takes more than about 1000 at a stretch may have a turn of the "+
		"scheduler in it, some 1100 more. An atomic operation or a cache miss counts as one like any other; what the kernel does, and what another goroutine or the tick does later, does not count.", stepOperations)
	g.print(w)
}
