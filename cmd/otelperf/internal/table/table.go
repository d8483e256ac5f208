// SPDX-License-Identifier: Apache-2.0

package table

import (
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxCell is the most characters that are shown of one cell; a longer one ends in "…".
const MaxCell = 60

const gap = "  "

// Column describes one column.
type Column struct {
	Name  string
	Right bool // aligned to the right, as numbers are
}

// Table collects rows and then writes them, each column as wide as its widest cell. It is not safe for concurrent use.
type Table struct {
	columns []Column
	rows    [][]string // the first is the header
}

// New returns a table with a header of the columns' names.
func New(columns ...Column) *Table {
	t := &Table{columns: columns}
	header := make([]string, len(columns))
	for i, c := range columns {
		header[i] = c.Name
	}
	t.Row(header...)
	return t
}

// Row adds a row. Missing cells are empty, those beyond the last column are left out. Characters that a terminal would
// act upon are shown as "?", since names of endpoints may come from elsewhere.
func (t *Table) Row(cells ...string) {
	row := make([]string, len(t.columns))
	for i := range min(len(cells), len(row)) {
		row[i] = clean(cells[i])
	}
	t.rows = append(t.rows, row)
}

// WriteTo writes the table in one call of w.Write.
func (t *Table) WriteTo(w io.Writer) (int64, error) {
	n, err := io.WriteString(w, t.String())
	return int64(n), err
}

// String returns the table as text, each line ending in a newline and none in a space.
func (t *Table) String() string {
	widths := t.widths()
	var out strings.Builder
	for _, row := range t.rows {
		var line strings.Builder
		for i, cell := range row {
			if i > 0 {
				line.WriteString(gap)
			}
			space := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if t.columns[i].Right {
				line.WriteString(space + cell)
			} else {
				line.WriteString(cell + space)
			}
		}
		out.WriteString(strings.TrimRight(line.String(), " "))
		out.WriteByte('\n')
	}
	return out.String()
}

func (t *Table) widths() []int {
	widths := make([]int, len(t.columns))
	for _, row := range t.rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	return widths
}

// clean bounds a cell and takes what is not plain text out of it.
func clean(cell string) string {
	var out strings.Builder
	n := 0
	for _, r := range cell {
		if n++; n > MaxCell {
			kept := []rune(out.String())
			return string(kept[:MaxCell-1]) + "…"
		}
		if !unicode.IsPrint(r) {
			r = '?'
		}
		out.WriteRune(r)
	}
	return out.String()
}
