// SPDX-License-Identifier: Apache-2.0

package top

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/doctor"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
)

// wiringMsg is what is said of the wiring of all services.
type wiringMsg struct{ lines []string }

// openWiring asks how the services are wired.
func (m *Model) openWiring() tea.Cmd {
	m.detail = &detail{panel: wiringPanel}
	ctx, clients, width := m.ctx, m.config.Clients, m.width
	return func() tea.Msg {
		var lines []string
		for _, c := range clients {
			text := ""
			if w, err := c.Wiring(ctx); err != nil {
				text = plain.Line(err.Error())
			} else {
				report := doctor.Examine(w, c.URL())
				text = report.Text(width - 2)
			}
			lines = append(lines, "")
			for line := range strings.Lines(text) {
				lines = append(lines, " "+strings.TrimRight(line, "\n"))
			}
		}
		return wiringMsg{lines}
	}
}

func (m *Model) wiring(msg wiringMsg) {
	if d := m.detail; d != nil && d.panel == wiringPanel {
		d.lines, d.ended = msg.lines, true
	}
}
