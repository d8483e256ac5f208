// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	_ "embed"
	"regexp"
	"slices"
	"strings"

	"github.com/otelperf/otelperf-go/otelperf"
)

// linesFile is a test, so that its lines compile.
//
//go:embed lines_test.go
var linesFile string

// routersFile needs routers to compile, which a module of their own has: its tests do.
//
//go:embed lines_routers.go
var routersFile string

var linesFor = regexp.MustCompile(`(?ms)^// For ([a-z_/, ]+)\.\nfunc \w+\(\) \{\n(.*?)^\}$`)

// mending are the Go lines that mend what a finding of a name is about; with the metric source, those of NAME/metrics are first choice.
// ofRouters are those for routes that another router than a ServeMux knows, by its name.
var mending, ofRouters = readLines(linesFile), readLines(routersFile)

// aboutRoutes are the findings where a router's lines are the right ones.
var aboutRoutes = []string{"unrouted", "unmatched", "unmatched_panics", "named_by_path", "named_otherwise"}

// linesOf are the lines for a finding, in a program that is wired so: for the handlers that are known to be there, and for any other one
// those that need no router.
func linesOf(name string, d *otelperf.Diagnostics) []string {
	var kinds []string
	switch {
	case name == "subtrees":
		kinds = d.Below
	case slices.Contains(aboutRoutes, name):
		kinds = d.Around
	}
	lines := []string{}
	for _, kind := range kinds {
		lines = append(lines, ofRouters[kind]...)
	}
	if len(lines) > 0 && !slices.Contains(kinds, "other") {
		return lines
	}
	own := mending[name]
	if of := mending[name+"/metrics"]; d.Source == "metrics" && of != nil {
		own = of
	}
	return append(lines, own...)
}

func readLines(file string) map[string][]string {
	out := map[string][]string{}
	for _, m := range linesFor.FindAllStringSubmatch(file, -1) {
		var lines []string
		for line := range strings.Lines(m[2]) {
			line = strings.TrimRight(strings.TrimPrefix(line, "\t"), "\n")
			if !strings.HasPrefix(line, "_ = ") {
				lines = append(lines, line)
			}
		}
		for name := range strings.SplitSeq(m[1], ", ") {
			out[name] = lines
		}
	}
	return out
}
