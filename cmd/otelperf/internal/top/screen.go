// SPDX-License-Identifier: Apache-2.0

package top

import (
	"fmt"
	"strings"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/fleet"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
)

const (
	maxSpikeLines  = 5
	maxStatusLines = 6
	minWidth       = 20
	minHeight      = 5
)

// layout is how many lines each part has.
type layout struct{ status, spikes, endpoints, slow int }

func (l layout) of(p panel) int {
	switch p {
	case slowPanel:
		return l.slow
	case spikePanel:
		return l.spikes
	}
	return l.endpoints
}

// layout divides the screen: what is wrong comes first, the endpoints get what is left.
func (m *Model) layout() layout {
	left := m.height - 2 - len(m.verdict()) - 1 // title, totals and verdict; keys
	var l layout
	take := func(n int) int {
		n = max(0, min(n, left))
		left -= n
		return n
	}
	l.status = take(min(len(m.status()), maxStatusLines))
	l.spikes = take(min(len(m.spikes()), maxSpikeLines, max(1, left/3)))
	take(1) // header of the endpoints
	if want := min(len(m.slow()), max(3, left/4, left-1-max(1, len(m.rows())))); want > 0 && left >= 6 {
		l.slow = take(want+1) - 1 // with its title
	}
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
	lines = lines[:min(len(lines), m.height-1)]
	for len(lines) < m.height-1 {
		lines = append(lines, "")
	}
	return strings.Join(append(lines, m.footer()), "\n")
}

func (m *Model) listLines() []string {
	l := m.layout()
	lines := append([]string{m.title(), m.totals()}, m.verdict()...)
	status := m.status()
	lines = append(lines, status[:l.status]...)
	if m.view == nil {
		return lines
	}
	lines = append(lines, m.spikeLines(l.spikes)...)
	rows := m.rows()
	cols, name := m.fitting(rows)
	lines = append(lines, m.header(cols, name))
	at := m.cursor(endpointPanel)
	from := scroll(at, l.endpoints, len(rows))
	for i := from; i < min(len(rows), from+l.endpoints); i++ {
		lines = append(lines, m.row(rows[i], cols, name, m.focus == endpointPanel && i == at))
	}
	for i := len(rows) - from; i < l.endpoints; i++ {
		text := ""
		if i == 0 && len(rows) == 0 {
			text = m.noRows()
		}
		lines = append(lines, text)
	}
	return append(lines, m.slowLines(l.slow)...)
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
	lines := []string{bold.Render(m.line(fmt.Sprintf(" SLOW REQUESTS  %d since the start", m.view.SlowQueriesCount)))}
	at := m.cursor(slowPanel)
	from := scroll(at, height, len(all))
	for i := from; i < min(len(all), from+height); i++ {
		lines = append(lines, m.styled(slowStyle(all[i]), m.slowText(all[i]), m.focus == slowPanel && i == at))
	}
	return lines
}

func (m *Model) slowText(s *fleet.Slow) string {
	text := fmt.Sprintf(" %s %s  %s %s", s.Time.Local().Format("15:04:05"), pad(plain.Ms(&s.DurationMs), 10, true), s.Method, s.Route)
	if s.Ratio != nil {
		text += "  " + plain.Times(s.Ratio)
	}
	if s.Status != nil {
		text += fmt.Sprintf("  %d", *s.Status)
	}
	if m.view.Answered() > 1 {
		text += "  " + s.Instance
	}
	return plain.Line(text + "  " + s.Outcome + "  " + s.Reason)
}

// footer is the keys, or the filter while it is typed.
func (m *Model) footer() string {
	keys := "q quit  ↑↓ move  enter details  tab panel  / filter  s sort  w window  p pause  ? help"
	switch {
	case m.filtering:
		return bar.Render(m.line(" filter: " + m.filter + "▏ enter keeps it, esc drops it"))
	case m.help:
		keys = "any key goes back"
	case m.detail != nil:
		keys = "esc back  ↑↓ scroll  q quit"
	case m.filter != "":
		keys = fmt.Sprintf("filter %q, esc drops it  ", m.filter) + keys
	}
	return faint.Render(m.line(" " + keys))
}
