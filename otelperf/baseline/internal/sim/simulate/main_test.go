// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/otelperf/otelperf-go/otelperf/baseline/internal/sim"
)

func TestBadFlags(t *testing.T) {
	for _, args := range [][]string{{"-scale", "0"}, {"-scale", "NaN"}, {"-unknown"}} {
		var errs bytes.Buffer
		if code := run(args, io.Discard, &errs); code != 2 || errs.Len() == 0 {
			t.Errorf("%v: exit %d, %q", args, code, errs.String())
		}
	}
}

func TestOutcomeLine(t *testing.T) {
	var out strings.Builder
	o := sim.Outcome{Trials: 4, Detected: 2, Recovered: 1, Alerts: 3, Delay: []float64{10, 40}, Back: []float64{33}}
	printOutcome(&out, sim.Class{Name: "all x3"}, []sim.Outcome{o, {Trials: 4}, {Trials: 4, Detected: 4}})
	const want = "all x3\t50 %\t25 %\t40\t40\t1.50\t50 %\t33\t33\t0 %\t100 %\n"
	if out.String() != want {
		t.Errorf("got  %q\nwant %q", out.String(), want)
	}
}
