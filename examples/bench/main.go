// SPDX-License-Identifier: Apache-2.0

package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// section is one table that the command prints.
type section struct {
	name string
	run  func(w io.Writer, quick bool)
}

func main() {
	quick := flag.Bool("quick", false, "fewer rounds")
	only := flag.String("only", "", "sections to run, separated by commas: "+strings.Join(sectionNames(), ", "))
	service := flag.Bool("service", false, "run a whole service under load, with and without us")
	flag.Parse()
	header(os.Stdout)
	if *service {
		wholeService(os.Stdout, *quick)
		return
	}
	for _, s := range sections() {
		if *only == "" || slices.Contains(strings.Split(*only, ","), s.name) {
			s.run(os.Stdout, *quick)
		}
	}
}

func header(w io.Writer) {
	_, _ = fmt.Fprintf(w, "Measured %s with %s on %s, %d CPUs (%s), GOMAXPROCS %d. Median (95 %% interval) of paired rounds.\n",
		time.Now().UTC().Format(time.DateOnly), runtime.Version(), runtime.GOOS+"/"+runtime.GOARCH, runtime.NumCPU(), cpuModel(), runtime.GOMAXPROCS(0))
}

// cpuModel is what Linux calls the CPU, "unknown" elsewhere.
func cpuModel() string {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown"
	}
	for line := range strings.Lines(string(info)) {
		if name, ok := strings.CutPrefix(line, "model name"); ok {
			return strings.Trim(name, " \t:\n")
		}
	}
	return "unknown"
}
