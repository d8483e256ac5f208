// SPDX-License-Identifier: Apache-2.0

package table

import (
	"io"
	"strings"
	"unicode/utf8"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
)

// MaxCell is the most columns that one cell takes. A longer one is cut where "…" stands, so that different ones stay different.
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
	rows := t.cut()
	widths := t.widths(rows)
	var out strings.Builder
	for _, row := range rows {
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

func (t *Table) widths(rows [][]string) []int {
	widths := make([]int, len(t.columns))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	return widths
}

// clean takes what is not plain text out of a cell, and bounds it to four times what is shown.
func clean(cell string) string { return plain.Clip(cell, 4*MaxCell) }

// cut bounds the cells of each column so that different ones stay different.
func (t *Table) cut() [][]string {
	out := make([][]string, len(t.rows))
	for i := range t.rows {
		out[i] = make([]string, len(t.columns))
	}
	for c := range t.columns {
		cells := make([]string, len(t.rows))
		for i, row := range t.rows {
			cells[i] = row[c]
		}
		for i, cell := range plain.Distinct(cells, MaxCell) {
			out[i][c] = cell
		}
	}
	return out
}
