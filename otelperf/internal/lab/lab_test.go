// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/otelperf/otelperf-go/otelperf/internal/lab/trial"
)

func TestBadFlags(t *testing.T) {
	for _, args := range [][]string{{"-scale", "0"}, {"-scale", "NaN"}, {"-unknown"}, {"-rates", "1,x"}, {"-rates", "-1"}, {"more"}} {
		var errs bytes.Buffer
		if code := Run(args, io.Discard, &errs, trial.NewDetector); code != 2 || errs.Len() == 0 {
			t.Errorf("%v: exit %d, %q", args, code, errs.String())
		}
	}
}

// The same seed prints the same tables, another one others.
func TestRunIsSeeded(t *testing.T) {
	table := func(seed string, more ...string) string {
		var out, errs strings.Builder
		args := append([]string{"-seed", seed, "-scale", "0.05", "-rates", "1", "-only", "storm,10 times,once a minute"}, more...)
		if code := Run(args, &out, &errs, trial.NewDetector); code != 0 {
			t.Fatalf("exit %d: %s", code, errs.String())
		}
		return out.String()
	}
	once := table("3", "-rivals", "-v")
	if once != table("3", "-rivals", "-v") {
		t.Error("the same seed gives another table")
	}
	if once == table("4", "-rivals", "-v") {
		t.Error("another seed gives the same table")
	}
	for _, want := range []string{
		"| retry storm of quick failures | 1 |", "| all 10 times slower | 1 | 100.0 % of 2 ", "| above 80 |", "Ratio below the configured one: 0 of ",
		"classic 1 s, 10 s", "| stalls of 1 to 5 s once a minute | 1 | 100.0 % of 2 ", "Seed 3, scale 0.05.",
	} {
		if !strings.Contains(once, want) {
			t.Errorf("%q is missing in\n%s", want, once)
		}
	}
	pivot := table("3", "-table")
	for _, want := range []string{
		"| where nothing is wrong | 1/s | classic every second, every 10 s |", "| retry storm of quick failures | 0 of 1 | ",
		"| fault | 1/s | classic every second, every 10 s |", "| all 10 times slower | 100 % [34, 100], ",
	} {
		if !strings.Contains(pivot, want) {
			t.Errorf("%q is missing in\n%s", want, pivot)
		}
	}
}
