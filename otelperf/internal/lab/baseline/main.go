// SPDX-License-Identifier: Apache-2.0

// Command baseline prints the tables of the README: see package lab.
package main

import (
	"os"

	"github.com/otelperf/otelperf-go/otelperf/internal/lab"
	"github.com/otelperf/otelperf-go/otelperf/internal/lab/trial"
)

func main() { os.Exit(lab.Run(os.Args[1:], os.Stdout, os.Stderr, trial.NewDetector)) }
