// SPDX-License-Identifier: Apache-2.0

// Command lab prints the tables that the detector's README has, of false alarms and of faults found, for spans that go through the connector: see
// package otelperf/internal/lab for its flags. The detector alone runs beside, and what it says differently is counted.
//
//	go -C otelperf/collector run ./internal/lab -table -scale 0.1
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/otelperf/otelperf-go/otelperf/internal/lab"
	"github.com/otelperf/otelperf-go/otelperf/internal/lab/trial"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr, new(comparison))) }

func run(args []string, stdout, stderr io.Writer, c *comparison) int {
	code := lab.Run(args, stdout, stderr, func() trial.Watcher { return newWatcher(c) })
	if code == 0 {
		_, _ = fmt.Fprintf(stdout, "Starts and ends of spikes: %d by the connector and by the detector alone in the same second, %d by one of them.\n", c.same, c.different)
	}
	return code
}
