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
// ofRouters are those for routes that another router than a ServeMux knows.
var mending, ofRouters = readLines(linesFile), readLines(routersFile)

// aboutRoutes are the findings where a router's lines are the right ones.
var aboutRoutes = []string{"subtrees", "unrouted", "unmatched", "unmatched_panics", "named_by_path", "named_otherwise"}

// linesOf are the lines for a finding, in a program that is wired so.
func linesOf(name string, d *otelperf.Diagnostics) []string {
	lines := []string{}
	if slices.Contains(aboutRoutes, name) {
		for _, router := range d.Routers {
			lines = append(lines, ofRouters[router]...)
		}
	}
	if of := mending[name+"/metrics"]; len(lines) == 0 && d.Source == "metrics" && of != nil {
		return append(lines, of...)
	}
	if len(lines) == 0 {
		lines = append(lines, mending[name]...)
	}
	return lines
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
