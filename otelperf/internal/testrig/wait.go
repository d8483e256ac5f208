// SPDX-License-Identifier: Apache-2.0

package testrig

import (
	"testing"
	"time"
)

// Patience is how long a test waits for what has to come. A machine would have to stand still for the test to fail by it.
const Patience = 2 * time.Minute

// Eventually waits until done.
func Eventually(tb testing.TB, what string, done func() bool) {
	tb.Helper()
	for deadline := time.Now().Add(Patience); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			tb.Fatalf("after %v still not: %s", Patience, what)
		}
	}
}

// Receive waits for a value.
func Receive[T any](tb testing.TB, what string, from <-chan T) T {
	tb.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(Patience):
		tb.Fatalf("after %v still not: %s", Patience, what)
		var none T
		return none
	}
}
