// SPDX-License-Identifier: Apache-2.0

package slowlog

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	minWidth     = 60
	maxWidth     = 400
	defaultWidth = 100
	maxIndent    = 24 // columns; what is deeper is drawn at that depth
	timeColumn   = 10 // "12345.6 ms"
)

// Render draws an entry as text: a headline, where the time went as a tree with one bar for each node on a common
// time line, and the findings. Bars are solid (█) on the critical path and light (░) beside it; ▸ marks what went
// on after the end of the request. Width is in columns, 60 to 400, 0 is 100; one rune is taken for one column.
// Names can come from clients, so control characters in them are written as spaces. The error is that of w.
func Render(w io.Writer, e *Entry, width int) error {
	width = min(max(or(width, defaultWidth), minWidth), maxWidth)
	out := bufio.NewWriter(w)
	d := drawing{out: out, width: width, bars: min(width/4, 40)}
	d.headline(e)
	if e.Anatomy != nil && e.Anatomy.Root != nil {
		d.total = e.Anatomy.Root.DurationMs
		d.node(e.Anatomy.Root, "", "")
		d.findings(e.Anatomy)
	}
	return out.Flush()
}

// drawing writes to a bufio.Writer, which keeps the first error for Flush.
type drawing struct {
	out         *bufio.Writer
	width, bars int
	total       float64 // milliseconds, the length of the time line
}

func (d *drawing) line(format string, args ...any) {
	text := strings.TrimRight(fit(fmt.Sprintf(format, args...), d.width), " ")
	_, _ = d.out.WriteString(text + "\n")
}

func (d *drawing) headline(e *Entry) {
	status := ""
	if e.Status != 0 {
		status = " " + strconv.Itoa(e.Status)
	}
	d.line("%s ms  %s%s %s  %s", ms(millis(e.Duration)), printable(e.Endpoint()), status, e.Outcome, e.Start.UTC().Format(time.RFC3339Nano))
	if e.Path != "" {
		d.line("  path      %s", printable(e.Path))
	}
	if usual := e.expectation(); usual != "" {
		d.line("  kept for  %s (%s)", printable(e.Reason), usual)
	} else if e.Reason != "" {
		d.line("  kept for  %s", printable(e.Reason))
	}
	if e.Error.Type != "" || e.Error.Message != "" {
		d.line("  error     %s", printable(joined(e.Error.Type, ": ", e.Error.Message)))
	}
	d.line("  trace     %s  span %s", e.TraceID, e.SpanID)
}

// expectation is what the entry says about what would have been usual.
func (e *Entry) expectation() string {
	var parts []string
	if e.Threshold > 0 {
		parts = append(parts, "threshold "+ms(millis(e.Threshold))+" ms")
	}
	if e.BaselineP99 > 0 {
		parts = append(parts, "usual p99 "+ms(millis(e.BaselineP99))+" ms")
	}
	if e.Ratio > 0 {
		parts = append(parts, strconv.FormatFloat(e.Ratio, 'f', 1, 64)+"x")
	}
	return strings.Join(parts, ", ")
}

// node draws one node and what is below it; lead is what stands before its name, below before those of its children.
func (d *drawing) node(n *Node, lead, below string) {
	if n == nil {
		return
	}
	names := d.width - timeColumn - d.bars - 4
	d.line("%*s  %s  %s", timeColumn, ms(n.busy())+" ms", d.bar(n), fit(lead+n.caption(names-utf8.RuneCountInString(lead)), names))
	children := slices.DeleteFunc(slices.Clone(n.Children), func(c *Node) bool { return c == nil })
	for i, c := range children {
		branch, next := "├─ ", "│  "
		if i == len(children)-1 {
			branch, next = "└─ ", "   "
		}
		if utf8.RuneCountInString(below) >= maxIndent {
			next = ""
		}
		d.node(c, below+branch, below+next)
	}
}

// busy is the time that the line of a node shows: that of the request in which it ran, or its own when all of it was late.
func (n *Node) busy() float64 {
	if n.BusyMs == 0 {
		return n.TotalMs
	}
	return n.BusyMs
}

// caption is the name with what is to be said about it; the name gives way when there is too little room.
func (n *Node) caption(room int) string {
	var notes strings.Builder
	if n.Count > 1 {
		fmt.Fprintf(&notes, " ×%d (longest %s)", n.Count, ms(n.LongestMs))
	}
	if len(n.Children) > 0 {
		fmt.Fprintf(&notes, "  self %s", ms(n.SelfMs))
	}
	if n.Status == "error" {
		notes.WriteString("  failed")
		if t := firstOf(n.Error.Type, n.Error.Message); t != "" {
			notes.WriteString(": " + printable(t))
		}
	}
	if n.Late {
		notes.WriteString("  late")
	}
	label := n.label()
	if n.System != "" && n.Category != HTTP {
		label = printable(n.System) + " " + label
	}
	keep := max(room-utf8.RuneCountInString(notes.String()), 12)
	return fit(label, keep) + notes.String()
}

// bar is the node on the time line of the request. What has any length has at least one cell.
func (d *drawing) bar(n *Node) string {
	cells := []rune(strings.Repeat("·", d.bars))
	fill := '░'
	if n.Critical {
		fill = '█'
	}
	from, to := d.cell(n.OffsetMs), d.cell(n.OffsetMs+n.DurationMs)
	for i := min(from, d.bars-1); i < max(to, min(from, d.bars-1)+1); i++ {
		cells[i] = fill
	}
	if n.Late {
		cells[d.bars-1] = '▸'
	}
	return string(cells)
}

// cell is where a time falls, 0 to the number of cells. Comparisons come before the conversion: what is not finite
// is not converted.
func (d *drawing) cell(ms float64) int {
	share := ms / d.total
	switch {
	case !(share > 0): // not a number included
		return 0
	case share >= 1:
		return d.bars
	}
	return int(share*float64(d.bars) + 0.5)
}

func (d *drawing) findings(a *Anatomy) {
	for i, f := range a.Findings {
		if i == 0 {
			d.line("")
		}
		for j, text := range wrap(printable(f.Text), d.width-4) {
			d.line("  %s %s", []string{"•", " "}[min(j, 1)], text)
		}
	}
	if a.Folded > 0 || a.Dropped > 0 {
		d.line("  %d child spans, %d of them in the lines of their equals, %d left out", a.Spans, a.Folded, a.Dropped)
	}
}

// fit cuts s to n columns.
func fit(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:max(n-1, 0)]) + ellipsis
}

// wrap breaks s at spaces into lines of at most n columns; longer words are left to be cut.
func wrap(s string, n int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(s) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > n {
			lines = append(lines, line)
			line = ""
		}
		line = joined(line, " ", word)
	}
	return append(lines, line)
}
