// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	_ "embed"
	"regexp"
	"strings"
)

// linesFile is a test, so that its lines compile.
//
//go:embed lines_test.go
var linesFile string

var linesFor = regexp.MustCompile(`(?ms)^// For ([a-z_, ]+)\.\nfunc \w+\(\) \{\n(.*?)^\}$`)

// mending are the Go lines that mend what a finding of a name is about.
var mending = readLines(linesFile)

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
