// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"strings"
	"testing"
)

func TestBadFlags(t *testing.T) {
	for _, args := range [][]string{{"-scale", "0"}, {"-scale", "NaN"}, {"-unknown"}, {"more"}} {
		if code := run(args, io.Discard, io.Discard); code != 2 {
			t.Errorf("%v: exit %d", args, code)
		}
	}
}

// The same seed prints the same tables, another one others.
func TestRunIsSeeded(t *testing.T) {
	table := func(seed string) string {
		var out strings.Builder
		if code := run([]string{"-seed", seed, "-scale", "0.01", "-only", "10 % at 1/s,regular"}, &out, io.Discard); code != 0 {
			t.Fatalf("exit %d", code)
		}
		return out.String()
	}
	once := table("3")
	if once != table("3") {
		t.Error("the same seed gives another table")
	}
	if once == table("4") {
		t.Error("another seed gives the same table")
	}
	for _, want := range []string{"| 0.1 -> 10 % at 1/s | 12h0m0s | 60 s |", "| regular, a fifth of jitter | 0 of 15 |", "Seed 3, scale 0.01."} {
		if !strings.Contains(once, want) {
			t.Errorf("%q is missing in\n%s", want, once)
		}
	}
}
