// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"fmt"
	"strings"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
)

// Text is a report for people, wrapped at a width in columns where words let it be. It is safe for a terminal.
func (r *Report) Text(width int) string {
	var b strings.Builder
	mend := r.ToMend()
	said := "nothing to mend"
	if mend > 0 {
		said = plain.Plural(uint64(mend), "thing") + " to mend"
	}
	if n := len(r.Findings) - mend; n > 0 {
		said += fmt.Sprintf(", %d to consider", n)
	}
	fmt.Fprintf(&b, "%s  instance %s  %s\n", plain.Clip(r.Service, 60), plain.Clip(r.Instance, 60), said)
	for i := range r.Findings {
		f := &r.Findings[i]
		word := "MEND"
		if !f.Mend {
			word = "CONSIDER"
		}
		fmt.Fprintf(&b, "\n%-8s  %s\n", word, plain.Clip(f.Name, 60))
		for _, line := range plain.Wrap(plain.Clip(f.Text, 1000), max(20, width-2)) {
			b.WriteString("  " + line + "\n")
		}
		if len(f.Lines) > 0 {
			b.WriteByte('\n')
		}
		for _, line := range f.Lines {
			b.WriteString("      " + strings.ReplaceAll(line, "\t", "  ") + "\n")
		}
	}
	return b.String()
}
