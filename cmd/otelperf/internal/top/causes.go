// SPDX-License-Identifier: Apache-2.0

package top

import (
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/fleet"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
	"github.com/otelperf/otelperf-go/otelperf"
)

// causeLines say why what the headline names first is slow or fails, wherever the cursor stands: the largest cause first, and last what it
// began after. There are none while nothing is open.
func (m *Model) causeLines() (lines []string) {
	if m.view == nil {
		return nil
	}
	s, part := m.view.Headline()
	if s == nil {
		return nil
	}
	for i, text := range whyOf(&s.Spike, part) {
		head := " WHY  "
		if i > 0 {
			head = "      "
		}
		for _, line := range m.wrapped(head, text) {
			lines = append(lines, bad.Render(m.line(line)))
		}
	}
	return lines
}

// wrapped is text broken between words behind a head, at the width of the screen.
func (m *Model) wrapped(head, text string) []string {
	indent := ansi.StringWidth(head)
	lines := plain.Wrap(text, max(10, m.width-1-indent))
	for i := range lines {
		if i > 0 {
			head = strings.Repeat(" ", indent)
		}
		lines[i] = head + lines[i]
	}
	return lines
}

// whyOf are the causes of a spike, of that endpoint if it has some, and the circumstances under which it began.
func whyOf(s *otelperf.Spike, e *otelperf.SpikeEndpoint) (texts []string) {
	causes, cause, name := s.Causes, s.Cause, ""
	if e != nil {
		name = strings.TrimSpace(e.Method+" "+e.Route) + ": "
		if len(s.Endpoints) > 1 || len(e.Causes) > 0 || e.Cause != "" { // what is known of another part is not the cause of this one
			causes, cause = e.Causes, e.Cause
		}
	}
	for i := range causes {
		texts = append(texts, plain.Clip(causes[i].Sentence, 500))
	}
	if len(texts) == 0 && cause != "" {
		texts = append(texts, plain.Clip(cause, 500))
	}
	if len(texts) == 0 {
		texts = append(texts, "not known yet: it takes five slow or failed requests")
	}
	texts[0] = plain.Clip(name, 120) + texts[0]
	switch {
	case s.After != nil:
		texts = append(texts, "it "+plain.Clip(s.After.Sentence, 500)+"; c compares")
	case s.SinceRestart:
		texts = append(texts, "it began within 30 minutes of the start of the process")
	}
	return texts
}

// spikeAtCursor is the open spike that the cursor stands on, or of the endpoint that it stands on, or the first; nil while none is open.
func (m *Model) spikeAtCursor() *fleet.Spike {
	all := m.spikes()
	open := slices.DeleteFunc(slices.Clone(all), func(s *fleet.Spike) bool { return !isOpen(s) })
	if len(open) == 0 {
		return nil
	}
	if m.focus == spikePanel {
		if s := all[m.cursor(spikePanel)]; isOpen(s) {
			return s
		}
	}
	if r := m.rowAtCursor(); r != nil {
		if i := slices.IndexFunc(open, func(s *fleet.Spike) bool { return partOf(s, r) != nil }); i >= 0 {
			return open[i]
		}
	}
	return open[0]
}

// partOf is the part of a row in a spike; nil if it has none.
func partOf(s *fleet.Spike, r *fleet.Row) *otelperf.SpikeEndpoint {
	for i := range s.Endpoints {
		if e := &s.Endpoints[i]; s.Service == r.Service && e.Method == r.Method && e.Route == r.Route {
			return e
		}
	}
	return nil
}

// rowAtCursor is the endpoint, or the dependency, that the cursor stands on or whose details are open; nil if there is none.
func (m *Model) rowAtCursor() *fleet.Row {
	p := m.focus
	if m.detail != nil {
		p = m.detail.panel
	}
	rows := m.rows()
	switch p {
	case dependencyPanel:
		rows = m.dependencies()
	case endpointPanel, comparePanel:
		p = endpointPanel
	default:
		return nil
	}
	if len(rows) == 0 {
		return nil
	}
	return rows[m.cursor(p)]
}
