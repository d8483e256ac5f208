// SPDX-License-Identifier: Apache-2.0

package top

import (
	"slices"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/fleet"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/report"
)

// column is one of the table of endpoints.
type column struct {
	name  string
	width int
	keep  int // columns with the lowest go first where the screen is narrow
	right bool
	cell  func(*fleet.Row) string // nil: the trend
}

const (
	minName  = 20 // columns for the name of an endpoint before others have to go
	maxName  = 100
	minTrend = 13
	maxTrend = 30
)

var columns = []column{
	{"RATE/s", 8, 7, true, func(r *fleet.Row) string { return plain.Number(r.Rate) }},
	{"ERRORS", 8, 8, true, func(r *fleet.Row) string { return plain.Share(r.ErrorRate) }},
	{"P50 ms", 8, 2, true, func(r *fleet.Row) string { return plain.Number(r.P50Ms) }},
	{"P95 ms", 8, 3, true, func(r *fleet.Row) string { return plain.Number(r.P95Ms) }},
	{"P99 ms", 8, 10, true, func(r *fleet.Row) string { return plain.Number(r.P99Ms) }},
	{"USUAL ms", 11, 4, true, report.Baseline},
	{"RATIO", 6, 6, true, func(r *fleet.Row) string { return plain.Times(r.Ratio) }},
	{"TREND", minTrend, 5, false, nil}, // its width grows with the screen
	{"STATE", 9, 9, false, stateText},
}

// fitting are the columns that fit, and the width of the name. What the names of rows leave over goes to the trend.
func (m *Model) fitting(rows []*fleet.Row) (cols []column, name int) {
	cols = slices.Clone(columns)
	for {
		name = m.width - 1
		for _, c := range cols {
			name -= c.width + 1
		}
		if name >= minName || len(cols) == 1 {
			break
		}
		least := slices.MinFunc(cols, func(a, b column) int { return a.keep - b.keep })
		cols = slices.DeleteFunc(cols, func(c column) bool { return c.name == least.name })
	}
	needed := minName
	for _, r := range rows {
		needed = max(needed, ansi.StringWidth(m.label(r)))
	}
	needed = min(needed, maxName)
	if i := slices.IndexFunc(cols, func(c column) bool { return c.cell == nil }); i >= 0 {
		more := max(0, min(name-needed, maxTrend-minTrend))
		cols[i].width += more
		name -= more
	}
	return cols, max(1, min(name, needed))
}

// label is the name of an endpoint, with its service where there are several.
func (m *Model) label(r *fleet.Row) string {
	name := r.Name()
	if len(m.view.Services()) > 1 {
		name = r.Service + " " + name
	}
	return plain.Line(name)
}

// header is the line above the endpoints. A mark shows what they are sorted by.
func (m *Model) header(cols []column, name int) string {
	mark := "▾"
	if m.reversed {
		mark = "▴"
	}
	title := func(n string) string {
		if n == sortings[m.sort].name {
			return n + mark
		}
		return n
	}
	var b strings.Builder
	endpoint := title("ENDPOINT")
	if sortings[m.sort].name == byImpact {
		endpoint = "ENDPOINT, worst first"
		if m.reversed {
			endpoint = "ENDPOINT, worst last"
		}
	}
	b.WriteString(" " + pad(endpoint, name, false))
	for _, c := range cols {
		text := title(c.name)
		if c.name == "TREND" {
			text = m.trendTitle()
		}
		b.WriteString(" " + pad(text, c.width, c.right))
	}
	return bold.Render(m.line(b.String()))
}

func (m *Model) trendTitle() string {
	if m.history.byMinute() {
		return "P99 BY MINUTE"
	}
	return "P99 BY POLL"
}

// row is the line of an endpoint.
func (m *Model) row(r *fleet.Row, label string, cols []column, name int, chosen bool) string {
	mark := " "
	if len(r.OutOfLine) > 0 {
		mark = "!"
	} else if r.RepeatedCalls != nil {
		mark = "×"
	}
	var b strings.Builder
	b.WriteString(mark + pad(label, name, false))
	for _, c := range cols {
		text := ""
		if c.cell != nil {
			text = c.cell(r)
		} else {
			text = spark(m.history.of(rowKey(r)), r.BaselineMaxMs, c.width)
		}
		b.WriteString(" " + pad(text, c.width, c.right))
	}
	return m.styled(rowStyle(r), b.String(), chosen)
}

// stateText is the state of a row; "waiting" while what is usual is known and requests are not judged.
func stateText(r *fleet.Row) string {
	if t := r.Trouble(); t != "" {
		return t
	}
	if r.State == "normal" && r.Waiting() != nil {
		return "waiting"
	}
	return plain.Clip(r.State, 9)
}

func rowStyle(r *fleet.Row) lipgloss.Style {
	switch {
	case r.State == "spiking" || r.Trouble() != "":
		return bad
	case len(r.OutOfLine) > 0 || r.ErrorRate != nil && *r.ErrorRate >= 0.01:
		return warn
	case r.Count == 0:
		return faint
	}
	return lipgloss.NewStyle()
}

func (m *Model) styled(s lipgloss.Style, text string, chosen bool) string {
	if chosen {
		s = selected
	}
	return s.Render(m.line(text))
}
