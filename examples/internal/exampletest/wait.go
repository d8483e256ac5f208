// SPDX-License-Identifier: Apache-2.0

package exampletest

import (
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/examples/internal/freeport"
)

// Patience is how long a test waits for what has to come. A machine would have to stand still for the test to fail by it.
const Patience = 2 * time.Minute

// Eventually waits until done.
func Eventually(tb testing.TB, what string, done func() bool) {
	tb.Helper()
	for deadline := time.Now().Add(Patience); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			tb.Fatalf("after %v still not: %s", Patience, what)
		}
	}
}

// Address returns an address of this machine that nobody listens at, and that stays free.
func Address(tb testing.TB) string {
	tb.Helper()
	address, err := freeport.Address()
	if err != nil {
		tb.Fatal(err)
	}
	return address
}
