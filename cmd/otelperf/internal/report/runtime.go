// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"strings"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/fleet"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
)

// maxUnusual bounds the sentences of an instance.
const maxUnusual = 4

// Unusual says what of the runtime, the operating system and the pools has left its normal: a line for each instance where something has.
func Unusual(v *fleet.View) (lines []string) {
	for _, r := range v.Runtime {
		if len(r.Unusual) == 0 {
			continue
		}
		text := ""
		if v.Answered() > 1 {
			text = plain.Clip(r.Instance, 40) + ": "
		}
		lines = append(lines, plain.Clip(text+strings.Join(r.Unusual[:min(len(r.Unusual), maxUnusual)], "; "), 300))
	}
	return lines
}

// writeRuntime says the same of a summary, or that all is as usual, or that this is not known, or not yet.
func writeRuntime(b *strings.Builder, v *fleet.View) {
	lines := Unusual(v)
	learning, unknown := false, ""
	for _, r := range v.Runtime {
		learning, unknown = learning || r.Learning, cmp.Or(unknown, r.Unknown)
	}
	switch {
	case len(v.Runtime) == 0:
		return
	case len(lines) == 0 && learning:
		lines = []string{"learning what is usual"}
	case len(lines) == 0 && unknown != "":
		lines = []string{plain.Clip(unknown, 300)}
	case len(lines) == 0:
		lines = []string{"as usual"}
	}
	for _, text := range lines {
		b.WriteString("runtime   " + text + "\n")
	}
}
