// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/replay/format"
)

// MaxFiles is how many files are read at a time.
const MaxFiles = 200

// source is one file of a run, and the sink of its reader.
type source struct {
	run      *run
	in       *input
	reader   format.Reader
	problems problems
	requests uint64 // found in it, also those that were left out
	line     int    // of the last one
}

// openAll opens all files and tells their formats. Empty ones are left out, with a note, unless all are. Those that it returns
// are to be closed, also after an error.
func openAll(c *Config) (sources []*source, err error) {
	if err := checkFiles(c.Files); err != nil { // rather now than after an hour
		return nil, inputError{err}
	}
	empty := ""
	for _, name := range c.Files {
		in, err := open(name, c.Stdin)
		if err != nil {
			return sources, inputError{err}
		}
		reader, err := format.Open(in.Reader, c.Format)
		if errors.Is(err, format.ErrEmpty) {
			in.close()
			if empty = in.name; len(c.Files) > 1 {
				_, _ = fmt.Fprintf(c.Stderr, "%s: %v\n", in.name, err)
			}
			continue
		}
		sources = append(sources, &source{in: in, reader: reader, problems: problems{file: in.name, to: c.Stderr, strict: c.Strict}})
		if err != nil {
			if err = fmt.Errorf("%s: %w", in.name, err); errors.Is(err, format.ErrUnknown) {
				err = inputError{err}
			}
			return sources, err
		}
	}
	switch {
	case len(sources) == 0 && len(c.Files) > 1:
		return nil, inputError{errors.New("there is nothing in any of the files")}
	case len(sources) == 0:
		return nil, inputError{fmt.Errorf("%s: %w", empty, format.ErrEmpty)}
	}
	return sources, nil
}

// checkFiles looks for what is wrong with the files before one of them is read: a file that is given twice would count twice.
func checkFiles(names []string) error {
	if len(names) > MaxFiles {
		return fmt.Errorf("%d files are more than %d, which is how many are read at a time", len(names), MaxFiles)
	}
	infos := make([]os.FileInfo, len(names))
	stdin := false
	for i, name := range names {
		if name == "-" {
			if stdin {
				return errors.New("- is given twice")
			}
			stdin = true
			continue
		}
		info, err := os.Stat(name)
		if err != nil {
			return err
		}
		if info.IsDir() {
			return fmt.Errorf("%s is a folder", name)
		}
		for j, other := range infos[:i] {
			if other != nil && os.SameFile(info, other) {
				return fmt.Errorf("%s and %s are the same file", names[j], name)
			}
		}
		infos[i] = info
	}
	return nil
}

// announce says as what the files are read, those that are read as the same in one line.
func (r *run) announce(to io.Writer) {
	var order []string
	names := map[string][]string{}
	for _, s := range r.sources {
		about := s.reader.About().String()
		if names[about] == nil {
			order = append(order, about)
		}
		names[about] = append(names[about], s.in.base())
	}
	for _, about := range order {
		slices.Sort(names[about])
		_, _ = fmt.Fprintf(to, "%s: %s\n", listed(names[about]), about)
	}
}

// listed names up to three files, and how many more there are.
func listed(names []string) string {
	const most = 3
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most-1], ", "), len(names)-most+1)
}
