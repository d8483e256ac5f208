// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"errors"
	"fmt"
	"io"
)

// shownProblems is how many bad lines of a file are shown.
const shownProblems = 10

// errStrict is wrapped by the error that a bad line is when Strict is set.
var errStrict = errors.New("stopped at a bad line")

// problems reports and counts the lines of a file that were left out.
type problems struct {
	file   string
	to     io.Writer
	strict bool
	n      uint64
}

// bad takes note of a line. Its error ends the reading.
func (p *problems) bad(line int, reason error) error {
	p.n++
	if p.strict {
		return fmt.Errorf("%w: %s:%d: %w", errStrict, p.file, line, reason)
	}
	if p.n <= shownProblems {
		_, _ = fmt.Fprintf(p.to, "%s:%d: %v\n", p.file, line, reason)
	}
	return nil
}

// sum says how many there were, if not all of them were shown.
func (p *problems) sum() {
	if p.n > shownProblems {
		_, _ = fmt.Fprintf(p.to, "%s: %d lines left out; the first %d are above\n", p.file, p.n, shownProblems)
	}
}
