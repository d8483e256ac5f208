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
	if asChild() {
		return
	}
	quick := flag.Bool("quick", false, "fewer rounds")
	only := flag.String("only", "", "sections to run, separated by commas: "+strings.Join(sectionNames(), ", "))
	service := flag.Bool("service", false, "run a whole service under load, with and without us")
	profile := flag.String("profile", "", "write CPU profiles of the request path to this `directory`")
	flag.Parse()
	var names []string
	if *only != "" {
		names = strings.Split(*only, ",")
	}
	for _, name := range names {
		if !slices.Contains(sectionNames(), name) {
			_, _ = fmt.Fprintf(os.Stderr, "bench: no section %q; there are %s\n", name, strings.Join(sectionNames(), ", "))
			os.Exit(2)
		}
	}
	header(os.Stdout)
	switch {
	case *profile != "":
		if err := writeProfiles(os.Stdout, *profile, *quick); err != nil {
			_, _ = fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
	case *service:
		wholeService(os.Stdout, *quick)
	default:
		runSections(names, *quick)
	}
}

// runSections runs those with these names, all if there is none.
func runSections(names []string, quick bool) {
	for _, s := range sections() {
		if len(names) == 0 || slices.Contains(names, s.name) {
			began := time.Now()
			s.run(os.Stdout, quick)
			progress("%s: %v", s.name, time.Since(began).Round(time.Second/10))
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
