// SPDX-License-Identifier: Apache-2.0

// Command lab measures the detectors of failures and of silence on simulated traffic, counts per second of random endpoints: false
// alarms where nothing is wrong, and how soon faults are found. From the root of the module:
//
//	go run ./otelperf/internal/failures/internal/lab -report
//
// prints the tables of the package comments and takes some minutes on one core. Without -report the seeds are those on which the
// constants were chosen. The same seed gives the same output.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// The seeds. What is reported was run once, when the constants were settled.
const (
	developmentSeed = 1
	reportSeed      = 20261203
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// lab is one run.
type lab struct {
	out     io.Writer
	seed    uint64
	scale   float64
	only    []string
	verbose bool
}

func run(args []string, stdout, stderr io.Writer) int {
	l := lab{out: stdout}
	var only string
	var report bool
	fs := flag.NewFlagSet("lab", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.BoolVar(&report, "report", false, "use the seed of the report")
	fs.Uint64Var(&l.seed, "seed", developmentSeed, "seed of the traffic")
	fs.Float64Var(&l.scale, "scale", 1, "times the usual number of days and trials, 0.001 to 100")
	fs.StringVar(&only, "only", "", "run rows whose names contain one of these, comma separated")
	fs.BoolVar(&l.verbose, "v", false, "name each false alarm and each fault that was missed")
	if err := fs.Parse(args); err != nil {
		return 2
	}
	if !(l.scale >= 0.001 && l.scale <= 100) || fs.NArg() > 0 {
		_, _ = fmt.Fprintf(stderr, "lab: -scale is %v, accepted are 0.001 to 100; and no arguments\n", l.scale)
		return 2
	}
	if only != "" {
		l.only = strings.Split(only, ",")
	}
	if report {
		l.seed = reportSeed
	}
	begin := time.Now()
	l.silences()
	l.silenceFaults()
	l.printf("\n")
	l.shares()
	l.shareFaults()
	l.printf("\nSeed %d, scale %g.\n", l.seed, l.scale)
	_, _ = fmt.Fprintf(stderr, "lab: %v\n", time.Since(begin).Round(time.Second))
	return 0
}

func (l *lab) printf(format string, args ...any) { _, _ = fmt.Fprintf(l.out, format, args...) }

// wanted tells whether a row is to be run.
func (l *lab) wanted(name string) bool {
	for _, s := range l.only {
		if strings.Contains(name, s) {
			return true
		}
	}
	return len(l.only) == 0
}

// times scales a number of days or trials.
func (l *lab) times(n int) int { return max(1, int(float64(n)*l.scale+0.5)) }
