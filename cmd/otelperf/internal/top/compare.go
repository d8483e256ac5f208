// SPDX-License-Identifier: Apache-2.0

package top

import (
	tea "charm.land/bubbletea/v2"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
)

// compareMark shows what became of the endpoint that the cursor stands on since the newest mark, and the marks there are.
func (m *Model) compareMark() tea.Cmd {
	r := m.rowAtCursor()
	if r == nil && len(m.rows()) > 0 {
		r = m.rows()[m.cursor(endpointPanel)]
	}
	if r == nil {
		return nil
	}
	m.detail = &detail{panel: comparePanel, key: rowKey(r)}
	return m.fetchAbout(r)
}

func (m *Model) comparison(d *detail) []string {
	if !d.ended {
		return asking
	}
	lines := []string{""}
	if d.err != nil {
		lines = append(lines, " "+plain.Line(d.err.Error()), "")
	}
	if s := m.spikeAtCursor(); s != nil && s.After != nil {
		lines = append(lines, " ▲ the spike "+plain.Clip(s.After.Sentence, 500)+": a circumstance, which proves nothing", "")
	}
	if c := d.change; c != nil && c.Mark != nil {
		lines = append(lines, " "+plain.Clip(c.Method+" "+c.Route, 200), " before and since "+markText(c.Mark))
		lines = append(lines, changes(c)...)
	}
	if len(d.marks) == 0 {
		return append(lines, " There is no mark: nothing was deployed or restarted that is known of. 'otelperf mark URL TEXT' sets one.")
	}
	lines = append(lines, "", " marks, newest first")
	for i := range d.marks[:min(len(d.marks), 20)] {
		lines = append(lines, "   "+markText(&d.marks[i]))
	}
	return lines
}
