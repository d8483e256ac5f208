// SPDX-License-Identifier: Apache-2.0

package top

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/fleet"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
)

const (
	maxSpikeLines  = 5
	maxStatusLines = 6
	minWidth       = 20
	minHeight      = 5
)

// layout is how many lines each part has. Dependencies and slow requests have a title besides.
type layout struct{ status, causes, spikes, endpoints, dependencies, slow, hidden int }

func (l layout) of(p panel) int {
	switch p {
	case dependencyPanel:
		return l.dependencies
	case slowPanel:
		return l.slow
	case spikePanel:
		return l.spikes
	}
	return l.endpoints
}

// layout divides the screen. Where not all has room, a line says so.
func (m *Model) layout() layout {
	l := m.divide(0)
	if m.hiddenText(l) != "" {
		if said := m.divide(1); said.endpoints > 0 {
			return said
		}
	}
	return l
}

// divide puts first what is wrong, and gives the endpoints what is left beside hidden lines.
func (m *Model) divide(hidden int) layout {
	left := m.height - 2 - len(m.verdict()) - len(m.footer()) // title, totals and verdict; keys
	l := layout{hidden: hidden}
	left -= hidden
	take := func(n int) int {
		n = max(0, min(n, left))
		left -= n
		return n
	}
	l.causes = take(min(len(m.causeLines()), max(1, left/5)))
	l.spikes = take(min(len(m.spikes()), maxSpikeLines, max(1, left/5)))
	l.status = take(min(len(m.status()), maxStatusLines, max(1, left/4)))
	take(1) // header of the endpoints
	rows, dependencies, slow := len(m.rows()), len(m.dependencies()), len(m.slow())
	if left < 10 { // no room for both
		if m.focus == dependencyPanel || slow == 0 {
			slow = 0
		} else {
			dependencies = 0
		}
	}
	lower := max(0, left-max(1, min(rows, left/2)))
	if left < 6 && m.focus != dependencyPanel && m.focus != slowPanel {
		lower = 0
	}
	panel := func(want, share int) int {
		if want == 0 || share < 2 {
			return 0
		}
		n := min(want+1, share)
		lower -= n
		return take(n) - 1
	}
	half := lower
	if slow > 0 {
		half = max(lower/2, lower-slow-1)
	}
	l.dependencies = panel(dependencies, half)
	l.slow = panel(slow, lower)
	l.endpoints = left
	return l
}

// screen draws all of it: exactly the height of the terminal, no line wider than it.
func (m *Model) screen() string {
	if m.width < minWidth || m.height < minHeight {
		return fmt.Sprintf("%dx%d is too small", m.width, m.height)
	}
	var lines []string
	switch {
	case m.help:
		lines = m.helpLines()
	case m.detail != nil:
		lines = m.detailLines()
	default:
		lines = m.listLines()
	}
	footer := m.footer()
	lines = lines[:min(len(lines), m.height-len(footer))]
	for len(lines) < m.height-len(footer) {
		lines = append(lines, "")
	}
	return strings.Join(append(lines, footer...), "\n")
}

func (m *Model) listLines() []string {
	l := m.layout()
	lines := append([]string{m.title(), m.totals()}, m.verdict()...)
	if m.view == nil {
		return append(lines, m.status()[:l.status]...)
	}
	lines = append(lines, m.causeLines()[:l.causes]...)
	lines = append(lines, m.spikeLines(l.spikes)...)
	lines = append(lines, m.status()[:l.status]...)
	rows, dependencies := m.rows(), m.dependencies()
	cols, name := m.fitting(append(rows[:len(rows):len(rows)], dependencies...))
	lines = append(lines, m.header(cols, name))
	lines = append(lines, m.rowLines(endpointPanel, rows, cols, name, l.endpoints)...)
	for i := len(rows); i < l.endpoints; i++ {
		text := ""
		if i == 0 {
			text = m.noRows()
		}
		lines = append(lines, text)
	}
	if l.hidden > 0 {
		lines = append(lines, m.hiddenLine(l))
	}
	if l.dependencies > 0 {
		lines = append(lines, bold.Render(m.line(fmt.Sprintf(" DEPENDENCIES  %d that this service calls", len(dependencies)))))
		lines = append(lines, m.rowLines(dependencyPanel, dependencies, cols, name, l.dependencies)...)
	}
	return append(lines, m.slowLines(l.slow)...)
}

// rowLines are as many rows of a panel as fit on height lines.
func (m *Model) rowLines(p panel, rows []*fleet.Row, cols []column, name, height int) (lines []string) {
	at := m.cursor(p)
	from := scroll(at, height, len(rows))
	rows = rows[from:min(len(rows), from+height)]
	names := make([]string, len(rows))
	for i, r := range rows {
		names[i] = m.label(r)
	}
	for i, label := range plain.Distinct(names, name) {
		digit := " "
		if i < maxDigit && p == m.digitPanel() {
			digit = strconv.Itoa(i + 1)
		}
		lines = append(lines, m.row(rows[i], digit, label, cols, name, m.focus == p && from+i == at))
	}
	return lines
}

func (m *Model) noRows() string {
	if m.filter != "" {
		return faint.Render(m.line(fmt.Sprintf(" no endpoint has %q in its name", m.filter)))
	}
	return faint.Render(m.line(" no requests yet"))
}

// scroll is the first line to show of n, of which the cursor is at one and height fit.
func scroll(at, height, n int) int {
	return max(0, min(at-height/2, n-height))
}

// spikeLines are the spikes on height lines.
func (m *Model) spikeLines(height int) []string {
	all := m.spikes()
	if height == 0 {
		return nil
	}
	at := m.cursor(spikePanel)
	from := scroll(at, height, len(all))
	var lines []string
	for i := from; i < min(len(all), from+height); i++ {
		style := faint
		if isOpen(all[i]) {
			style = bad
		}
		lines = append(lines, m.styled(style, " "+spikeText(all[i], m.view), m.focus == spikePanel && i == at))
	}
	return lines
}

// slowLines are a title and the slow requests on height lines.
func (m *Model) slowLines(height int) []string {
	if height <= 0 {
		return nil
	}
	all := m.slow()
	lines := []string{bold.Render(m.line(" SLOW REQUESTS  " + m.view.SlowText()))}
	at := m.cursor(slowPanel)
	from := scroll(at, height, len(all))
	shown := all[from:min(len(all), from+height)]
	for i, s := range shown {
		lines = append(lines, m.styled(slowStyle(s), m.slowText(s, shown), m.focus == slowPanel && from+i == at))
	}
	return lines
}

// slowText has the name cut as far as the rest needs, so that it differs from those of other endpoints that are shown.
func (m *Model) slowText(s *fleet.Slow, shown []*fleet.Slow) string {
	head := fmt.Sprintf(" %s %s  ", s.Time.Local().Format("15:04:05"), pad(plain.Ms(&s.DurationMs), 10, true))
	tail := ""
	if s.Ratio != nil {
		tail += "  " + plain.Times(s.Ratio)
	}
	if s.Status != nil {
		tail += fmt.Sprintf("  %d", *s.Status)
	}
	if m.view.Several() {
		tail += "  " + s.Instance
	}
	tail = plain.Line(tail + "  " + s.Outcome + "  " + s.Reason)
	room := max(minName, m.width-1-ansi.StringWidth(head)-ansi.StringWidth(tail))
	names := []string{plain.Line(s.Method + " " + s.Route)}
	for _, o := range shown {
		names = append(names, plain.Line(o.Method+" "+o.Route))
	}
	return head + plain.Distinct(names, room)[0] + tail
}

// footer is the keys, or what is asked for, or what came of a change.
func (m *Model) footer() []string {
	keys := "? help  enter 1-9 why  c deploy?  d dependencies  e earlier  i wiring  a ack  m mute  / find  s sort  q quit"
	if m.width < 110 {
		keys = "? help  1-9 why  c deploy?  d calls  i wiring  a ack  m mute  / find  q quit"
	}
	switch {
	case m.filtering:
		return []string{bar.Render(m.line(" filter: " + m.filter + "▏ enter opens the first, tab keeps it, esc drops it"))}
	case m.muting != nil:
		return []string{bar.Render(m.line(m.muteQuestion()))}
	case m.said.text != "" && m.now.Sub(m.said.at) < saidHolds:
		return m.saidLines()
	case m.help:
		keys = "any key goes back"
	case m.detail != nil && m.detail.past != nil:
		keys = "esc back  ↑↓ choose  enter why  q quit"
	case m.detail != nil:
		keys = "esc back  ↑↓ scroll  a ack  m mute  q quit"
	case m.filter != "":
		keys = fmt.Sprintf("filter %q, esc drops it  ", m.filter) + keys
	}
	return []string{faint.Render(m.line(" " + keys))}
}

// saidLines are what came of a change, on as many lines as it takes, at most half of the screen.
func (m *Model) saidLines() (lines []string) {
	for _, text := range broken(" "+plain.Line(m.said.text), m.width, "") {
		lines = append(lines, m.said.style().Render(m.line(text)))
	}
	return lines[:min(len(lines), max(1, m.height/2))]
}
