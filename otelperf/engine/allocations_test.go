// SPDX-License-Identifier: Apache-2.0

//go:build !race

package engine

import (
	"slices"
	"testing"
	"time"
)

func TestNumbersOfManyEndpointsAllocateNothing(t *testing.T) {
	e, dst := manyEndpoints(t, 50), make([]time.Duration, len(quantiles))
	for _, w := range slices.Backward(windows) {
		if n := testing.AllocsPerRun(10, func() { e.numbers(w, dst) }); n != 0 {
			t.Errorf("window %d: %v allocations, want 0", w, n)
		}
	}
}
